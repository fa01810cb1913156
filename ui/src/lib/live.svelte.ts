/** What has been committed, as far as the page was told; and readings that follow it. */
import { same } from './same';
import { ask, core, events, wordsOf } from './core';

class Live {
  /** The last committed place in the log. Whatever is shown depends on it. */
  seq = $state(0);

  /** Listens until the returned function is called. */
  async follow(): Promise<() => void> {
    const unlisten = await events.ledgerChanged.listen((event) => {
      this.seq = Math.max(this.seq, event.payload.seq);
    });
    const look = () => void this.look();
    window.addEventListener('focus', look);
    await this.look();
    return () => {
      window.removeEventListener('focus', look);
      unlisten();
    };
  }

  /** Asks, so that a lost event costs nothing. */
  async look(): Promise<void> {
    this.seq = Math.max(this.seq, await ask(core.lastSeq()).catch(() => 0));
  }
}

export const live = new Live();

/** Something read from the core again and again. One reading at a time; a change meanwhile leads to one more. */
export class Reading<T> {
  value = $state.raw<T | undefined>();
  problem = $state<string | null>(null);
  #read: () => Promise<T>;
  #now: Promise<void> | null = null;
  #again = false;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** Reads; resolves once a reading that began after this call has ended. */
  async refresh(): Promise<void> {
    this.#again = true;
    while (this.#again || this.#now) {
      this.#now ??= this.#once();
      await this.#now;
    }
  }

  async #once(): Promise<void> {
    this.#again = false;
    try {
      const value = await this.#read();
      // What says the same stays the same object: nothing that shows it is drawn again.
      if (!same(value, this.value)) this.value = value;
      this.problem = null;
    } catch (thrown) {
      this.problem = wordsOf(thrown);
    } finally {
      this.#now = null;
    }
  }

  /** Forgets the value, for when it is about something else from now on. */
  forget(): void {
    this.value = undefined;
    this.problem = null;
  }
}
