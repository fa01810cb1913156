import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import App from '../src/App.svelte';
import type { Reply, Request } from '../src/bindings';
import { clock } from '../src/lib/clock.svelte';
import { nav } from '../src/lib/nav.svelte';
import { anOrder, FakeCore, PATHAO } from './fake-core';

let core: FakeCore;
const asked = (command: string) => core.requests.filter((request) => request.command.command === command);
const quoted = (amount: number, good_ms = 240_000): Reply => ({
  reply: 'quoted',
  order_no: 'DHK-10401',
  account: 'Practice Pathao',
  fee: { amount, currency: 'BDT' },
  quote_id: null,
  asked_at: new Date().toISOString(),
  expires_at: null,
  good_ms,
  arrives_at: null,
  takes_min: null,
});

beforeEach(() => {
  core = new FakeCore();
  core.orders = [anOrder(0), anOrder(1)];
  core.install();
  nav.go('orders');
});
afterEach(() => vi.restoreAllMocks());

async function open(answer: (request: Request) => Reply | Promise<Reply>) {
  if (core.startup.startup !== 'ready') throw new Error('the fake core is ready');
  const usual = core.answer;
  core.answer = (request) =>
    ['quote', 'choices'].includes(request.command.command) ? answer(request) : usual(request);
  render(App, { startup: core.startup });
  const rows = await screen.findAllByTestId('order-row');
  const user = userEvent.setup();
  await user.click(rows[0] as HTMLElement);
  await screen.findByTestId('order-panel');
  return user;
}

test('a price is asked by a click, once, and the dispatch carries it', async () => {
  let answer: (reply: Reply) => void = () => undefined;
  const user = await open(() => new Promise<Reply>((done) => (answer = done)));
  const button = await screen.findByTestId('price-ask');
  await user.dblClick(button);
  expect(asked('quote')).toHaveLength(1);
  answer(quoted(12_000));
  expect(await screen.findByTestId('price-fee')).toHaveTextContent('120');
  expect(screen.getByTestId('price-good')).toHaveTextContent('good until');
  const dispatch = screen.getByTestId('panel-action-dispatch');
  expect(dispatch).toHaveTextContent(/Dispatch for .*120.*\(TEST\)/);
  await user.click(dispatch);
  await waitFor(() => expect(asked('dispatch')).toHaveLength(1));
  expect(asked('dispatch')[0]?.command).toMatchObject({ max_fee: { amount: 12_000, currency: 'BDT' } });
});

test('a price that has run out says so, and is asked for again by a click', async () => {
  const user = await open(() => quoted(12_000));
  await user.click(await screen.findByTestId('price-ask'));
  await screen.findByTestId('price-good');
  clock.now = Date.now() + 300_000;
  expect(await screen.findByTestId('price-stale')).toHaveTextContent('nothing is sent');
  expect(asked('quote')).toHaveLength(1);
  clock.now = Date.now();
});

test('without a price nothing is agreed', async () => {
  const user = await open(() => {
    throw { code: 'platform', message: 'the platform did not answer' };
  });
  await user.click(await screen.findByTestId('price-ask'));
  expect(await screen.findByText('the platform did not answer')).toBeVisible();
  await user.click(screen.getByTestId('panel-action-dispatch'));
  await waitFor(() => expect(asked('dispatch')).toHaveLength(1));
  expect(asked('dispatch')[0]?.command).toMatchObject({ max_fee: null });
});

test('a field is chosen from the platform’s list, or typed', async () => {
  core.platforms = [{ ...PATHAO, chosen: ['receiver_name'] }];
  const choice = { id: 'tmpl_1', name: 'Welcome card', price: null, stock: null, variables: ['code'] };
  const lacks = [{ field: 'merge_variables', reason: 'lacks code' }];
  const user = await open(() => ({ reply: 'choices', choices: [{ choice, lacks }], total: 1 }));
  await user.click(screen.getByTestId('panel-action-edit'));
  const field = await screen.findByTestId('field-receiver_name');
  expect(asked('choices')).toHaveLength(0);
  await user.clear(field);
  await user.type(field, 'tmpl_9');
  const found = await screen.findByTestId('choice');
  expect(found).toHaveTextContent('Welcome card');
  expect(screen.queryByTestId('field-lacks')).toBeNull();
  await user.click(found);
  await waitFor(() => expect(field).toHaveValue('tmpl_1'));
  expect(await screen.findByTestId('field-lacks')).toHaveTextContent('lacks code');
  await user.clear(field);
  await user.type(field, 'own{Escape}');
  await user.click(screen.getByTestId('fields-save'));
  await waitFor(() => expect(asked('edit')).toHaveLength(1));
  expect(asked('edit')[0]?.command).toMatchObject({ set: { receiver_name: 'own' } });
});
