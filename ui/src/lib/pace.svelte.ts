/** How fast long work goes, taken over its last minute, and how long what is left of it takes at that rate. */
import { m } from '../paraglide/messages.js';
import { duration, number } from './format';

const SPAN_MS = 60_000;

export class Pace {
  perMinute = $state(0);
  #seen: { at: number; done: number }[] = [];

  /** So much was done by then. */
  see(done: number, at: number): void {
    this.#seen = [...this.#seen.filter((seen) => at - seen.at < SPAN_MS), { at, done }];
    const first = this.#seen[0] ?? { at, done };
    const minutes = (at - first.at) / 60_000;
    this.perMinute = minutes > 0.05 ? (done - first.done) / minutes : 0;
  }

  forget(): void {
    this.#seen = [];
  }

  /** Rate and time left, once they can be told. */
  left(todo: number): (() => string) | null {
    if (this.perMinute < 0.5) return null;
    const ms = (todo / this.perMinute) * 60_000;
    return () =>
      m.batch_rate({
        rate: number(Math.round(this.perMinute)),
        left: duration(Math.round(ms / 1000) * 1000),
      });
  }
}
