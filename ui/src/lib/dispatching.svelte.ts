/** One dispatch of the chosen orders, from the click to the lines that say what came of each. */
import { dispatchOf } from './actions';
import { announcer } from './announce.svelte';
import { Intent } from './intent.svelte';
import { keyOf } from './order-list.svelte';
import { m } from '../paraglide/messages.js';
import type { AccountView, MaxFee, OrderLine, OrderView } from './core';

export class Dispatching {
  /** What came of each order of the last dispatch. */
  lines = $state.raw<OrderLine[]>([]);
  /** Live accounts that a person has to confirm before this goes on. */
  unconfirmed = $state.raw<AccountView[]>([]);
  #intent = new Intent();
  #confirming = new Intent();
  #waiting: OrderView[] = $state.raw([]);
  #agreed: MaxFee | null = null;
  #settled: (lines: OrderLine[]) => Promise<unknown>;

  /** `settled` reads the ledger again, and is told what came of each; the button stays disabled until it has. */
  constructor(settled: (lines: OrderLine[]) => Promise<unknown>) {
    this.#settled = settled;
  }

  get busy(): boolean {
    return this.#intent.busy || this.#confirming.busy;
  }

  /** How many orders go on once the accounts are confirmed. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get problem(): string | null {
    return this.#confirming.problem ?? this.#intent.problem;
  }

  /**
   * Dispatches the orders; asks first where a live account is used for the first time. `agreed` is the price that was
   * shown: where it has risen, nothing is sent.
   */
  async start(orders: OrderView[], accounts: AccountView[], agreed: MaxFee | null = null): Promise<void> {
    if (this.busy || this.unconfirmed.length > 0 || orders.length === 0) return;
    this.#agreed = agreed;
    const names = new Set(orders.map((order) => order.account));
    this.#waiting = orders;
    this.unconfirmed = accounts.filter(
      (account) => names.has(account.name) && !account.test && !account.confirmed,
    );
    if (this.unconfirmed.length === 0) await this.#send();
  }

  /** A person says that the live accounts may be used. */
  async confirm(): Promise<void> {
    for (const account of this.unconfirmed) {
      if (!(await this.#confirming.run({ command: 'confirm_account', name: account.name }))) {
        this.unconfirmed = [];
        return;
      }
    }
    this.unconfirmed = [];
    await this.#send();
  }

  /** A person changed their mind. */
  decline(): void {
    this.unconfirmed = [];
  }

  /** A person knows that this order and the other account's are two: it is dispatched all the same. */
  async despite(line: OrderLine): Promise<void> {
    const key = { order_no: line.order_no, account: line.account };
    await this.#intent.run(
      dispatchOf([key], { despite: line.held_by ?? [], agreed: this.#agreed }),
      async (reply) => {
        if (reply.reply !== 'orders') return;
        const fresh = reply.lines ?? [];
        const same = (each: OrderLine) => each.order_no === line.order_no && each.account === line.account;
        this.lines = this.lines.map((each) => (same(each) ? (fresh[0] ?? each) : each));
        await this.#settled(fresh);
      },
    );
  }

  async #send(): Promise<void> {
    await this.#intent.run(dispatchOf(this.#waiting.map(keyOf), { agreed: this.#agreed }), async (reply) => {
      if (reply.reply === 'orders') {
        this.lines = reply.lines ?? [];
        announcer.say(m.dispatched_lines({ count: this.lines.filter((line) => line.done).length }));
      }
      await this.#settled(this.lines);
    });
  }
}
