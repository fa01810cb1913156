import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import App from '../src/App.svelte';
import { nav } from '../src/lib/nav.svelte';
import type { Reply } from '../src/bindings';
import { FakeCore } from './fake-core';
import { aFinding, aSweep } from './sweeps';

let core: FakeCore;
const asked = () =>
  core.requests.flatMap(({ command }) => (command.command === 'sweep' ? [command.account] : []));

beforeEach(() => {
  core = new FakeCore();
  core.install();
  nav.go('log');
});

async function open(answer: (account: string) => Reply | Promise<Reply>) {
  if (core.startup.startup !== 'ready') throw new Error('the fake core is ready');
  const usual = core.answer;
  core.answer = (request) =>
    request.command.command === 'sweep' ? answer(request.command.account) : usual(request);
  render(App, { startup: core.startup });
  const user = userEvent.setup();
  await user.click(await screen.findByTestId('sweep-open'));
  return user;
}

test('every account is asked once, one after the other, and what is found is told', async () => {
  let go: () => void = () => undefined;
  const gate = new Promise<void>((open) => (go = open));
  const user = await open(async (account) => {
    await gate;
    return aSweep(account, account === core.accounts[0]?.name ? { findings: [aFinding(account)] } : {});
  });
  await user.dblClick(await screen.findByTestId('sweep-start'));
  go();
  await screen.findByTestId('sweep-result');
  expect(asked()).toEqual(core.accounts.map((each) => each.name));
  const finding = screen.getByTestId('sweep-finding');
  expect(finding).toHaveTextContent('SO-1');
  expect(finding).toHaveTextContent('bears the reference of an order that is bound to another');
  expect(finding).toHaveTextContent('Cancel the second one at the platform.');
  const copy = within(finding).getByRole('button', { name: 'Copy del_2' });
  await user.click(copy);
  expect(await navigator.clipboard.readText()).toBe('del_2');
});

test('nothing found is said, and so is what could not be looked at', async () => {
  const user = await open((account) => aSweep(account, { unseen: [{ what: 'no_list' }] }));
  await user.click(await screen.findByTestId('sweep-start'));
  expect(await screen.findByTestId('sweep-result')).toHaveTextContent('Nothing found');
  expect(screen.getByTestId('sweep-unseen')).toHaveTextContent('This platform has no list');
});

test('while an account is asked, the page says which', async () => {
  let answer: (reply: Reply) => void = () => undefined;
  const user = await open(() => new Promise<Reply>((done) => (answer = done)));
  await user.click(await screen.findByTestId('sweep-start'));
  const first = core.accounts[0]?.name ?? '';
  expect(await screen.findByTestId('sweep-progress')).toHaveTextContent(`Asking ${first} (1 of`);
  answer(aSweep(first));
  await waitFor(() => expect(asked().length).toBe(Math.min(2, core.accounts.length)));
});
