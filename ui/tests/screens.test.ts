/**
 * Every screen, every dialog and every component for everybody: axe finds nothing, in both themes, and in the
 * pseudo-locale nothing is left in English. Colours have no computed values here; `tests/tests/desktop/access.rs` has
 * axe look at them in the real window.
 */
import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import Gallery from '../gallery/Gallery.svelte';
import { PSEUDO } from '../pseudo.js';
import App from '../src/App.svelte';
import { look } from '../src/lib/look.svelte';
import { nav, SCREENS, type Screen } from '../src/lib/nav.svelte';
import type { Locale } from '../src/paraglide/runtime.js';
import { FakeCore } from './fake-core';
import { enliven } from './lively';

let core: FakeCore;

beforeEach(() => {
  // As in index.html.
  document.title = 'Docket';
  core = enliven(new FakeCore(), 12);
  core.install();
});
afterEach(() => look.speak('en'));

const ALL: Screen[] = [...SCREENS, 'write'];

async function open(shown: Screen) {
  nav.go(shown);
  if (core.startup.startup !== 'ready') throw new Error('the fake core is ready');
  render(App, { startup: core.startup });
  const there: Partial<Record<Screen, string>> = {
    orders: 'order-row',
    review: 'review-case',
    log: 'log-entry',
    accounts: 'account',
    practice: 'truth-order',
    write: 'field-receiver_name',
    settings: 'settings-version',
  };
  if (there[shown]) await screen.findAllByTestId(there[shown]);
  return userEvent.setup();
}

/** What axe finds, one line each; what it cannot tell without a layout is left out. */
async function faults(within: Element | Document = document): Promise<string[]> {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations, passes } = await axe.run(within, {
    runOnly: tags,
    rules: { 'color-contrast': { enabled: false }, 'target-size': { enabled: false } },
  });
  expect(passes.length).toBeGreaterThan(5);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 140)}`));
}

test.each(ALL.flatMap((each) => [[each, 'light'] as const, [each, 'dark'] as const]))(
  'axe finds nothing on %s, %s',
  async (shown, theme) => {
    look.wear(theme);
    const user = await open(shown);
    if (shown === 'orders') {
      await user.click(screen.getByTestId('strip-day'));
      await user.click(screen.getAllByTestId('order-row')[5] as HTMLElement);
      await screen.findByTestId('panel-known');
    }
    if (shown === 'log') await user.click(screen.getByTestId('log-export-open'));
    if (shown === 'write') {
      await user.click(screen.getByTestId('write-keep'));
      await screen.findByTestId('wrong-receiver_name');
    }
    expect(await faults()).toEqual([]);
  },
);

test('axe finds nothing in any component, nor in the dialogs', async () => {
  render(Gallery);
  const heading = await screen.findByRole('heading', { name: 'Components' });
  expect(heading).toBeInTheDocument();
  // The gallery itself is no page: two starts stand on it, each with a main of its own.
  const ofAPage = /^(landmark|region|page-has|heading-order)/;
  const found = async () => (await faults()).filter((line) => !ofAPage.test(line));
  expect(await found()).toEqual([]);
});

test.each(['confirm', 'danger', 'keys', 'palette', 'decide'])(
  'axe finds nothing in the dialog %s',
  async (name) => {
    render(Gallery);
    const user = userEvent.setup();
    await user.click(await screen.findByTestId(`gallery-${name}`));
    const dialog = await waitFor(() => {
      const shown = document.querySelector('[role="dialog"], [role="alertdialog"]');
      if (!shown) throw new Error(`${name} has not opened`);
      return shown;
    });
    expect(dialog).toHaveAccessibleName();
    expect(await faults(dialog)).toEqual([]);
  },
);

const OVERRIDE = '\u202e';

const parts = (text: string): string[] =>
  text.split(/[\s()·:,;…“”!?]+/).map((part) => part.replace(/[.]$/, ''));

/** Every word of every text in a value; the names of its members are none. */
function words(value: unknown): string[] {
  if (typeof value === 'string') return [...parts(value), value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(words) : [];
}

/** Texts on the page that come from no catalogue, from no formatter and not from the stand-in core. */
function english(): string[] {
  const known = new Set(
    words([
      core.orders,
      core.accounts,
      core.entries,
      core.platforms,
      core.cases,
      core.startup,
      core.other['practice_truth']?.(undefined as never),
      'Docket CSV JSON Lines Ctrl K Shift Space Enter Esc PgUp PgDn Home End',
      'English 0.1.0',
    ]),
  );
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found: string[] = [];
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    if (node.parentElement?.closest('script, style, pre, code, .mono')) continue;
    const text = (node.textContent ?? '').replace(new RegExp(`${OVERRIDE}[^\u202c]*\u202c`, 'g'), ' ').trim();
    found.push(...parts(text).filter((part) => /[A-Za-z]{2}/.test(part) && !known.has(part)));
  }
  return found;
}

test.each(ALL)(
  'in the pseudo-locale %s stands from right to left, and nothing on it is left in English',
  async (shown) => {
    look.speak(PSEUDO as Locale);
    await open(shown);
    expect(document.documentElement).toHaveAttribute('dir', 'rtl');
    expect(document.body.textContent).toContain(OVERRIDE);
    expect(english()).toEqual([]);
  },
);

test('figures are written in the digits of the language', async () => {
  look.speak('bn');
  await open('orders');
  expect(await screen.findByTestId('tab-all')).toHaveTextContent('১২');
  expect(screen.getByTestId('select-all')).toHaveTextContent('১২');
  expect(screen.getByTestId('strip')).not.toHaveTextContent(/[0-9]/);
});
