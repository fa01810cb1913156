/** The frame between the page and the program (src-tauri/isolation): what it lets pass, and what it refuses. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Message {
  cmd: string;
  payload?: unknown;
}
type Hook = (message: Message) => Message;

const REFUSED = { cmd: 'refused_by_isolation', payload: {} };

function hook(): Hook {
  const frame: { __TAURI_ISOLATION_HOOK__?: Hook } = {};
  // It is a script and no module: it is run as one, in a window of its own.
  new Function('window', readFileSync('../src-tauri/isolation/index.js', 'utf8'))(frame);
  if (!frame.__TAURI_ISOLATION_HOOK__) throw new Error('it gives no hook');
  return frame.__TAURI_ISOLATION_HOOK__;
}

test.each([
  { cmd: 'run', payload: { request: { id: 'one' } } },
  { cmd: 'startup' },
  { cmd: 'plugin:event|listen', payload: { event: 'changed' } },
])('$cmd passes as it is', (message) => {
  expect(hook()(message)).toBe(message);
});

test.each([
  { cmd: 'plugin:shell|execute', payload: { program: 'sh' } },
  { cmd: 'constructor', payload: {} },
  { cmd: 'run', payload: ['a list'] },
  { cmd: 'run', payload: new ArrayBuffer(1) },
])('$cmd with $payload is refused', (message) => {
  expect(hook()(message)).toEqual(REFUSED);
});
