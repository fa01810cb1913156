import { afterEach, expect, test } from 'vitest';
import type { AccountView, Known, Next } from '../src/bindings';
import { knownWords, nextWords, pausedWords } from '../src/lib/known';
import { overwriteGetLocale } from '../src/paraglide/runtime.js';

const AT = '2026-03-02T10:00:08.000Z';
const TEXTS = {
  platform: 'Pathao',
  since: AT,
  first: AT,
  left: AT,
  until: AT,
  at: AT,
  order_no: 'SO-9',
  why: 'timeout',
  id: 'PB-88',
  status: 'delivered',
  text: 'Their own words.',
  message: 'status_courier_pickup',
  account: 'shop',
};
const COUNTS = { count: 2, needed: 3, lookups: 4, generation: 2 };
const VALUES = { ...TEXTS, ...COUNTS };

/** Every code: one that the core adds does not compile until it stands here. */
const KNOWN: Record<Known['code'], true> = {
  nothing_sent: true,
  taken_back: true,
  queued: true,
  queued_anew: true,
  queued_not_sent: true,
  queued_busy: true,
  queued_unauthorised: true,
  waits_behind: true,
  sending: true,
  sending_again: true,
  in_doubt: true,
  in_doubt_again: true,
  platform_has_it: true,
  platform_has_other: true,
  looked: true,
  absences: true,
  replay_refused: true,
  needs_review: true,
  released: true,
  dispatched: true,
  bound_by_replay: true,
  bound_by_conflict: true,
  bound_by_lookup: true,
  bound_by_scan: true,
  bound_by_person: true,
  status: true,
  ended: true,
  cancel_remembered: true,
  cancel_waits: true,
  cancel_sent: true,
  cancel_refused: true,
  cancel_untold: true,
  refused: true,
  refused_anew: true,
  refused_absent: true,
  refused_before: true,
  cancelled: true,
  cancelled_absent: true,
  cancelled_before: true,
  cancelled_by_word: true,
  cancelled_anew: true,
  closed: true,
  in_words: true,
  no_dispatch: true,
};
const NEXT: Record<Next['code'], true> = {
  account_paused: true,
  account_shut: true,
  looked_for_first: true,
  after_other: true,
  in_turn: true,
  sent_at: true,
  answer_due: true,
  looks: true,
  replay_until: true,
  replay_always: true,
  sent_again: true,
  safe_until: true,
  safe_always: true,
  never_sent_again: true,
  no_longer_sent_again: true,
  not_sent_as_cancelled: true,
  not_sent_as_present: true,
  absent_refused: true,
  absent_cancelled: true,
  absent_anew: true,
  absent_ask: true,
  asks: true,
  looks_on: true,
  released_replay: true,
  released_anew: true,
  sent_anew: true,
  goes_on: true,
  cancel_leaves: true,
  cancel_asked: true,
  looks_late: true,
};

const codes = <T extends string>(of: Record<T, true>) => Object.keys(of) as T[];
const known = (code: Known['code']) => knownWords([{ ...VALUES, code } as Known]);
const next = (code: Next['code']) => nextWords([{ ...VALUES, code } as Next], Date.parse(AT) - 8_000);

afterEach(() => overwriteGetLocale(() => 'en'));

test('every code is a sentence in every language', () => {
  for (const locale of ['en', 'bn', 'hi', 'zh'] as const) {
    overwriteGetLocale(() => locale);
    const all = [...codes(KNOWN).map((code) => [code, known(code)]), ...codes(NEXT).map((c) => [c, next(c)])];
    for (const [code, sentence] of all) {
      expect(sentence, `${code} in ${locale}`).toMatch(/[.।。]$/);
      expect(sentence, `${code} in ${locale}`).not.toMatch(/[{}]|undefined/);
      if (locale === 'bn') expect(sentence, code).toMatch(/[\u0980-\u09ff]/);
    }
  }
});

test('a moment to come is told from now, and one that has passed is now', () => {
  expect(next('looks')).toBe('Looking again in 8s.');
  expect(nextWords([{ code: 'looks', at: AT }], Date.parse(AT) + 60_000)).toBe('Looking again now.');
});

test("a platform's word is told in the reader's language, and as it is where nobody knows it", () => {
  overwriteGetLocale(() => 'zh');
  expect(known('in_words')).toBe('一名骑手正前往取件。');
  const words: Known = { code: 'in_words', message: 'status_courier_teleported', text: 'It is elsewhere.' };
  expect(knownWords([words])).toBe('It is elsewhere.');
});

test('what happened is told with its own time, and a reason in words', () => {
  expect(known('bound_by_lookup')).toBe(`Its answer was lost; found by lookup at ${AT}.`);
  expect(known('needs_review')).toBe('A person must decide: no answer in time.');
  expect(knownWords([])).toBe('');
});

test('a pause is told with what to do about it', () => {
  overwriteGetLocale(() => 'zh');
  const paused = 'the platform refused the credential (UNAUTHORIZED): Pathao does not accept the key.';
  const remedy: Known[] = [
    { code: 'in_words', message: 'remedy_pathao_unauthorized', text: 'Pathao does not accept the key.' },
  ];
  const told = pausedWords({ paused, remedy } as AccountView);
  expect(told).toContain('请从 Pathao 后台为账户换一个新密钥。');
  expect(told).toContain('UNAUTHORIZED');
  expect(told).not.toContain('accept');
  expect(pausedWords({ paused: 'somebody pulled the plug', remedy: [] as Known[] } as AccountView)).toBe(
    'somebody pulled the plug',
  );
});
