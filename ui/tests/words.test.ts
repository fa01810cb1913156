import { expect, test } from 'vitest';
import { Batch } from '../src/lib/batch.svelte';
import { relativeTime } from '../src/lib/format';
import { sentenceOf } from '../src/lib/log-sentences';
import { KINDS, toneOf, wordOf } from '../src/lib/log-words';
import { partsOf } from '../src/lib/sentence';
import { compare, differencesOf } from '../src/lib/compare';
import { overwriteGetLocale } from '../src/paraglide/runtime.js';
import type { Counts, Field, LogView, RemoteOrder } from '../src/bindings';
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

const said = (kind: LogView['kind'], detail: LogView['detail'], more: Partial<LogView> = {}) =>
  sentenceOf(anEntry(1, { kind, detail, ...more }));

test('an entry is a plain sentence, whatever it tells', () => {
  const lost = anEntry(1, {
    kind: 'send_finished',
    detail: { attempt: 1, outcome: 'unknown', why: 'timeout' },
  });
  expect(sentenceOf(lost)).toBe(
    'No clear answer came: no answer in time. Whether the order exists is not known.',
  );
  expect(toneOf(lost)).toBe('doubt');
  expect(said('reserved', { why: 'asked for' })).toMatch(/^You asked for a dispatch\./);
  expect(said('send_started', { attempt: 2, replay: true, fence: { left_ms: 7_200_000 } })).toContain(
    'another 2 hr',
  );
  expect(said('bound', { by: 'lookup', platform_order_id: 'PB-88' })).toBe(
    'Dispatched: it is platform order PB-88, found by lookup.',
  );
  expect(
    said('review_asked', { why: 'not found, and that proves nothing: not every page could be read' }),
  ).toBe(
    'A person must decide: not found, and that proves nothing: not every page of its list could be read.',
  );
  expect(said('refused', { code: 'NO_PHONE' }, { evidence: { message: 'No such phone.' } })).toBe(
    'Refused by the platform: No such phone. Nothing was created.',
  );
  expect(said('review_decided', { decision: 'adopt' }, { evidence: { reason: 'I rang them' } })).toContain(
    'Reason: I rang them',
  );
  expect(said('paused', { paused: false })).toBe('The account works again.');
  expect(wordOf(anEntry(2, { kind: 'paused', detail: { paused: false } }))).toBe('Account resumed');
});

test('no kind of entry is without a sentence, in any language', () => {
  const scripts = {
    en: /[a-z]/,
    bn: /\p{Script=Bengali}/u,
    hi: /\p{Script=Devanagari}/u,
    zh: /\p{Script=Han}/u,
  };
  for (const locale of ['en', 'bn', 'hi', 'zh'] as const) {
    overwriteGetLocale(() => locale);
    for (const kind of KINDS) {
      const sentence = said(kind, {});
      expect(sentence, `${kind} in ${locale}`).toMatch(/[.।。]$/);
      expect(sentence).not.toContain('undefined');
      expect(sentence, `${kind} in ${locale}`).toMatch(scripts[locale]);
    }
  }
  overwriteGetLocale(() => 'en');
});

test('what differs from what was sent is marked, and what is not shown is said to be so', () => {
  const form = [
    { name: 'phone', label: 'Phone', required: true, kind: 'text', example: '' },
    { name: 'name', label: 'Name', required: true, kind: 'text', example: '' },
    { name: 'note', label: 'Note', required: false, kind: 'text', example: '' },
  ] as Field[];
  const candidate = (echo: Record<string, string>) => ({ id: 'x', echo }) as unknown as RemoteOrder;
  const { shown, hidden } = compare(form, { phone: '01711', name: 'A  B', note: 'ring' }, [
    candidate({ phone: '01711', name: 'A B' }),
    candidate({ phone: '01999', price: '16.17' }),
  ]);
  expect(shown.map((line) => [line.name, ...line.shown.map((cell) => cell.verdict)])).toEqual([
    ['phone', 'same', 'differs'],
    ['name', 'same', 'hidden'],
    ['price', 'hidden', 'unsent'],
  ]);
  expect(hidden.map((line) => line.name)).toEqual(['note']);
  expect([differencesOf(shown, 0), differencesOf(shown, 1)]).toEqual([0, 1]);
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

test('what a batch came to is told without what was refused or in review before it', () => {
  const batch = new Batch();
  batch.see(counts({ refused: 4, needs_review: 2, queued: 3 }), 0);
  expect([batch.refused, batch.review]).toEqual([0, 0]);
  batch.see(counts({ refused: 5, needs_review: 3, queued: 1 }), 1_000);
  expect([batch.refused, batch.review]).toEqual([1, 1]);
  // A person decides the old cases meanwhile.
  batch.see(counts({ refused: 5, needs_review: 1, queued: 1 }), 2_000);
  expect(batch.review).toBe(0);
  // A reload goes on where the batch began.
  const again = new Batch();
  again.see(counts({ refused: 6, needs_review: 2, sending: 1 }), 3_000);
  expect([again.refused, again.review]).toEqual([2, 0]);
});
