/** Finding orders: by day, by a filter that was kept, by the palette; and what a day came to. */
import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test, vi } from 'vitest';
import App from '../src/App.svelte';
import { columnsOf, halfWithin, sharesOf } from '../src/lib/day-chart';
import { midnight, spanOf } from '../src/lib/days';
import { filters } from '../src/lib/filters.svelte';
import { nav } from '../src/lib/nav.svelte';
import { anEntry, FakeCore } from './fake-core';
import { enliven } from './lively';

let core: FakeCore;

beforeEach(() => {
  core = enliven(new FakeCore(), 12);
  for (const { name } of filters.saved) filters.forget(name);
  core.install();
  nav.go('orders');
});

async function open() {
  if (core.startup.startup !== 'ready') throw new Error('the fake core is ready');
  render(App, { startup: core.startup });
  await screen.findAllByTestId('order-row');
  return userEvent.setup();
}

const DAY = 24 * 3_600_000;

test('a day begins at the midnight of the person, and yesterday ends where today begins', () => {
  const noon = new Date(2026, 2, 2, 12).getTime();
  expect(midnight(noon)).toBe(new Date(2026, 2, 2).getTime());
  expect(spanOf('today', noon)).toEqual({ since_ms: midnight(noon), until_ms: null });
  expect(spanOf('yesterday', noon)).toEqual({
    since_ms: new Date(2026, 2, 1).getTime(),
    until_ms: midnight(noon),
  });
  expect(spanOf('week', noon).since_ms).toBe(new Date(2026, 1, 24).getTime());
  expect(spanOf('any', noon)).toEqual({ since_ms: null, until_ms: null });
});

test('only the orders of a day are listed, and all of them are shown again on demand', async () => {
  const old = { created_at: new Date(Date.now() - 3 * DAY).toISOString() };
  core.orders = core.orders.map((order, i) => (i < 10 ? { ...order, ...old } : order));
  core.orders = core.orders.map((order, i) =>
    i < 10 ? order : { ...order, created_at: new Date().toISOString() },
  );
  const user = await open();
  await user.selectOptions(screen.getByTestId('filter-days'), 'today');
  await waitFor(() => expect(screen.getAllByTestId('order-row')).toHaveLength(2));
  await user.selectOptions(screen.getByTestId('filter-days'), 'yesterday');
  const empty = await screen.findByTestId('orders-empty');
  await user.click(within(empty).getByRole('button'));
  await waitFor(() => expect(screen.getAllByTestId('order-row')).toHaveLength(12));
});

test('a filter is kept under a name, found in the palette, and forgotten', async () => {
  const user = await open();
  await user.click(screen.getByTestId('tab-draft'));
  await waitFor(() => expect(screen.getAllByTestId('order-row')).toHaveLength(3));
  await user.click(screen.getByTestId('filters-open'));
  await user.type(await screen.findByTestId('filters-name'), 'To send{Enter}');
  expect(filters.saved).toEqual([{ name: 'To send', tab: 'draft', account: '', search: '', days: 'any' }]);
  expect(JSON.parse(localStorage.getItem('docket.filters') ?? '[]')).toHaveLength(1);
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByTestId('filters')).toBeNull());
  await user.click(screen.getByTestId('tab-all'));
  await waitFor(() => expect(screen.getAllByTestId('order-row')).toHaveLength(12));

  await user.keyboard('{Control>}k{/Control}');
  await user.type(await screen.findByTestId('palette-input'), 'To send{Enter}');
  await waitFor(() => expect(screen.getAllByTestId('order-row')).toHaveLength(3));
  await user.click(screen.getByTestId('filters-open'));
  // Placed by its size, of which it has none here: so it counts as unseen.
  await user.click(within(await screen.findByTestId('filters')).getByLabelText('Forget To send'));
  expect(filters.saved).toEqual([]);
});

