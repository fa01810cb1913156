/** A shop in the middle of its morning, for looking at it and for checks of every screen: work in every state. */
import { anAccount, anEntry, anOrder, FakeCore, PATHAO } from './fake-core';
import { aFinding, aSweep } from './sweeps';
import type {
  CaseView,
  Field,
  FieldError,
  PlatformState,
  RemoteOrder,
  Reply,
  State,
  Switches,
  TruthOrder,
} from '../src/bindings';

const STATES: State[] = [
  'draft',
  'draft',
  'draft',
  'queued',
  'sending',
  'in_doubt',
  'dispatched',
  'dispatched',
  'refused',
  'needs_review',
  'cancelled',
  'closed',
];

const field = (
  name: string,
  label: string,
  required: boolean,
  kind: Field['kind'],
  example: string,
): Field => ({
  name,
  label,
  required,
  kind,
  example,
});

const FORM = [
  field('receiver_name', 'Receiver', true, 'text', 'R. Das'),
  field('receiver_phone', "Receiver's phone", true, 'phone', '01700000001'),
  field('delivery_latitude', 'Delivery latitude', true, 'latitude', '23.7465'),
  field('delivery_longitude', 'Delivery longitude', true, 'longitude', '90.3762'),
  field('receiver_address_text', 'Delivery address', false, 'text', 'House 12, Road 5, Dhanmondi'),
  field('pickup_latitude', 'Pickup latitude', true, 'latitude', '23.7937'),
  field('pickup_longitude', 'Pickup longitude', true, 'longitude', '90.4066'),
  field('pickup_address_text', 'Pickup address', false, 'text', 'House 3, Road 11, Banani'),
  field('parcel_type', 'Parcel type (1 document, 2 small, 3 medium, 4 large)', true, 'integer', '2'),
];

/** Missing and too short; the real rules are the core's. */
function wrongOf(values: Record<string, string>, orderNo: string): FieldError[] {
  const wrong: FieldError[] = [];
  if (!orderNo.trim())
    wrong.push({ field: 'order_no', reason: 'is missing; every order needs a number of its own' });
  for (const { name, required, kind, example } of FORM) {
    const value = (values[name] ?? '').trim();
    if (required && !value)
      wrong.push({ field: name, reason: `is missing; give a value such as ${example}` });
    else if (kind === 'phone' && value.length < 11)
      wrong.push({
        field: name,
        reason: '"0170" is not a Bangladeshi mobile number; write it like 01700000001',
      });
  }
  return wrong;
}

const candidate = (id: string, changes: Partial<RemoteOrder> = {}): RemoteOrder => ({
  id,
  reference: null,
  fingerprint: null,
  status: 'pending',
  ended: false,
  succeeded: null,
  quote: false,
  test: true,
  created_ms: Date.now() - 40_000,
  fee: { amount: 6_000, currency: 'BDT' },
  tracking_url: null,
  courier: null,
  expires_ms: null,
  echo: { receiver_name: 'Joy Bhuiyan', receiver_phone: '01700000001' },
  ...changes,
});

const aCase = (order: number, changes: Partial<CaseView> = {}): CaseView => ({
  order: anOrder(order, {
    state: 'needs_review',
    attempts: 1,
    lookups: 4,
    generation: 1,
    since: new Date(Date.now() - 95_000).toISOString(),
    reason: 'more than one new platform order looks like this one',
  }),
  known: '',
  facts: [{ code: 'in_doubt', platform: 'Pathao', left: '2026-03-02T10:00:03.000Z' }],
  candidates: [
    candidate('PB-88123'),
    candidate('PB-88124', { echo: { receiver_name: 'Joy Bhuiyan', receiver_phone: '01755000009' } }),
  ],
  waiting_behind: 3,
  presence: null,
  ...changes,
});

const practice: PlatformState = {
  platform: 'pathao',
  // The screen shows what differs from the first switches; what they are is the practice platforms' own.
  switches: { create_latency_ms: 200 } as Switches,
  orders: 14,
  orders_by_strangers: 1,
  requests: 61,
  creates: 15,
  waiting: 0,
  faults: [{ kind: 'lose_response', count: 2 }],
};

const truth = (i: number): TruthOrder => ({
  platform: 'pathao',
  platform_order_id: `PB-${88000 + i}`,
  reference: '7d8fb0b6-7c0c-5a9e-9d39-0f1ad8a3a1c2',
  idempotency_key: '7d8fb0b6-7c0c-5a9e-9d39-0f1ad8a3a1c2',
  fingerprint: `f${i}`,
  summary: 'R. Das, 65/1 Shyamoli, Dhaka 1207',
  by_stranger: i === 3,
  status: 'pending',
  created_at_ms: Date.now() - i * 60_000,
  ended_at_ms: null,
});

