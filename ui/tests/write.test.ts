/** A new order by hand: what the form says while it is typed in, and what it asks the core to keep. */
import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import App from '../src/App.svelte';
import { nav } from '../src/lib/nav.svelte';
import { partOf } from '../src/lib/writing.svelte';
import { FakeCore } from './fake-core';
import { enliven } from './lively';
import type { Field, Request } from '../src/bindings';

let core: FakeCore;

beforeEach(() => {
  core = enliven(new FakeCore(), 12);
  core.install();
  nav.go('write');
});

async function open() {
  if (core.startup.startup !== 'ready') throw new Error('the fake core is ready');
  render(App, { startup: core.startup });
  await screen.findByTestId('field-receiver_name');
  return userEvent.setup();
}

const written = (): Request['command'][] =>
  core.requests.map((request) => request.command).filter(({ command }) => command === 'write');

/** The order number, and every field that the form asks for. */
async function fill(user: ReturnType<typeof userEvent.setup>) {
  await user.type(screen.getByTestId('write-order-no'), 'SO-77');
  for (const [name, value] of Object.entries({
    receiver_name: 'R. Das',
    receiver_phone: '01700000001',
    delivery_latitude: '23.7465',
    delivery_longitude: '90.3762',
    pickup_latitude: '23.7937',
    pickup_longitude: '90.4066',
    parcel_type: '2',
  }))
    await user.type(screen.getByTestId(`field-${name}`), value);
}

test('an empty form accuses nobody; a field that was left wrong says so, and stops when it is mended', async () => {
  const user = await open();
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('write-order-no')));
  expect(screen.queryByTestId('wrong-receiver_name')).toBeNull();
  const phone = screen.getByTestId('field-receiver_phone');
  await user.type(phone, '017');
  await user.tab();
  const said = await screen.findByTestId('wrong-receiver_phone');
  await waitFor(() => expect(said).toHaveTextContent('write it like 01700000001'));
  expect(phone).toHaveAttribute('aria-invalid', 'true');
  expect(phone).toHaveAccessibleDescription(said.textContent);
  expect(screen.queryByTestId('wrong-receiver_name')).toBeNull();
  await user.type(phone, '00000001');
  await waitFor(() => expect(screen.queryByTestId('wrong-receiver_phone')).toBeNull());
  expect(phone).toHaveAttribute('aria-invalid', 'false');
});

test('what is wrong is not kept, and the first wrong field has the focus', async () => {
  const user = await open();
  await user.type(screen.getByTestId('write-order-no'), 'SO-77');
  await user.click(screen.getByTestId('write-keep'));
  await screen.findByTestId('wrong-receiver_name');
  expect(written()).toEqual([]);
  expect(document.activeElement).toHaveAttribute('aria-invalid', 'true');
});

test('a whole order is kept once, and shown as a draft in the list', async () => {
  const user = await open();
  await fill(user);
  await user.dblClick(screen.getByTestId('write-keep'));
  await waitFor(() => expect(nav.screen).toBe('orders'));
  const kept = written();
  expect(kept).toHaveLength(1);
  expect(kept[0]).toMatchObject({ account: 'Practice Pathao', order_no: 'SO-77' });
  expect(kept[0]).toMatchObject({ values: { receiver_name: 'R. Das', parcel_type: '2' } });
  expect(await screen.findByTestId('order-panel')).toHaveAttribute('data-order-no', 'SO-77');
  expect(core.requests.some(({ command }) => command.command === 'quote')).toBe(false);
});

test('the price is asked for when that was wanted, and only then', async () => {
  const user = await open();
  await fill(user);
  await user.click(screen.getByTestId('write-keep-price'));
  expect(await screen.findByTestId('price-fee')).toHaveTextContent('120');
  expect(core.requests.filter(({ command }) => command.command === 'quote')).toHaveLength(1);
  expect(core.requests.some(({ command }) => command.command === 'dispatch')).toBe(false);
});

test('the sender of the newest order of the account is repeated, and nothing else of it', async () => {
  const user = await open();
  const detail = { receiver_name: 'Somebody', pickup_latitude: '23.8', pickup_address_text: 'House 3' };
  const usual = core.fields;
  core.fields = (order) => ({ ...usual(order), ...detail });
  await user.click(screen.getByTestId('write-repeat-sender'));
  await waitFor(() => expect(screen.getByTestId('field-pickup_address_text')).toHaveValue('House 3'));
  expect(screen.getByTestId('field-pickup_latitude')).toHaveValue('23.8');
  expect(screen.getByTestId('field-receiver_name')).toHaveValue('');
});

test('an account without orders has no sender to repeat, and says so', async () => {
  core.orders = [];
  const user = await open();
  await user.click(screen.getByTestId('write-repeat-sender'));
  expect(await screen.findByText(/has no sender/)).toBeInTheDocument();
});

test('fields are told apart by whom they are about', () => {
  const part = (name: string) => partOf({ name } as Field);
  expect(['pickup_address', 'sender_city'].map(part)).toEqual(['sender', 'sender']);
  expect(
    ['dropoff_name', 'receiver_phone', 'recipient', 'recipient_city', 'delivery_latitude'].map(part),
  ).toEqual(Array.from({ length: 5 }, () => 'recipient'));
  expect(['item_id', 'parcel_type', 'tip'].map(part)).toEqual(['order', 'order', 'order']);
});
