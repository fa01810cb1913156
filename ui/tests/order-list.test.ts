/** The list reads what is on the screen, once for each change of the ledger, and no more. */
import { beforeEach, expect, test } from 'vitest';
import { OrderList } from '../src/lib/order-list.svelte';
import { same } from '../src/lib/same';
import { anOrder, FakeCore } from './fake-core';

let core: FakeCore;
let list: OrderList;

beforeEach(async () => {
  core = new FakeCore();
  core.orders = Array.from({ length: 5_000 }, (_, i) => anOrder(i));
  core.install();
  list = new OrderList();
  await list.ask({});
  core.pages = [];
});

/** What a scroll leads to, until it has been read. */
async function scrolled(first: number) {
  list.show(first, first + 30);
  await expect.poll(() => list.row(first)).toBeDefined();
}

test('a scroll through ten pages asks for each of them once', async () => {
  for (let first = 0; first < 970; first += 10) await scrolled(first);
  expect(core.pages).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900]);
});

test('what was read before the ledger changed is read again when it is seen again, and only then', async () => {
  await scrolled(150);
  expect(core.pages).toEqual([100]);
  core.orders[5] = anOrder(5, { state: 'dispatched' });
  await list.refresh();
  expect(core.pages).toEqual([100, 100]);
  expect(list.row(5)?.state).toBe('draft');
  list.show(0, 30);
  await expect.poll(() => list.row(5)?.state).toBe('dispatched');
  list.show(150, 180);
  list.show(0, 30);
  expect(core.pages).toEqual([100, 100, 0]);
});

test('a row that says what it said before is the same object', async () => {
  const [changed, same] = [list.row(3), list.row(4)];
  core.orders[3] = anOrder(3, { state: 'queued' });
  core.orders[4] = anOrder(4);
  await list.refresh();
  expect(list.row(3)).not.toBe(changed);
  expect(list.row(4)).toBe(same);
});

test('a change that comes while rows are being read leads to one more reading', async () => {
  list.show(2_000, 2_030);
  core.orders[2_000] = anOrder(2_000, { state: 'queued' });
  await Promise.all([list.refresh(), list.refresh()]);
  expect(list.row(2_000)?.state).toBe('queued');
  expect(core.pages).toEqual([2_000, 2_000]);
});

test('a reading that fails is not tried again by itself', async () => {
  const orders = core.orders;
  Object.defineProperty(core, 'orders', {
    configurable: true,
    get: () => {
      throw { code: 'ledger', message: 'The disk does not answer.' };
    },
  });
  await list.refresh();
  expect(list.problem).toContain('The disk does not answer.');
  Object.defineProperty(core, 'orders', { configurable: true, value: orders });
  await list.refresh();
  expect(list.problem).toBeNull();
});

test('values say the same when every part of them does', () => {
  const one = { a: [1, { b: null }], c: 'x' };
  expect(same(one, { a: [1, { b: null }], c: 'x' })).toBe(true);
  for (const other of [
    { a: [1, { b: 0 }], c: 'x' },
    { a: [1], c: 'x' },
    { ...one, d: 1 },
    null,
    'x',
    undefined,
  ])
    expect(same(one, other), JSON.stringify(other)).toBe(false);
});
