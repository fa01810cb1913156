/** Stopping a batch: everything that waits is taken back. What has left is the core's to follow to its end. */
import { announcer } from './announce.svelte';
import { ask, core, type OrderLine } from './core';
import { Intent } from './intent.svelte';
import { keyOf } from './order-list.svelte';
import { m } from '../paraglide/messages.js';

/** Orders taken back in one command. */
const PAGE = 1000;

export class Stopping {
  busy = $state(false);
  #intent = new Intent();

  get problem(): string | null {
    return this.#intent.problem;
  }

  async start(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    let count = 0;
    try {
      for (;;) {
        const { rows } = await ask(core.orders({ states: ['queued'], offset: 0, limit: PAGE }));
        let done: OrderLine[] = [];
        if (rows.length > 0)
          await this.#intent.run({ command: 'withdraw', orders: rows.map(keyOf) }, (reply) => {
            if (reply.reply === 'orders') done = (reply.lines ?? []).filter((line) => line.done);
          });
        count += done.length;
        // Nothing waits any more, or what waits has gone on by itself.
        if (done.length === 0) break;
      }
    } finally {
      this.busy = false;
    }
    announcer.say(m.withdrawn_lines({ count }));
  }
}
