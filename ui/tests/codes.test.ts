import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import App from '../src/App.svelte';
import { clock } from '../src/lib/clock.svelte';
import { nav } from '../src/lib/nav.svelte';
import { anOrder, FakeCore } from './fake-core';

let core: FakeCore;
let asked: unknown[];

beforeEach(() => {
  core = new FakeCore();
  core.orders = [anOrder(0, { state: 'dispatched' }), anOrder(1, { state: 'dispatched' })];
  core.codes = { count: 2, due: false };
  asked = [];
  core.other['reveal_codes'] = (payload) => {
    asked.push(payload);
    return {
      seq: 17,
      items: [{ platform_order_id: 'r1', item: 1, codes: ['CODE-1', 'CODE-2'], problem: null }],
    };
  };
  core.install();
  nav.go('orders');
});

async function open() {
  if (core.startup.startup !== 'ready') throw new Error('the fake core is ready');
  render(App, { startup: core.startup });
  const rows = await screen.findAllByTestId('order-row');
  const user = userEvent.setup();
  await user.click(rows[0] as HTMLElement);
  return user;
}

const shown = () => screen.queryAllByTestId('code').map((code) => code.textContent);

async function reveal(user: ReturnType<typeof userEvent.setup>) {
  await user.click(await screen.findByTestId('codes-reveal'));
  await user.click(screen.getByTestId('codes-show'));
  await waitFor(() => expect(shown()).toEqual(['CODE-1', 'CODE-2']));
}

test('codes are masked, and asked for only after the line about the log', async () => {
  const user = await open();
  expect(await screen.findByTestId('codes-count')).toHaveTextContent('2 codes, masked');
  await user.click(screen.getByTestId('codes-reveal'));
  expect(screen.getByTestId('codes-confirm')).toHaveTextContent('written into the log');
  expect(asked).toHaveLength(0);
  await user.type(screen.getByTestId('codes-reason'), ' asked for ');
  await user.click(screen.getByTestId('codes-show'));
  await waitFor(() => expect(shown()).toEqual(['CODE-1', 'CODE-2']));
  expect(asked).toEqual([
    { order: { order_no: 'DHK-10401', account: 'Practice Pathao' }, reason: 'asked for' },
  ]);
  const panel = screen.getByTestId('panel-codes');
  expect(panel).toHaveTextContent('In the log as entry 17');
  expect(within(panel).getByRole('button', { name: 'Copy code 2' })).toBeVisible();
});

test('codes are hidden after a minute, by hand, and with another order', async () => {
  const user = await open();
  await reveal(user);
  clock.now = Date.now() + 59_000;
  await waitFor(() => expect(screen.getByTestId('panel-codes')).toHaveTextContent(/in 1 s|in 2 s/));
  expect(shown()).toHaveLength(2);
  clock.now = Date.now() + 61_000;
  await waitFor(() => expect(shown()).toHaveLength(0));
  clock.now = Date.now();
  await reveal(user);
  await user.click(screen.getByTestId('codes-hide'));
  expect(shown()).toHaveLength(0);
  await reveal(user);
  await user.click(screen.getAllByTestId('order-row')[1] as HTMLElement);
  await waitFor(() => expect(screen.getByTestId('order-panel').dataset['orderNo']).toBe('DHK-10402'));
  expect(shown()).toHaveLength(0);
  expect(document.body.innerHTML).not.toContain('CODE-1');
});

test('a refusal is told, and codes that are not here yet can be fetched', async () => {
  core.codes = { count: 1, due: true };
  core.other['reveal_codes'] = () => {
    throw { code: 'secrets', message: 'the key is no longer where it was kept' };
  };
  const user = await open();
  await user.click(await screen.findByTestId('codes-reveal'));
  await user.click(screen.getByTestId('codes-show'));
  expect(await screen.findByText('the key is no longer where it was kept')).toBeVisible();
  expect(screen.getByTestId('codes-due')).toBeVisible();
  await user.click(screen.getByTestId('codes-fetch'));
  await waitFor(() => expect(core.requests.map((request) => request.command.command)).toEqual(['track']));
});

test('an order without codes has no such section', async () => {
  core.codes = null;
  await open();
  await screen.findByTestId('panel-known');
  expect(screen.queryByTestId('panel-codes')).toBeNull();
});
