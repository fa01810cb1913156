/**
 * The orders a query matches, read in pages around what is on the screen, so that 300,000 rows cost what 300 do.
 * While it is held, rows keep their places: what they say is brought up to date, where they stand is not.
 */
import { same } from './same';
import { ask, core, wordsOf, type OrderKey, type OrderQuery, type OrderView } from './core';

const PAGE = 100;
/** Pages kept around the window. */
const KEPT = 12;

export type Query = Omit<OrderQuery, 'offset' | 'limit'>;

export const keyText = (key: { order_no: string; account: string | null }): string =>
  `${key.account ?? ''}\u0000${key.order_no}`;
export const keyOf = (order: OrderView): OrderKey => ({ order_no: order.order_no, account: order.account });

export class OrderList {
  total = $state(0);
  /** The first reading has ended. */
  loaded = $state(false);
  problem = $state<string | null>(null);
  /** Rows have moved since the list was held. */
  moved = $state(false);
  #pages = $state.raw(new Map<number, OrderView[]>());
  /** Pages that say what the ledger said when it last changed. The others are shown, and read again once they are seen. */
  #fresh = new Set<number>();
  #query: Query = {};
  #window: [number, number] = [0, 30];
  #held = false;
  /** The next reading is of another query: there are no places to keep. */
  #anew = true;
  #busy: Promise<void> | null = null;
  #again = false;
  #generation = 0;

  row(index: number): OrderView | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Rows that are in memory. */
  get rows(): OrderView[] {
    return [...this.#pages.values()].flat();
  }

  indexOf(text: string): number {
    for (const [page, rows] of this.#pages) {
      const at = rows.findIndex((row) => keyText(row) === text);
      if (at >= 0) return page * PAGE + at;
    }
    return -1;
  }

  /** Another query: everything is read anew. */
  async ask(query: Query): Promise<void> {
    this.#query = query;
    this.#generation += 1;
    this.#anew = true;
    this.moved = false;
    this.#window = [0, this.#window[1] - this.#window[0]];
    this.#pages = new Map();
    await this.refresh();
  }

  /** These rows are on the screen. */
  show(first: number, last: number): void {
    this.#window = [first, last];
    if (this.#wanted().length > 0) void this.#settled();
  }

  /** Rows stay in their places while `held`. */
  hold(held: boolean): void {
    const release = this.#held && !held && this.moved;
    this.#held = held;
    if (release) void this.refresh();
  }

  /** Lets held rows take their places now. */
  settle(): void {
    const held = this.#held;
    this.#held = false;
    void this.refresh().then(() => (this.#held = held));
  }

  /** Reads what is on the screen again; resolves when a reading that began after this call has ended. */
  async refresh(): Promise<void> {
    this.#fresh = new Set();
    await this.#settled();
  }

  /** Reads what is on the screen and not fresh. One reading at a time. */
  async #settled(): Promise<void> {
    this.#again = true;
    while (this.#busy || (this.#again && this.#wanted().length > 0)) {
      this.#busy ??= this.#read();
      await this.#busy;
    }
    this.#again = false;
  }

  /** The keys of rows `from` to `to`, both included, wherever they are. */
  async range(from: number, to: number): Promise<OrderView[]> {
    const rows: OrderView[] = [];
    for (let offset = from; offset <= to; offset += 1000) {
      const limit = Math.min(1000, to - offset + 1);
      rows.push(...(await ask(core.orders({ ...this.#query, offset, limit }))).rows);
    }
    return rows;
  }

  /** Pages on the screen that have to be read. */
  #wanted(): number[] {
    const [first, last] = this.#window;
    const from = Math.floor(first / PAGE);
    const to = Math.floor(Math.max(first, last) / PAGE);
    const seen = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    return seen.filter((page) => !this.#fresh.has(page) || !this.#pages.has(page));
  }

  async #read(): Promise<void> {
    this.#again = false;
    const generation = this.#generation;
    // A change of the ledger meanwhile puts another set in its place: then these are not fresh any more.
    const pages = this.#fresh;
    const wanted = this.#wanted();
    try {
      const read = await Promise.all(
        wanted.map((page) => ask(core.orders({ ...this.#query, offset: page * PAGE, limit: PAGE }))),
      );
      if (generation !== this.#generation) return;
      const fresh = new Map(wanted.map((page, i) => [page, this.#known(page, read[i]?.rows ?? [])]));
      for (const page of wanted) pages.add(page);
      this.#take(fresh, read[0]?.total ?? 0);
      this.problem = null;
    } catch (thrown) {
      this.problem = wordsOf(thrown);
    } finally {
      this.#busy = null;
      this.loaded = true;
    }
  }

  /** Rows that say what they said stay the same objects: what shows them has nothing to draw again. */
  #known(page: number, rows: OrderView[]): OrderView[] {
    const old = this.#pages.get(page) ?? [];
    return rows.map((row, i) => {
      const before = old[i];
      return before && same(before, row) ? before : row;
    });
  }

  #take(fresh: Map<number, OrderView[]>, total: number): void {
    if (this.#held && !this.#anew && this.#inOtherPlaces(fresh, total)) {
      this.moved = true;
      this.#pages = this.#inPlace(fresh);
      return;
    }
    this.#anew = false;
    this.moved = false;
    this.total = total;
    const kept = [...this.#pages].filter(([page]) => !fresh.has(page)).slice(-(KEPT - fresh.size));
    this.#pages = new Map([...kept, ...fresh]);
  }

  #inOtherPlaces(fresh: Map<number, OrderView[]>, total: number): boolean {
    if (total < this.total) return true;
    for (const [page, rows] of fresh) {
      const old = this.#pages.get(page);
      if (old && old.some((row, i) => !rows[i] || keyText(row) !== keyText(rows[i]))) return true;
    }
    return false;
  }

  /** The old places with the new facts. */
  #inPlace(fresh: Map<number, OrderView[]>): Map<number, OrderView[]> {
    const facts = new Map([...fresh.values()].flat().map((row) => [keyText(row), row]));
    const pages = new Map(this.#pages);
    for (const [page, rows] of pages)
      pages.set(
        page,
        rows.map((row) => facts.get(keyText(row)) ?? row),
      );
    for (const [page, rows] of fresh) if (!pages.has(page)) pages.set(page, rows);
    return pages;
  }
}
