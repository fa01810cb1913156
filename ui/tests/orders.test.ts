import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import App from '../src/App.svelte';
import { nav } from '../src/lib/nav.svelte';
import { anEntry, anOrder, FakeCore } from './fake-core';

let core: FakeCore;

beforeEach(() => {
  core = new FakeCore();
  core.orders = Array.from({ length: 12 }, (_, i) => anOrder(i));
  core.install();
  nav.go('orders');
});

async function open() {
  if (core.startup.startup !== 'ready') throw new Error('the fake core is ready');
  render(App, { startup: core.startup });
  await screen.findAllByTestId('order-row');
  return userEvent.setup();
}

const rows = () => screen.getAllByTestId('order-row');
const chosen = () => rows().filter((row) => row.getAttribute('aria-selected') === 'true');

test('a live update keeps the choice, the focus and the open panel', async () => {
  const user = await open();
  const grid = screen.getByTestId('order-grid');
  grid.focus();
  await user.keyboard('{ArrowDown} {Enter}');
  expect(chosen().map((row) => row.dataset['orderNo'])).toEqual(['DHK-10402']);
  const panel = await screen.findByTestId('order-panel');
  await within(panel).findByTestId('panel-known');

  await core.change('DHK-10402', { state: 'in_doubt' });
  await waitFor(() => expect(rows()[1]?.dataset['state']).toBe('in_doubt'));
  expect(chosen().map((row) => row.dataset['orderNo'])).toEqual(['DHK-10402']);
  expect(document.activeElement).toBe(grid);
  expect(grid.getAttribute('aria-activedescendant')).toBe(rows()[1]?.id);
  await waitFor(() =>
    expect(within(panel).getByTestId('panel-known')).toHaveTextContent('its outcome is unknown'),
  );
});

test('every state is a shape and a word', async () => {
  const states = [
    'draft',
    'queued',
    'sending',
    'in_doubt',
    'needs_review',
    'dispatched',
    'refused',
    'cancelled',
    'closed',
  ] as const;
  core.orders = states.map((state, i) => anOrder(i, { state }));
  await open();
  const marks = rows().map((row) => row.querySelector<HTMLElement>('[data-shape]'));
  expect(new Set(marks.map((mark) => mark?.dataset['shape'])).size).toBe(states.length);
  expect(marks.map((mark) => mark?.textContent?.trim())).toEqual([
    'Draft',
    'Queued',
    'Sending',
    'In doubt',
    'Needs review',
    'Dispatched',
    'Refused',
    'Cancelled',
    'Closed',
  ]);
});

test('the list is a grid with names, and keys choose ranges', async () => {
  const user = await open();
  const grid = screen.getByRole('grid', { name: 'Orders' });
  expect(grid).toHaveAttribute('aria-rowcount', '13');
  expect(
    within(grid)
      .getAllByRole('columnheader')
      .map((header) => header.textContent?.trim()),
  ).toContain('Order no.');
  grid.focus();
  await user.keyboard(' {Shift>}{ArrowDown}{ArrowDown}{/Shift}');
  await waitFor(() => expect(chosen()).toHaveLength(3));
  await user.keyboard('{Control>}a{/Control}');
  await waitFor(() => expect(chosen()).toHaveLength(12));
  await user.keyboard('{Escape}');
  expect(chosen()).toHaveLength(0);
});

test('rows stay in their places while the pointer is over them', async () => {
  core.orders.push(anOrder(12, { state: 'dispatched' }));
  const user = await open();
  await user.click(screen.getByTestId('tab-draft'));
  await waitFor(() => expect(rows()).toHaveLength(12));
  await user.hover(rows()[3] as HTMLElement);
  await core.change('DHK-10401', { state: 'queued' });
  await screen.findByTestId('rows-moved');
  expect(rows()[0]?.dataset['orderNo']).toBe('DHK-10401');
  await user.hover(screen.getByTestId('strip'));
  await waitFor(() => expect(rows()[0]?.dataset['orderNo']).toBe('DHK-10402'));
});

test('an action that cannot be done says why', async () => {
  core.orders = [anOrder(0, { state: 'sending' })];
  const user = await open();
  await user.click(rows()[0] as HTMLElement);
  const action = await screen.findByTestId('panel-action-dispatch');
  expect(action).toHaveAttribute('aria-disabled', 'true');
  expect(screen.getByTestId('panel-why-not')).toHaveTextContent('Already sending since');
  await user.click(action);
  expect(core.requests).toHaveLength(0);
});

test('the timeline opens to its evidence', async () => {
  core.entries = [
    anEntry(1, { kind: 'send_finished', detail: { outcome: 'unknown', why: 'timeout', after_ms: 5000 } }),
    anEntry(2, { kind: 'bound', detail: { by: 'lookup', platform_order_id: 'PB-88' } }),
  ];
  const user = await open();
  await user.click(rows()[0] as HTMLElement);
  const entries = await screen.findAllByTestId('timeline-entry');
  expect(entries.map((entry) => entry.dataset['kind'])).toEqual(['send_finished', 'bound']);
  expect(entries[0]).toHaveTextContent('No clear answer came: no answer in time.');
  expect(entries[1]?.querySelector('pre')).toHaveTextContent('"platform_order_id": "PB-88"');
});

test('an order that needs a person is announced at once', async () => {
  await open();
  await core.change('DHK-10401', { state: 'needs_review' });
  await waitFor(() =>
    expect(screen.getByTestId('live-assertive')).toHaveTextContent('1 order waits for your decision'),
  );
});
