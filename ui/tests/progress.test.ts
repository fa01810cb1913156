/** What is told of work under way: of a batch in the strip, of a dispatch by its lines, of an import while it runs. */
import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test, vi } from 'vitest';
import App from '../src/App.svelte';
import type { Reply } from '../src/bindings';
import DispatchLines from '../src/screens/orders/DispatchLines.svelte';
import { nav } from '../src/lib/nav.svelte';
import { anOrder, FakeCore } from './fake-core';

let core: FakeCore;

beforeEach(() => {
  core = new FakeCore();
  core.install();
});

function open() {
  if (core.startup.startup !== 'ready') throw new Error('the fake core is ready');
  render(App, { startup: core.startup });
  return userEvent.setup();
}

test('while a batch is at work the strip tells what came of the batch alone', async () => {
  core.orders = [
    anOrder(0, { state: 'refused' }),
    anOrder(1, { state: 'needs_review' }),
    anOrder(2, { state: 'draft' }),
    anOrder(3, { state: 'draft' }),
  ];
  nav.go('orders');
  open();
  const shown = (name: string) => screen.getByTestId(`strip-${name}`).textContent;
  await waitFor(() => expect([shown('refused'), shown('review')]).toEqual(['1', '1']));
  core.orders[2] = anOrder(2, { state: 'queued' });
  await core.change('DHK-10404', { state: 'queued' });
  await waitFor(() => expect([shown('refused'), shown('review')]).toEqual(['0', '0']));
  await core.change('DHK-10404', { state: 'refused' });
  await waitFor(() => expect([shown('refused'), shown('review')]).toEqual(['1', '0']));
  await core.change('DHK-10403', { state: 'dispatched' });
  await waitFor(() => expect([shown('refused'), shown('review')]).toEqual(['2', '1']));
});

test('a wrong field stands once in the line of its order', () => {
  const reason = 'is missing; give a value such as Anik';
  const line = { account: 'main', done: false, state: 'draft' as const, message: 'left alone', fields: [] };
  render(DispatchLines, {
    lines: [
      {
        ...line,
        order_no: 'SO-1',
        message: `receiver_name ${reason}`,
        fields: [{ field: 'receiver_name', reason }],
      },
      { ...line, order_no: 'SO-2' },
    ],
    busy: false,
    ondespite: () => undefined,
  });
  const [wrong, other] = screen.getAllByTestId('dispatch-line');
  expect(wrong?.textContent?.split('receiver_name')).toHaveLength(2);
  expect(wrong).toHaveTextContent(`receiver_name: ${reason}`);
  expect(other).toHaveTextContent('left alone');
});

test('an import tells how far it has come, how fast, and how long it still takes', async () => {
  core.orders = [anOrder(0)];
  const report = {
    ...{ reply: 'imported' as const, imported: 40, updated: 0, skipped: 1, wrong: 0, wrong_rows: [] },
    ...{ encoding: 'UTF-8', delimiter: ',', columns: [], preview: [] },
  };
  let finish: (reply: Reply) => void = () => undefined;
  core.answer = ({ command }) =>
    command.command === 'import' && command.dry_run ? report : new Promise<Reply>((done) => (finish = done));
  nav.go('import');
  const user = open();
  await screen.findByTestId('strip-sent');
  await waitFor(() => expect(screen.getByTestId('import-account')).toHaveValue('Practice Pathao'));
  await user.type(screen.getByTestId('import-path'), '/orders.csv{Enter}');
  await user.click(await screen.findByTestId('import-run'));
  const progress = await screen.findByTestId('import-progress');
  expect(progress).toHaveTextContent('0 of 40 imported');

  const began = Date.now();
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => began + 30_000);
  try {
    core.orders.push(...Array.from({ length: 10 }, (_, i) => anOrder(i + 1)));
    await core.tell();
    await waitFor(() => expect(progress).toHaveTextContent('10 of 40 imported'));
    expect(progress.querySelector('progress')).toHaveAttribute('value', '10');
    expect(progress).toHaveTextContent(/(19|20|21)\/min, .* left/);
  } finally {
    clock.mockRestore();
  }
  finish(report);
  await waitFor(() => expect(screen.queryByTestId('import-progress')).not.toBeInTheDocument());
});
