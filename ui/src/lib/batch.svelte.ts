/**
 * The batch at work: from the first order that is open to the last that settles. It is counted from the ledger's own
 * counts; only where it began is kept here, over a reload too.
 */
import { m } from '../paraglide/messages.js';
import { duration, number } from './format';
import { openOf } from './states';
import type { Counts } from './core';

const STORE = 'docket.batch';
/** The rate is taken over this long. */
const SPAN_MS = 60_000;

interface Start {
  dispatched: number;
  settled: number;
}

/** Orders that a dispatch has led to an end of some kind. */
const settledOf = (counts: Counts): number =>
  counts.dispatched + counts.refused + counts.needs_review + counts.cancelled + counts.closed;

export class Batch {
  size = $state(0);
  settled = $state(0);
  sent = $state(0);
  perMinute = $state(0);
  #start: Start | null = JSON.parse(sessionStorage.getItem(STORE) ?? 'null') as Start | null;
  #seen: { at: number; settled: number }[] = [];

  /** Takes the ledger's counts in. */
  see(counts: Counts, at: number): void {
    const open = openOf(counts);
    const settled = settledOf(counts);
    if (open === 0) {
      this.#start = null;
      this.#seen = [];
      this.size = 0;
      sessionStorage.removeItem(STORE);
      return;
    }
    if (!this.#start) {
      this.#start = { dispatched: counts.dispatched, settled };
      sessionStorage.setItem(STORE, JSON.stringify(this.#start));
    }
    this.settled = Math.max(0, settled - this.#start.settled);
    this.sent = Math.max(0, counts.dispatched - this.#start.dispatched);
    this.size = this.settled + open;
    this.#seen = [...this.#seen.filter((seen) => at - seen.at < SPAN_MS), { at, settled }];
    const first = this.#seen[0] ?? { at, settled };
    const minutes = (at - first.at) / 60_000;
    this.perMinute = minutes > 0.05 ? (settled - first.settled) / minutes : 0;
  }

  /** Rate and time left, once they can be told. */
  get left(): (() => string) | null {
    if (this.perMinute < 0.5) return null;
    const ms = ((this.size - this.settled) / this.perMinute) * 60_000;
    return () =>
      m.batch_rate({
        rate: number(Math.round(this.perMinute)),
        left: duration(Math.round(ms / 1000) * 1000),
      });
  }
}
