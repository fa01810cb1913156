import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import App from '../src/App.svelte';
import type { Reply } from '../src/bindings';
import { nav } from '../src/lib/nav.svelte';
import { anAccount, anOrder, FakeCore } from './fake-core';

let core: FakeCore;

beforeEach(() => {
  core = new FakeCore();
  core.orders = [anOrder(0), anOrder(1), anOrder(2, { state: 'dispatched', platform_order_id: 'PB-3' })];
  core.install();
  nav.go('orders');
});

async function open() {
  if (core.startup.startup !== 'ready') throw new Error('the fake core is ready');
  render(App, { startup: core.startup });
  await screen.findAllByTestId('order-row');
  return userEvent.setup();
}

const rowOf = (orderNo: string): HTMLElement => {
  const row = screen.getAllByTestId('order-row').find((each) => each.dataset['orderNo'] === orderNo);
  if (!row) throw new Error(`no row of ${orderNo}`);
  return row;
};
const choose = async (user: ReturnType<typeof userEvent.setup>, orderNo: string) =>
  user.click(rowOf(orderNo).querySelector('.box') as HTMLElement);
const dispatches = () => core.requests.filter((request) => request.command.command === 'dispatch');

test('a double click, Enter and d together are one dispatch', async () => {
  const user = await open();
  let answer: (reply: Reply) => void = () => undefined;
  core.answer = () => new Promise<Reply>((done) => (answer = done));
  await choose(user, 'DHK-10401');
  const button = screen.getByTestId('dispatch-button');
  await user.dblClick(button);
  button.focus();
  await user.keyboard('{Enter}{Enter} ');
  screen.getByTestId('order-grid').focus();
  await user.keyboard('d');
  await waitFor(() => expect(dispatches()).toHaveLength(1));
  expect(button).toBeDisabled();
  expect(button).toHaveAttribute('aria-busy', 'true');

  core.orders[0] = anOrder(0, { state: 'queued', version: 2 });
  const line = {
    order_no: 'DHK-10401',
    account: 'Practice Pathao',
    done: true,
    message: 'queued',
    fields: [],
  };
  answer({ reply: 'orders', lines: [{ ...line, state: 'queued' }] });
  await waitFor(() => expect(rowOf('DHK-10401').dataset['state']).toBe('queued'));
  await waitFor(() => expect(button).toHaveTextContent('Choose orders to dispatch'));
  expect(button).toBeDisabled();
  expect(dispatches()).toHaveLength(1);
});

test('a click whose answer was lost on the way is repeated with the same id', async () => {
  const user = await open();
  core.answer = () => {
    throw new Error('the page lost the shell');
  };
  await choose(user, 'DHK-10401');
  await user.click(screen.getByTestId('dispatch-button'));
  await screen.findByText('the page lost the shell');
  await user.click(screen.getByTestId('dispatch-button'));
  await waitFor(() => expect(dispatches()).toHaveLength(2));
  expect(dispatches()[1]?.id).toBe(dispatches()[0]?.id);
});

test('two intents have two ids', async () => {
  const user = await open();
  for (const orderNo of ['DHK-10401', 'DHK-10402']) {
    await choose(user, orderNo);
    await user.click(screen.getByTestId('dispatch-button'));
    await waitFor(() => expect(rowOf(orderNo).dataset['state']).toBe('queued'));
  }
  expect(dispatches()).toHaveLength(2);
  expect(dispatches()[1]?.id).not.toBe(dispatches()[0]?.id);
});

test('the button says how many and that they are a test', async () => {
  const user = await open();
  await choose(user, 'DHK-10401');
  await choose(user, 'DHK-10402');
  await choose(user, 'DHK-10403');
  const button = screen.getByTestId('dispatch-button');
  expect(button).toHaveTextContent('Dispatch 2 orders (TEST)');
  expect(button.dataset['mode']).toBe('test');
  expect(screen.getByTestId('chosen-count')).toHaveTextContent('1 not dispatchable');
});

test('the first use of a live account is confirmed before anything is dispatched', async () => {
  core.accounts = [anAccount({ name: 'Main shop', test: false, practice: false, confirmed: false })];
  core.orders = [anOrder(0, { account: 'Main shop', test: false })];
  const user = await open();
  await choose(user, 'DHK-10401');
  const button = screen.getByTestId('dispatch-button');
  expect(button).toHaveTextContent('Dispatch 1 order (LIVE)');
  expect(button.dataset['mode']).toBe('live');
  await user.click(button);
  expect(dispatches()).toHaveLength(0);
  await user.click(await screen.findByTestId('confirm-yes'));
  await waitFor(() => expect(dispatches()).toHaveLength(1));
  expect(core.requests.map((request) => request.command.command)).toEqual(['confirm_account', 'dispatch']);
});
