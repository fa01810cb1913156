/** Which screen is shown, and for which order. */
export type Screen = 'orders' | 'import' | 'review' | 'log' | 'accounts' | 'practice';

export const SCREENS: Screen[] = ['orders', 'review', 'log', 'import', 'accounts', 'practice'];

class Nav {
  screen = $state<Screen>(stored());
  /** The log opens filtered by this order. */
  logOrder = $state('');
  /** The page is left to search: the next orders screen takes the focus there. */
  wantsSearch = $state(false);

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
