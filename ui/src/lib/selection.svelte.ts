/** Which orders are chosen, by number and account; it outlives whatever the list reads again. */
import { SvelteMap } from 'svelte/reactivity';
import { DISPATCHABLE } from './states';
import { keyText } from './order-list.svelte';
import type { OrderView } from './core';

export class Selection {
  #chosen = new SvelteMap<string, OrderView>();
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
    const text = keyText(order);
    if (!this.#chosen.delete(text)) this.#chosen.set(text, order);
  }

  add(orders: OrderView[]): void {
    for (const order of orders) this.#chosen.set(keyText(order), order);
  }

  only(orders: OrderView[]): void {
    this.#chosen.clear();
    this.add(orders);
  }

  drop(keys: { order_no: string; account: string }[]): void {
    for (const key of keys) this.#chosen.delete(keyText(key));
  }

  clear(): void {
    this.#chosen.clear();
  }

  /** Takes newer facts over for orders that are chosen. */
  learn(rows: OrderView[]): void {
    for (const row of rows) {
      const old = this.#chosen.get(keyText(row));
      if (old && old.version !== row.version) this.#chosen.set(keyText(row), row);
    }
  }
}