/** Fills the stand-in with `count` orders and everything around them. */
export function enliven(core: FakeCore, count = 1204): FakeCore {
  const now = Date.now();
  core.startup = {
    startup: 'ready',
    ledger: '/home/rahim/.local/share/docket/ledger.db',
    first: true,
    secrets_file: '/home/rahim/.local/share/docket/secrets.json',
    open_at_start: 0,
    practice_error: null,
  };
  core.orders = Array.from({ length: count }, (_, i) => {
    const state = STATES[i % STATES.length] ?? 'draft';
    return anOrder(i, {
      state,
      test: i % 5 !== 0,
      account: i % 5 === 0 ? 'Main shop' : 'Practice Pathao',
      created_at: new Date(now - i * 60_000).toISOString(),
      since: new Date(now - i * 7000).toISOString(),
      next_at: state === 'in_doubt' ? new Date(now + 8000).toISOString() : null,
      platform_order_id: state === 'dispatched' ? `PB-${88000 + i}` : null,
      reason: state === 'refused' ? 'receiver_phone is not a Bangladesh mobile number' : null,
    });
  });
  core.accounts = [
    anAccount(),
    anAccount({
      name: 'Main shop',
      test: false,
      practice: false,
      confirmed: true,
      open: 12,
      base_url: 'https://api.example.com',
    }),
  ];
  core.entries = [
    anEntry(1, { kind: 'imported', detail: { line: 2 } }),
    anEntry(2, { kind: 'reserved' }),
    anEntry(3, { kind: 'send_started', detail: { attempt: 1 } }),
    anEntry(4, { kind: 'send_finished', detail: { outcome: 'unknown', why: 'timeout', after_ms: 5000 } }),
    anEntry(5, { kind: 'lookup_finished', detail: { found: 'ours', id: 'PB-88' } }),
    anEntry(6, { kind: 'bound', detail: { platform_order_id: 'PB-88', by: 'lookup' } }),
  ];
  core.entries.push(
    ...core.entries.map((entry) => ({ ...entry, seq: entry.seq + 10, order_no: 'DHK-10406' })),
  );
  core.platforms = [{ ...PATHAO, form: FORM, chosen: [] }];
  core.cases = [aCase(2), aCase(9, { candidates: [], waiting_behind: 0 })];
  core.wrong = wrongOf;
  core.day = {
    hours: [2, 5, 9, 14, 22, 31, 18, 40, 26, 12].map((dispatched, hour) => ({
      hour,
      dispatched,
      refused: hour % 4 === 1 ? 3 : 0,
      ended: hour % 5 === 2 ? 2 : 0,
    })),
    certainty: [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000, null].map((within_ms, i) => ({
      within_ms,
      orders: [121, 38, 12, 6, 2, 0, 1][i] ?? 0,
    })),
  };
  const usual = core.answer;
  core.answer = (request) => {
    const { command } = request;
    if (command.command === 'quote') return price(command.order.order_no);
    if (command.command === 'choices') return templates(command.search);
    if (command.command === 'sweep') return swept(command.account);
    if (command.command === 'write')
      core.orders.unshift(anOrder(0, { order_no: command.order_no, account: command.account }));
    return usual(request);
  };
  core.other['practice_state'] = () => ({ platforms: [practice], queue: [], plan: null, held: [] });
  core.other['practice_truth'] = () => [1, 2, 3, 4, 5].map(truth);
  core.other['practice_first_switches'] = () => practice.switches;
  return core;
}

function price(order_no: string): Reply {
  return {
    reply: 'quoted',
    order_no,
    account: 'Practice Pathao',
    fee: { amount: 12_000, currency: 'BDT' },
    quote_id: 'dqt_9',
    asked_at: new Date().toISOString(),
    expires_at: new Date(Date.now() + 250_000).toISOString(),
    good_ms: 240_000,
    arrives_at: new Date(Date.now() + 2_700_000).toISOString(),
    takes_min: 45,
  };
}

function templates(search: string): Reply {
  const all = [
    { id: 'tmpl_welcome', name: 'Welcome card', price: null, stock: null, variables: ['firstName', 'code'] },
    { id: 'tmpl_plain', name: 'Autumn sale', price: null, stock: null, variables: [] },
    { id: 'product_01steam10', name: 'Steam wallet 10 USD', price: '10.49 USD', stock: 25, variables: null },
    { id: 'product_01pubg600', name: 'PUBG Mobile 600 UC', price: '8.90 EUR', stock: 0, variables: null },
  ];
  const lacks = [
    {
      field: 'merge_variables',
      reason: 'lacks firstName, which the template tmpl_5d asks for; add firstName=...',
    },
  ];
  const found = all.filter((choice) => choice.name.toLowerCase().includes(search.toLowerCase()));
  const choices = found.map((choice) => ({ choice, lacks: choice.variables?.length ? lacks : [] }));
  return { reply: 'choices', choices, total: choices.length };
}

function swept(account: string): Reply {
  const gone = aFinding(account, {
    kind: 'missing',
    platform_order_id: 'PB-88004',
    order_no: 'DHK-10407',
    bound: null,
    platform_status: null,
    told_before: true,
  });
  return aSweep(account, {
    findings: [aFinding(account), gone],
    unseen: [{ what: 'no_list' }, { what: 'bound', count: 10 }],
    by_others: 3,
    in_hand: 1,
  });
}
