/** The lint rule that keeps words out of the markup can tell words from everything else. */
import { Linter } from 'eslint';
import svelte from 'eslint-plugin-svelte';
import { expect, test } from 'vitest';
import visibleText from '../eslint/visible-text.js';

const linter = new Linter();
const found = (markup: string): string[] =>
  linter
    .verify(
      markup,
      [
        ...(svelte.configs.base as Linter.Config[]),
        {
          files: ['**/*.svelte'],
          plugins: { docket: { rules: { 'visible-text': visibleText } } },
          rules: { 'docket/visible-text': 'error' },
        },
      ],
      'One.svelte',
    )
    .map(({ message }) => /“(.*)”/.exec(message)?.[1] ?? message);

test.each([
  ['<p>Hello there</p>', ['Hello there']],
  ['<input placeholder="Your name" title={m.name()} />', ['Your name']],
  ["<p>{busy ? 'Wait' : m.go()}</p>", ['Wait']],
  ['<button aria-label={`Close ${what}`}></button>', ['Close']],
  ["<p>{words ?? 'nothing'}</p>", ['nothing']],
])('%s is told of', (markup, words) => {
  expect(found(markup)).toEqual(words);
});

test.each([
  '<p class="soft" data-testid="a-b">{m.hello()} · {number(3)} ✓ 12:00</p>',
  "<p class={busy ? 'wait' : 'go'}>{busy ? m.wait() : ''}</p>",
  '<strong>Docket</strong><option>CSV</option><kbd>l</kbd>',
  '<style>p { color: red; }</style>',
])('%s is left alone', (markup) => {
  expect(found(markup)).toEqual([]);
});
