/** How many orders stand where, over all accounts: read once for everybody who shows it. */
import { ask, core } from './core';
import { Reading } from './live.svelte';
import { factsOf } from './log-sentences';

/** Read again by the frame with each change of the ledger. */
export const counts = new Reading(() => ask(core.counts(null)));

/** An order that is gone, or was never ours, is an incident and no double; so is one of the ledger itself. */
const NO_DOUBLES: unknown[] = ['missing', 'unowned'];
const PAGE = 1_000;

/** Known doubles. The log only grows, so each entry of it is read once. */
export class Doubles extends Reading<number> {
  constructor() {
    let [seen, found] = [0, 0];
    super(async () => {
      let page;
      do {
        const query = { kinds: ['incident' as const], after: seen, newest_first: false, limit: PAGE };
        page = await ask(core.log(query));
        found += page.filter(
          (each) => each.order_no && !NO_DOUBLES.includes(factsOf(each)['finding']),
        ).length;
        seen = page.at(-1)?.seq ?? seen;
      } while (page.length === PAGE);
      return found;
    });
  }
}
