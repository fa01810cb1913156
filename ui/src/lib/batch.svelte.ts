/**
 * The batch at work: from the first order that is open to the last that settles. It is counted from the ledger's own
 * counts; only where it began is kept here, over a reload too.
 */
import { Pace } from './pace.svelte';
import { openOf } from './states';
import type { Counts } from './core';

const STORE = 'docket.batch';

interface Start {
  dispatched: number;
  refused: number;
  needs_review: number;
  settled: number;
}

/** Orders that a dispatch has led to an end of some kind. */
const settledOf = (counts: Counts): number =>
  counts.dispatched + counts.refused + counts.needs_review + counts.cancelled + counts.closed;

export class Batch {
  size = $state(0);
  settled = $state(0);
  sent = $state(0);
  refused = $state(0);
  review = $state(0);
  #start: Start | null = JSON.parse(sessionStorage.getItem(STORE) ?? 'null') as Start | null;
  #pace = new Pace();

  /** Takes the ledger's counts in. */
  see(counts: Counts, at: number): void {
    const open = openOf(counts);
    const settled = settledOf(counts);
    if (open === 0) {
      this.#start = null;
      this.#pace.forget();
      this.size = 0;
      sessionStorage.removeItem(STORE);
      return;
    }
    if (!this.#start) {
      const { dispatched, refused, needs_review } = counts;
      this.#start = { dispatched, refused, needs_review, settled };
      sessionStorage.setItem(STORE, JSON.stringify(this.#start));
    }
    this.settled = Math.max(0, settled - this.#start.settled);
    this.sent = Math.max(0, counts.dispatched - this.#start.dispatched);
    this.refused = Math.max(0, counts.refused - this.#start.refused);
    this.review = Math.max(0, counts.needs_review - this.#start.needs_review);
    this.size = this.settled + open;
    this.#pace.see(settled, at);
  }

  get perMinute(): number {
    return this.#pace.perMinute;
  }

  /** Rate and time left, once they can be told. */
  get left(): (() => string) | null {
    return this.#pace.left(this.size - this.settled);
  }
}
