/**
 * The window freezes `Object.prototype` before the page begins (`freezePrototype` in src-tauri/tauri.conf.json). A package
 * that writes to an object's `constructor` or `toString` works everywhere but there, and the window stays empty.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the whole page is loaded, and its modules run, with frozen prototypes', async () => {
  const told = JSON.parse(readFileSync('../src-tauri/tauri.conf.json', 'utf8')) as {
    app: { security: { freezePrototype?: boolean } };
  };
  expect(told.app.security.freezePrototype).toBe(true);
  // As Tauri does it, and for good: this file's tests have a world of their own.
  Object.freeze(Object.prototype);
  const { default: Root } = await import('../src/Root.svelte');
  expect(Root).toBeTypeOf('function');
});
