/** The log from its newest entry backwards: it follows what is committed, and pages back on demand. */
import { ask, core, wordsOf, type LogQuery, type LogView } from './core';

const PAGE = 200;
/** Kept in the page at most while following; paging back asks again. */
const KEPT = 5_000;

export type LogFilter = Pick<LogQuery, 'order_no' | 'account' | 'kinds' | 'since_ms'>;

export class LogTail {
  /** Newest first. */
  entries = $state.raw<LogView[]>([]);
  /** Nothing is older. */
  whole = $state(false);
  loaded = $state(false);
  problem = $state<string | null>(null);
  #filter: LogFilter = {};
  #generation = 0;
  #busy: Promise<void> | null = null;
  #again = false;

  async ask(filter: LogFilter): Promise<void> {
    this.#filter = filter;
    this.#generation += 1;
    [this.entries, this.whole, this.loaded] = [[], false, false];
    await this.follow();
  }

  /** Reads what has been committed since. */
  async follow(): Promise<void> {
    this.#again = true;
    while (this.#again || this.#busy) {
      this.#busy ??= this.#ahead();
      await this.#busy;
    }
  }

  /** Reads older entries. */
  async back(): Promise<void> {
    await this.#read(
      { before: this.entries.at(-1)?.seq ?? null, newest_first: true, limit: PAGE },
      (older) => {
        this.entries = [...this.entries, ...older];
        this.whole = older.length < PAGE;
      },
    );
  }

  async #ahead(): Promise<void> {
    this.#again = false;
    const newest = this.entries[0]?.seq;
    if (newest === undefined) {
      await this.#read({ newest_first: true, limit: PAGE }, (entries) => {
        this.entries = entries;
        this.whole = entries.length < PAGE;
      });
    } else {
      await this.#read({ after: newest, newest_first: false, limit: 1000 }, (newer) => {
        if (newer.length > 0) this.entries = [...newer.reverse(), ...this.entries].slice(0, KEPT);
        if (newer.length === 1000) this.#again = true;
      });
    }
    this.#busy = null;
  }

  async #read(query: LogQuery, take: (entries: LogView[]) => void): Promise<void> {
    const generation = this.#generation;
    try {
      const entries = await ask(core.log({ ...this.#filter, ...query }));
      if (generation !== this.#generation) return;
      take(entries);
      this.problem = null;
      this.loaded = true;
    } catch (thrown) {
      this.problem = wordsOf(thrown);
      this.loaded = true;
    }
  }
}
