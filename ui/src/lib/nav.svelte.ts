/** Which screen is shown, for which order, and what it was asked for from elsewhere. */
import { m } from '../paraglide/messages.js';
import type { SavedFilter } from './filters.svelte';
import type { OrderKey } from './core';
import type { TabId } from './states';

/** Those that stand in the list of screens. */
export type Listed = 'orders' | 'review' | 'log' | 'import' | 'accounts' | 'practice' | 'settings';
export type Screen = Listed | 'write';

// Practice comes last: it is there only with a practice account, and must not move what somebody is about to click.
export const SCREENS: Listed[] = ['orders', 'review', 'log', 'import', 'accounts', 'settings', 'practice'];

export const SCREEN_WORDS: Record<Listed, () => string> = {
  orders: m.nav_orders,
  review: m.nav_review,
  log: m.nav_log,
  import: m.nav_import,
  accounts: m.nav_accounts,
  practice: m.nav_practice,
  settings: m.settings,
};

/** Something that the orders screen is asked to do. */
export interface Wish {
  tab?: TabId;
  search?: string;
  /** Only this account's. */
  account?: string;
  act?: 'dispatch' | 'all';
  /** A filter that a person has kept. */
  filter?: SavedFilter;
  /** This order's panel. */
  open?: OrderKey;
  /** Its price is asked for, too: a person wanted to see it. */
  price?: boolean;
}

class Nav {
  screen = $state<Screen>(stored());
  /** The log opens filtered by this order. */
  logOrder = $state('');
  /** The page is left to search: the next orders screen takes the focus there. */
  wantsSearch = $state(false);
  /** The log was asked for to do this. */
  logWish = $state<'verify' | 'export' | 'sweep' | 'report' | null>(null);
  /** What the orders screen has still to do. */
  wish = $state.raw<Wish | null>(null);

  ask(wish: Wish): void {
    this.wish = wish;
    this.go('orders');
  }

  go(screen: Screen): void {
    this.screen = screen;
    sessionStorage.setItem('docket.screen', screen);
  }
}

function stored(): Screen {
  const screen = sessionStorage.getItem('docket.screen');
  return SCREENS.find((each) => each === screen) ?? 'orders';
}

export const nav = new Nav();
