import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import PanelSlip from '../src/screens/orders/PanelSlip.svelte';
import type { OrderDetail } from '../src/bindings';
import { anOrder, FakeCore } from './fake-core';

const detail = (slips: number): OrderDetail => ({
  order: anOrder(0, { state: 'dispatched', platform_order_id: 'PB-88' }),
  fields: {},
  known: '',
  facts: [],
  next: '',
  steps: [],
  actions: [],
  timeline: [],
  request: null,
  candidates: [],
  waiting_behind: 0,
  slips,
  codes: null,
});

test('a slip is printed when the ledger has it, and says what the ledger said of it', async () => {
  const fake = new FakeCore();
  const printed = vi.spyOn(window, 'print').mockImplementation(() => undefined);
  const before = [0, 1];
  fake.answer = () => ({ reply: 'slip', seq: 7, before: before.shift() ?? 2 });
  fake.install();
  render(PanelSlip, { detail: detail(0), platform: 'Pathao' });
  const button = screen.getByTestId('slip-print');
  expect(button).toHaveTextContent('Print slip');
  await userEvent.click(button);
  expect(printed).toHaveBeenCalledTimes(1);
  expect(screen.getByTestId('slip')).toHaveTextContent('DHK-10401');
  expect(screen.queryByTestId('slip-copy')).toBeNull();
  await userEvent.click(button);
  expect(screen.getByTestId('slip-copy')).toHaveTextContent('COPY');
  expect(fake.requests.map(({ command }) => command.command)).toEqual(['print_slip', 'print_slip']);
  expect(new Set(fake.requests.map(({ id }) => id)).size, 'two clicks are two slips').toBe(2);
  printed.mockRestore();
});

test('nothing is printed that the ledger does not have', async () => {
  const fake = new FakeCore();
  const printed = vi.spyOn(window, 'print').mockImplementation(() => undefined);
  fake.answer = () => {
    throw { code: 'ledger', message: 'The disk is full.' };
  };
  fake.install();
  render(PanelSlip, { detail: detail(0), platform: 'Pathao' });
  await userEvent.click(screen.getByTestId('slip-print'));
  expect(await screen.findByText('The disk is full.')).toBeInTheDocument();
  expect(printed).not.toHaveBeenCalled();
  printed.mockRestore();
});
