/**
 * A stand-in for the shell, for component tests: it keeps orders in memory, answers the page's commands, and remembers
 * every command it was asked to run. It has no rule of Docket's; whole-program tests drive the real core.
 */
import { emit } from '@tauri-apps/api/event';
import { mockIPC, mockWindows } from '@tauri-apps/api/mocks';
import type {
  AccountView,
  CaseView,
  CodesView,
  Counts,
  DayView,
  DedupContract,
  Deed,
  FieldError,
  LogView,
  OrderDetail,
  OrderQuery,
  OrderView,
  PlatformView,
  Promised as Told,
  Reply,
  Request,
  Startup,
  State,
} from '../src/bindings';

const NAMES = ['Anik Hossain', 'Jannatul Karim', 'Joy Bhuiyan', 'M. Akter', 'N. Sen', 'R. Das', 'S. Roy'];
const PLACES = ['65/1 Shyamoli, Dhaka 1207', 'Road 17, Mohakhali', 'Road 21, Dhanmondi', 'Sector 4, Uttara'];
export const START = Date.UTC(2026, 2, 2, 10, 0, 0);

export function anOrder(index: number, changes: Partial<OrderView> = {}): OrderView {
  return {
    order_no: `DHK-${10401 + index}`,
    account: 'Practice Pathao',
    platform: 'pathao',
    test: true,
    state: 'draft',
    reference: null,
    platform_order_id: null,
    platform_status: null,
    bound_by: null,
    generation: 0,
    attempts: 0,
    lookups: 0,
    waits_for: null,
    reason: null,
    recipient: NAMES[index % NAMES.length] ?? '',
    fee: null,
    tracking_url: null,
    created_at: new Date(START).toISOString(),
    settled_at: null,
    what: PLACES[index % PLACES.length] ?? '',
    platform_ended: false,
    cancel_asked: false,
    since: new Date(START + index).toISOString(),
    next_at: null,
    version: 1,
    ...changes,
  };
}

const TIMINGS = {
  timeout_ms: 5000,
  connect_timeout_ms: 10000,
  send_before_ms: 5000,
  settle_ms: 6000,
  lookup_interval_ms: 1000,
  lookup_interval_max_ms: 5000,
  proof_lookups: 2,
  max_in_flight: 4,
  requests_per_minute: 110,
  patience_s: 120,
};

const CONTRACT: DedupContract = {
  fence: { kind: 'key', lifetime_s: 86400, margin_s: 3600, stored: 'failures_too' },
  lookup: { kind: 'by_reference', sees_ended: true },
  shown_s: null,
  timings: TIMINGS,
};

const PROMISE: Told = {
  protects: [{ id: 'key', times: {} }],
  how_long: [{ id: 'key_life', times: { life: 86_400_000, margin: 3_600_000 } }],
  in_doubt: [{ id: 'by_reference', times: {} }],
  cannot_know: [{ id: 'pathao_errors_kept', times: {} }],
};

export function anAccount(changes: Partial<AccountView> = {}): AccountView {
  return {
    name: 'Practice Pathao',
    platform: 'pathao',
    test: true,
    base_url: 'http://127.0.0.1:8931',
    practice: true,
    identity: 'pathao:test:m1',
    settings: {},
    contract: CONTRACT,
    promise: PROMISE,
    secrets: 'keystore',
    paused: null,
    remedy: [],
    shut: null,
    open: 0,
    confirmed: true,
    ...changes,
  };
}

export const PATHAO: PlatformView = {
  platform: 'pathao',
  title: 'Pathao',
  form: [
    { name: 'receiver_name', label: 'Receiver name', required: true, kind: 'text', example: 'M. Akter' },
    {
      name: 'receiver_phone',
      label: 'Receiver phone',
      required: true,
      kind: 'phone',
      example: '01700000001',
    },
  ],
  secret_names: ['api_key'],
  optional_secret_names: [],
  merchant_member: null,
  contract: CONTRACT,
  quotes: true,
  chosen: [],
  promise: PROMISE,
};

export function anEntry(seq: number, changes: Partial<LogView> = {}): LogView {
  return {
    seq,
    at: new Date(START + seq * 1000).toISOString(),
    order_no: 'DHK-10401',
    account: 'Practice Pathao',
    generation: 1,
    reference: '7d8fb0b6-7c0c-5a9e-9d39-0f1ad8a3a1c2',
    kind: 'reserved',
    detail: {},
    evidence: null,
    hash: 'ab'.repeat(32),
    ...changes,
  };
}

export class FakeCore {
  orders: OrderView[] = [];
  accounts: AccountView[] = [anAccount()];
  entries: LogView[] = [];
  cases: CaseView[] = [];
  /** How every order stands with delivered codes. */
  codes: CodesView | null = null;
  /** How many slips of every order were asked for. */
  slips = 0;
  platforms: PlatformView[] = [PATHAO];
  startup: Startup = {
    startup: 'ready',
    ledger: '/ledger.db',
    first: true,
    secrets_file: '/secrets.json',
    open_at_start: 0,
    practice_error: null,
  };
  /** What is wrong with an order that is being written. */
  wrong: (values: Record<string, string>, orderNo: string) => FieldError[] = () => [];
  /** An order's fields. */
  fields: (order: OrderView) => Record<string, string> = (order) => ({
    receiver_name: order.recipient,
    receiver_phone: '01700000001',
  });
  day: DayView = { hours: [], certainty: [] };
  /** The pages of orders that were asked for, by the first row of each, in order. */
  pages: number[] = [];
  /** Every request to run something, in order. */
  requests: Request[] = [];
  /** What a request is answered; a test may replace it. */
  answer: (request: Request) => Promise<Reply> | Reply = (request) => this.#dispatch(request);
  other: Record<string, (payload: never) => unknown> = {};
  /** Never goes back, not even from one test to the next: the page remembers the last place it saw. */
  static #seq = 1;

