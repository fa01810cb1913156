/** What the order in the panel would cost: asked by a click, shown until it runs out, and carried by the dispatch. */
import { clock } from './clock.svelte';
import { Intent } from './intent.svelte';
import type { MaxFee, OrderKey, QuoteView } from './core';

export class Price {
  quote = $state.raw<QuoteView | null>(null);
  /** Until when it is relied on, by the page's own clock. */
  until = $state(0);
  #intent = $state.raw(new Intent());
  /** Which order it is about; an answer that comes later is another's. */
  #about = 0;

  get busy(): boolean {
    return this.#intent.busy;
  }

  get problem(): string | null {
    return this.#intent.problem;
  }

  get good(): boolean {
    return this.quote !== null && this.until > clock.now;
  }

  /** What a person agrees to by dispatching now: the price in sight. */
  get agreed(): MaxFee | null {
    return this.quote && { amount: this.quote.fee.amount, currency: this.quote.fee.currency };
  }

  async ask(order: OrderKey): Promise<void> {
    const about = this.#about;
    await this.#intent.run({ command: 'quote', order }, (reply) => {
      if (reply.reply !== 'quoted' || about !== this.#about) return;
      this.quote = reply;
      this.until = Date.now() + reply.good_ms;
    });
  }

  /** The order, or what it holds, is another. */
  forget(): void {
    this.#about += 1;
    this.quote = null;
    this.#intent = new Intent();
  }
}