test('the palette and the keys lead everywhere', async () => {
  const user = await open();
  await user.keyboard('n');
  expect(nav.screen).toBe('write');
  await user.click(screen.getByTestId('write-leave'));
  await screen.findAllByTestId('order-row');
  await user.keyboard('6');
  expect(nav.screen).toBe('settings');
  await user.keyboard('9');
  expect(nav.screen).toBe('settings');
  await user.keyboard('?');
  expect(await screen.findByTestId('keys')).toHaveTextContent('Write a new order');
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByTestId('keys')).toBeNull());
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await screen.findByTestId('palette-input'), 'verify{Enter}');
  expect(await screen.findByTestId('log-verified')).toHaveAttribute('data-ok', 'true');
});

test('a printed report holds what the filter lets through, oldest first, with what was verified', async () => {
  core.entries = [
    anEntry(1, { kind: 'reserved' }),
    anEntry(2, { kind: 'bound', detail: { platform_order_id: 'PB-88' } }),
  ];
  const print = vi.fn();
  window.print = print;
  nav.go('log');
  if (core.startup.startup !== 'ready') throw new Error('the fake core is ready');
  render(App, { startup: core.startup });
  const user = userEvent.setup();
  await user.selectOptions(await screen.findByTestId('log-kind'), 'bound');
  await user.click(screen.getByTestId('log-report-print'));
  await waitFor(() => expect(print).toHaveBeenCalledTimes(1));
  const report = screen.getByTestId('log-report');
  expect(report).toHaveTextContent('verified, 2 entries');
  expect(report).toHaveTextContent('All orders · All accounts · Bound · All time');
  expect(report.querySelectorAll('tbody tr')).toHaveLength(1);
  expect(report).toHaveTextContent('it is platform order PB-88');
});

test('a chart holds what the core counted, and no more', () => {
  const hours = [
    { hour: 1, dispatched: 6, refused: 2, ended: 0 },
    { hour: 3, dispatched: 3, refused: 0, ended: 1 },
  ];
  const columns = columnsOf(hours, 4, { width: 100, height: 80 });
  expect(columns.map((column) => column.segments.reduce((sum, each) => sum + each.height, 0))).toEqual([
    0, 80, 0, 40,
  ]);
  // From the foot upwards, one on the other.
  expect(columns[1]?.segments.map(({ outcome, y }) => [outcome, y])).toEqual([
    ['dispatched', 20],
    ['refused', 0],
    ['ended', 0],
  ]);
  const steps = [
    { within_ms: 1000, orders: 3 },
    { within_ms: 5000, orders: 6 },
    { within_ms: null, orders: 1 },
  ];
  expect(sharesOf(steps).map(({ share }) => share)).toEqual([0.5, 1, 1 / 6]);
  expect(halfWithin(steps)).toBe(5000);
  expect(halfWithin([{ within_ms: null, orders: 2 }])).toBeNull();
  expect(halfWithin([])).toBeNull();
});

test('the day opens from the strip, in figures for whoever sees no chart', async () => {
  const user = await open();
  await user.click(screen.getByTestId('strip-day'));
  const day = await screen.findByTestId('day');
  await waitFor(() =>
    expect(day).toHaveTextContent('192 orders are settled. Half were certain within 1 sec.'),
  );
  const table = within(day).getByRole('table', { name: 'Outcomes by the hour' });
  expect(within(table).getAllByRole('row')).toHaveLength(11);
  await user.click(screen.getByTestId('strip-day'));
  expect(screen.queryByTestId('day')).toBeNull();
});

test('settings say where the ledger is, and back it up to a path that is whole', async () => {
  nav.go('settings');
  const paths: string[] = [];
  core.other['back_up'] = (payload: never) => {
    const { path } = payload as { path: string };
    paths.push(path);
    return null;
  };
  if (core.startup.startup !== 'ready') throw new Error('the fake core is ready');
  render(App, { startup: core.startup });
  const user = userEvent.setup();
  expect(await screen.findByTestId('settings-folder')).toHaveTextContent('/home/rahim/.local/share/docket');
  expect(await screen.findByTestId('settings-version')).toHaveTextContent('0.1.0');
  await user.type(screen.getByTestId('backup-path'), '/tmp/copy.db');
  await user.click(screen.getByTestId('backup'));
  expect(await screen.findByTestId('backup-done')).toHaveTextContent('Saved to /tmp/copy.db');
  expect(paths).toEqual(['/tmp/copy.db']);
});
