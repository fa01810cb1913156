/** Which orders are chosen, by number and account; it outlives whatever the list reads again. */
import { untrack } from 'svelte';
import { DISPATCHABLE } from './states';
import { keyText } from './order-list.svelte';
import type { OrderView } from './core';

export class Selection {
  /** Replaced as a whole: twenty thousand orders are chosen in one go. */
  #chosen = $state.raw(new Map<string, OrderView>());
  /** Where a range begins. */
  anchor = $state(0);

  has(order: OrderView): boolean {
    return this.#chosen.has(keyText(order));
  }

  get size(): number {
    return this.#chosen.size;
  }

  get orders(): OrderView[] {
    return [...this.#chosen.values()];
  }

  /** Those that a dispatch can lead on from where they stand now. */
  get dispatchable(): OrderView[] {
    return this.orders.filter((order) => DISPATCHABLE.includes(order.state));
  }

  toggle(order: OrderView): void {
    const chosen = new Map(this.#chosen);
    const text = keyText(order);
    if (!chosen.delete(text)) chosen.set(text, order);
    this.#chosen = chosen;
  }

  only(orders: OrderView[]): void {
    this.#chosen = new Map(orders.map((order) => [keyText(order), order]));
  }

  drop(keys: { order_no: string; account: string }[]): void {
    const chosen = new Map(this.#chosen);
    for (const key of keys) chosen.delete(keyText(key));
    this.#chosen = chosen;
  }

  clear(): void {
    this.#chosen = new Map();
  }

  /** Takes newer facts over for orders that are chosen. */
  learn(rows: OrderView[]): void {
    const old = untrack(() => this.#chosen);
    const newer = rows.filter((row) => (old.get(keyText(row))?.version ?? row.version) !== row.version);
    if (newer.length === 0) return;
    const chosen = new Map(old);
    for (const row of newer) chosen.set(keyText(row), row);
    this.#chosen = chosen;
  }
}
