/** A printable report of the log: what the filter lets through, read whole up to a limit, oldest first. */
import { ask, core, wordsOf, type LogView, type Verification } from './core';
import type { LogFilter } from './log-tail.svelte';

const PAGE = 1_000;
/** About as many as anybody prints; a file takes more. */
export const MOST = 5_000;

export class Report {
  entries = $state.raw<LogView[]>([]);
  /** There are more than stand in the report. */
  cut = $state(false);
  verification = $state.raw<Verification | null>(null);
  madeAt = $state(0);
  /** From the click until the system's dialog has been closed. */
  busy = $state(false);
  problem = $state<string | null>(null);

  /** Reads, and puts it on paper. */
  async print(filter: LogFilter): Promise<void> {
    if (this.busy) return;
    [this.busy, this.problem] = [true, null];
    try {
      this.verification = await ask(core.verify());
      await this.#read(filter);
      this.madeAt = Date.now();
    } catch (thrown) {
      this.problem = wordsOf(thrown);
      this.busy = false;
    }
  }

  /** The system's dialog has been closed. */
  printed(): void {
    this.busy = false;
  }

  async #read(filter: LogFilter): Promise<void> {
    let entries: LogView[] = [];
    let page: LogView[];
    do {
      const after = entries.at(-1)?.seq ?? null;
      page = await ask(core.log({ ...filter, after, newest_first: false, limit: PAGE }));
      entries = [...entries, ...page];
    } while (page.length === PAGE && entries.length < MOST);
    this.cut = page.length === PAGE;
    this.entries = entries;
  }
}
