/** The focus is never lost: what goes with an update hands it to what takes its place. */
import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test } from 'vitest';
import App from '../src/App.svelte';
import { nav } from '../src/lib/nav.svelte';
import { anOrder, FakeCore } from './fake-core';

let core: FakeCore;

beforeEach(() => {
  core = new FakeCore();
  core.orders = Array.from({ length: 3 }, (_, i) => anOrder(i));
  core.install();
  nav.go('orders');
});
afterEach(() => document.head.querySelector('[data-narrow]')?.remove());

async function open() {
  if (core.startup.startup !== 'ready') throw new Error('the fake core is ready');
  render(App, { startup: core.startup });
  await screen.findAllByTestId('order-row');
  return userEvent.setup();
}

/** What the window's style does at 60rem and narrower; there are no styles and no widths here. */
function narrow() {
  const style = document.createElement('style');
  style.dataset['narrow'] = '';
  style.textContent = '.split .main { display: none }';
  document.head.append(style);
}

test('a panel that lies over the list takes the focus, and gives it back to a list in sight', async () => {
  narrow();
  const user = await open();
  const grid = screen.getByTestId('order-grid');
  grid.focus();
  await user.keyboard('{Enter}');
  const panel = await screen.findByTestId('order-panel');
  await waitFor(() => expect(panel).toHaveFocus());

  let shown = '';
  grid.addEventListener('focus', () => {
    shown = getComputedStyle(grid.closest('.main') as HTMLElement).display;
  });
  await user.keyboard('{Escape}');
  await waitFor(() => expect(grid).toHaveFocus());
  expect(screen.queryByTestId('order-panel')).not.toBeInTheDocument();
  // What is not displayed takes no focus in a real window.
  expect(shown).toBe('block');
});

test('beside the list the panel leaves the focus where it is', async () => {
  const user = await open();
  const grid = screen.getByTestId('order-grid');
  grid.focus();
  await user.keyboard('{Enter}');
  await screen.findByTestId('panel-known');
  expect(grid).toHaveFocus();
});

test('a list that is dispatched empty hands the focus to what stands in its place, and takes it back', async () => {
  const user = await open();
  await user.click(screen.getByTestId('tab-draft'));
  screen.getByTestId('order-grid').focus();
  await user.keyboard('{Control>}a{/Control}');
  await waitFor(() => expect(screen.getByTestId('dispatch-button')).toHaveTextContent('3'));
  await user.keyboard('d');
  const empty = await screen.findByTestId('orders-empty');
  await waitFor(() => expect(empty).toHaveFocus());
  expect(empty).toHaveAccessibleName('No order fits');

  await core.change('DHK-10402', { state: 'draft' });
  await waitFor(() => expect(screen.getByTestId('order-grid')).toHaveFocus());
});

test('a list that empties under somebody who types elsewhere leaves them there', async () => {
  const user = await open();
  await user.type(screen.getByTestId('search'), 'nobody');
  await screen.findByTestId('orders-empty');
  expect(screen.getByTestId('search')).toHaveFocus();
});

test('choosing none leaves the keys in the list', async () => {
  const user = await open();
  screen.getByTestId('order-grid').focus();
  await user.keyboard(' ');
  await user.click(await screen.findByTestId('select-none'));
  await waitFor(() => expect(screen.getByTestId('order-grid')).toHaveFocus());
});

test('editing begins in the first field, and ends on Edit', async () => {
  const user = await open();
  screen.getByTestId('order-grid').focus();
  await user.keyboard('{Enter}');
  const edit = () => screen.findByTestId('panel-action-edit');
  (await edit()).focus();
  await user.keyboard('{Enter}');
  const name = await screen.findByTestId('field-receiver_name');
  await waitFor(() => expect(name).toHaveFocus());

  screen.getByTestId('fields-cancel').focus();
  await user.keyboard('{Enter}');
  await waitFor(async () => expect(await edit()).toHaveFocus());

  await user.keyboard('{Enter}');
  await user.type(await screen.findByTestId('field-receiver_name'), ' the younger');
  screen.getByTestId('fields-save').focus();
  await user.keyboard('{Enter}');
  await waitFor(async () => expect(await edit()).toHaveFocus());
  expect(core.requests.map(({ command }) => command.command)).toEqual(['edit']);
});