  /** Takes the place of the shell until `clearMocks`. */
  install(): void {
    mockWindows('main');
    mockIPC((command, payload) => this.#serve(command, payload as Record<string, never>), {
      shouldMockEvents: true,
    });
  }

  /** Changes an order and tells the page. */
  async change(orderNo: string, changes: Partial<OrderView>): Promise<void> {
    const at = this.orders.findIndex((order) => order.order_no === orderNo);
    const old = this.orders[at];
    if (!old) throw new Error(`there is no order ${orderNo}`);
    this.orders[at] = { ...old, ...changes, version: old.version + 1 };
    await this.tell();
  }

  async tell(): Promise<void> {
    FakeCore.#seq += 1;
    await emit('ledger-changed', { seq: FakeCore.#seq });
  }

  #serve(command: string, payload: Record<string, never>): unknown {
    switch (command) {
      case 'startup':
        return this.startup;
      case 'platforms':
        return this.platforms;
      case 'accounts':
        return this.accounts;
      case 'counts':
        return this.#counts();
      case 'orders':
        return this.#page(payload['query'] as unknown as OrderQuery);
      case 'order':
        return this.#detail((payload['key'] as unknown as { order_no: string }).order_no);
      case 'log':
        return this.#log(payload['query'] as unknown as { after?: number; kinds?: string[] });
      case 'cases':
        return this.cases;
      case 'speak':
      case 'take_handed_file':
        return null;
      case 'preferences':
        return { notifications: true, start_at_login: false };
      case 'check_order':
        return this.wrong(payload['values'] ?? {}, payload['orderNo'] ?? '');
      case 'day':
        return this.day;
      case 'verify':
        return { ok: true, entries: this.entries.length, orders: this.orders.length, broken: [] };
      case 'last_seq':
        return FakeCore.#seq;
      case 'run': {
        const request = payload['request'] as unknown as Request;
        this.requests.push(request);
        return this.answer(request);
      }
      default: {
        const answer = this.other[command];
        if (!answer) throw new Error(`the fake shell does not know ${command}`);
        return answer(payload as never);
      }
    }
  }

  #log(query: { after?: number | null; kinds?: string[] }): LogView[] {
    const kinds = query.kinds ?? [];
    return this.entries.filter(
      (entry) => entry.seq > (query.after ?? 0) && (kinds.length === 0 || kinds.includes(entry.kind)),
    );
  }

  #counts(): Counts {
    const of = (state: State) => this.orders.filter((order) => order.state === state).length;
    return {
      all: this.orders.length,
      draft: of('draft'),
      queued: of('queued'),
      sending: of('sending'),
      in_doubt: of('in_doubt'),
      needs_review: of('needs_review'),
      dispatched: of('dispatched'),
      refused: of('refused'),
      cancelled: of('cancelled'),
      closed: of('closed'),
    };
  }

  #page(query: OrderQuery) {
    const states = query.states ?? [];
    const search = (query.search ?? '').toLowerCase();
    const found = this.orders.filter(
      (order) =>
        (states.length === 0 || states.includes(order.state)) &&
        (!query.account || order.account === query.account) &&
        Date.parse(order.created_at) >= (query.since_ms ?? 0) &&
        Date.parse(order.created_at) < (query.until_ms ?? Infinity) &&
        `${order.order_no} ${order.recipient}`.toLowerCase().includes(search),
    );
    const offset = query.offset ?? 0;
    this.pages.push(offset);
    return { rows: found.slice(offset, offset + (query.limit ?? 100)), total: found.length };
  }

  #detail(orderNo: string): OrderDetail {
    const order = this.orders.find((each) => each.order_no === orderNo);
    if (!order) throw { code: 'not_found', message: `There is no order ${orderNo}.` };
    const draft = order.state === 'draft';
    const whyNot: Deed | null = draft
      ? null
      : { code: 'already', state: 'sending', since: '2026-03-02T14:02:00.000Z' };
    return {
      order,
      fields: this.fields(order),
      known: '',
      facts: [
        draft ? { code: 'nothing_sent' } : { code: 'in_doubt', platform: 'Pathao', left: order.created_at },
      ],
      next: '',
      steps: draft ? [] : [{ code: 'looks', at: new Date(START + 8_000).toISOString() }],
      actions: [
        { action: 'dispatch', enabled: draft, why_not: whyNot, warning: null },
        { action: 'edit', enabled: draft, why_not: whyNot, warning: null },
        { action: 'delete', enabled: draft, why_not: whyNot, warning: null },
      ],
      timeline: this.entries.filter((entry) => entry.order_no === orderNo),
      request: null,
      candidates: [],
      waiting_behind: 0,
      slips: this.slips,
      codes: this.codes,
    };
  }

  #dispatch(request: Request): Reply {
    if (request.command.command !== 'dispatch') return { reply: 'done', message: 'Done.' };
    const keys = request.command.orders ?? [];
    const lines = keys.map((key) => {
      const order = this.orders.find((each) => each.order_no === key.order_no) ?? anOrder(0);
      const done = order.state === 'draft';
      if (done) order.state = 'queued';
      const message = done ? 'marked for dispatch' : 'left alone: already open';
      return {
        order_no: order.order_no,
        account: order.account,
        done,
        state: order.state,
        message,
        fields: [],
      };
    });
    return { reply: 'orders', lines };
  }
}
