/** Which screen is shown, for which order, and what it was asked for from elsewhere. */
import { m } from '../paraglide/messages.js';
import type { TabId } from './states';

export type Screen = 'orders' | 'import' | 'review' | 'log' | 'accounts' | 'practice';

export const SCREENS: Screen[] = ['orders', 'review', 'log', 'import', 'accounts', 'practice'];

export const SCREEN_WORDS: Record<Screen, () => string> = {
  orders: m.nav_orders,
  review: m.nav_review,
  log: m.nav_log,
  import: m.nav_import,
  accounts: m.nav_accounts,
  practice: m.nav_practice,
};

/** Something that the orders screen is asked to do. */
export interface Wish {
  tab?: TabId;
  search?: string;
  /** Only this account's. */
  account?: string;
  act?: 'dispatch' | 'all';
}

class Nav {
  screen = $state<Screen>(stored());
  /** The log opens filtered by this order. */
  logOrder = $state('');
  /** The page is left to search: the next orders screen takes the focus there. */
  wantsSearch = $state(false);
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
  const screen = sessionStorage.getItem('docket.screen') as Screen | null;
  return screen && SCREENS.includes(screen) ? screen : 'orders';
}

export const nav = new Nav();
