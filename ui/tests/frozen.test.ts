/**
 * The window freezes `Object.prototype` before the page begins (`freezePrototype` in src-tauri/tauri.conf.json). A package
 * that writes to an object's `constructor` or `toString` works everywhere but there, and the window stays empty.
 */
import { screen } from '@testing-library/dom';
import { expect, test, vi } from 'vitest';
import { FakeCore } from './fake-core';

test('the page is shown, and its modules run, with frozen prototypes', async () => {
  // As Tauri does it, and for good: this file's tests have a world of their own. What was loaded before is loaded anew.
  Object.freeze(Object.prototype);
  vi.resetModules();
  new FakeCore().install();
  const [{ mount }, { default: Root }] = await Promise.all([import('svelte'), import('../src/Root.svelte')]);
  mount(Root, { target: document.body });
  expect(await screen.findByTestId('nav-orders')).toBeVisible();
});
