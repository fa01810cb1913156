import { expect, test } from 'vitest';
import { Batch } from '../src/lib/batch.svelte';
import { relativeTime } from '../src/lib/format';
import { lineOf, toneOf, wordOf } from '../src/lib/log-words';
import { partsOf } from '../src/lib/sentence';
import type { Counts } from '../src/bindings';
import { anEntry, START } from './fake-core';

const counts = (changes: Partial<Counts>): Counts => ({
  all: 10,
  draft: 0,
  queued: 0,
  sending: 0,
  in_doubt: 0,
  needs_review: 0,
  dispatched: 0,
  refused: 0,
  cancelled: 0,
  closed: 0,
  ...changes,
});

test('times in a sentence are told apart from its words', () => {
  expect(partsOf('found by lookup at 2026-03-02T10:00:00.123Z. Done')).toEqual([
    { text: 'found by lookup at ', time: false },
    { text: '2026-03-02T10:00:00.123Z', time: true },
    { text: '. Done', time: false },
  ]);
});

test('relative times look both ways', () => {
  expect(relativeTime(START - 65_000, START)).toBe('1m ago');
  expect(relativeTime(START + 8_000, START)).toBe('in 8s');
});

test('an entry says the outcome first, and leaves out what is false', () => {
  const entry = anEntry(1, {
    kind: 'send_finished',
    detail: { attempt: 1, outcome: 'unknown', replay: false },
  });
  expect(lineOf(entry)).toBe('unknown, attempt 1');
  expect(toneOf(entry)).toBe('doubt');
  expect(wordOf(anEntry(2, { kind: 'paused', detail: { paused: false } }))).toBe('Account resumed');
});

test('a batch begins with the first open order and ends with the last', () => {
  const batch = new Batch();
  batch.see(counts({ dispatched: 3 }), 0);
  expect(batch.size).toBe(0);
  batch.see(counts({ dispatched: 3, queued: 4 }), 1_000);
  expect([batch.size, batch.sent]).toEqual([4, 0]);
  batch.see(counts({ dispatched: 5, queued: 1, refused: 1 }), 31_000);
  expect([batch.size, batch.sent, batch.settled]).toEqual([4, 2, 3]);
  expect(batch.perMinute).toBe(6);
  batch.see(counts({ dispatched: 6, refused: 1 }), 40_000);
  expect(batch.size).toBe(0);
});
