/**
 * An order that is being written: its values, what the core finds wrong with them while they are typed, and the sender of
 * the order before it. Not here: any rule of a platform; the core has those.
 */
import { ask, core, wordsOf, type Field, type FieldError, type OrderKey } from './core';
import { flawOf } from './flaws';
import { Intent } from './intent.svelte';

/** The order number among the fields, as the core names it. */
export const ORDER_NO = 'order_no';
/** Typing rests for so long before the core is asked. */
const REST_MS = 200;

export type Part = 'order' | 'sender' | 'recipient';

const SENDER = /^(pickup|sender)_/;
const RECIPIENT = /^(dropoff|receiver|recipient|delivery)(_|$)/;
/** When something is fetched belongs to one order; where and from whom stays the same. */
const OF_ONE_ORDER = /_(dt|time|date)$/;

export function partOf({ name }: Field): Part {
  if (SENDER.test(name)) return 'sender';
  return RECIPIENT.test(name) ? 'recipient' : 'order';
}

export class Writing {
  orderNo = $state('');
  values = $state<Record<string, string>>({});
  /** What is wrong, in the core's words, as far as it was asked. */
  wrong = $state.raw<FieldError[]>([]);
  problem = $state<string | null>(null);
  /** Fields that a person has been in and left, or typed in. An empty form is not told what it lacks. */
  #touched = $state.raw(new Set<string>());
  /** Every field is to be told of: a person wanted to keep the order. */
  #asked = $state(false);
  #intent = new Intent();
  /** From the click on: the check before it takes its time, too. */
  #keeping = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #generation = 0;

  get busy(): boolean {
    return this.#keeping || this.#intent.busy;
  }

  touch(name: string): void {
    if (!this.#touched.has(name)) this.#touched = new Set([...this.#touched, name]);
  }

  /** What to say beside a field; `null` where nothing is wrong, or the person has not been there yet. */
  wrongOf(name: string): string | null {
    if (!this.#asked && !this.#touched.has(name)) return null;
    const wrong = this.wrong.find((each) => each.field === name);
    return wrong ? flawOf(wrong.reason) : null;
  }

  /** What is wrong with no field of the form. */
  elsewhere(form: Field[]): FieldError[] {
    const names = [ORDER_NO, ...form.map((field) => field.name)];
    return this.#asked ? this.wrong.filter((each) => !names.includes(each.field)) : [];
  }

  /** Asks once typing rests. */
  checkSoon(account: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.check(account), REST_MS);
  }

  /** Whether nothing is wrong. */
  async check(account: string): Promise<boolean> {
    clearTimeout(this.#timer);
    const generation = ++this.#generation;
    try {
      const wrong = await ask(core.checkOrder(account, this.orderNo, { ...this.values }));
      // An answer to what was typed before is no answer to what stands there now.
      if (generation === this.#generation) [this.wrong, this.problem] = [wrong, null];
      return wrong.length === 0;
    } catch (thrown) {
      if (generation === this.#generation) this.problem = wordsOf(thrown);
      return false;
    }
  }

  /** Keeps the order as a draft; its key, or `null` where something is wrong. */
  async keep(account: string): Promise<OrderKey | null> {
    if (this.busy) return null;
    [this.#keeping, this.#asked] = [true, true];
    try {
      if (!(await this.check(account))) return null;
      const order_no = this.orderNo.trim();
      const command = { command: 'write', account, order_no, values: { ...this.values } } as const;
      const reply = await this.#intent.run(command);
      this.problem = this.#intent.problem;
      return reply ? { order_no, account } : null;
    } finally {
      this.#keeping = false;
    }
  }

  /** Takes the sender over from the newest order of the account; whether it has one, or `null` when it could not be read. */
  async repeatSender(account: string, form: Field[]): Promise<boolean | null> {
    const names = form
      .filter((field) => partOf(field) === 'sender' && !OF_ONE_ORDER.test(field.name))
      .map((field) => field.name);
    try {
      const { rows } = await ask(core.orders({ account, sort: 'created', descending: true, limit: 1 }));
      const last = rows[0];
      if (!last) return false;
      const { fields } = await ask(core.order({ order_no: last.order_no, account }));
      const known = names.filter((name) => fields[name]);
      for (const name of known) this.values[name] = fields[name] ?? '';
      return known.length > 0;
    } catch (thrown) {
      this.problem = wordsOf(thrown);
      return null;
    }
  }

  /** Another platform's form: what it does not have is left behind. */
  fit(form: Field[]): void {
    this.values = Object.fromEntries(form.map(({ name }) => [name, this.values[name] ?? '']));
    [this.wrong, this.#touched, this.#asked] = [[], new Set(), false];
  }
}
