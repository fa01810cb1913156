import { expect, test } from 'vitest';
import { saidWords } from '../src/lib/promises';
import { givenOf } from '../src/lib/secrets';
import { GROUPS, read, typed } from '../src/lib/settings';
import { isTrouble } from '../src/lib/troubles';
import { overwriteGetLocale } from '../src/paraglide/runtime.js';
import { anEntry, PATHAO } from './fake-core';

test('a sentence of a promise is worded with its times', () => {
  const said = { id: 'key_life', times: { life: 86_400_000, margin: 3_600_000 } };
  expect(saidWords(said)).toMatch(/^24 hr from the first request\. .* 60 min earlier/);
  overwriteGetLocale(() => 'bn');
  expect(saidWords(said)).toContain('প্রথম অনুরোধ থেকে');
  overwriteGetLocale(() => 'en');
});

const setting = (key: string) => {
  const found = GROUPS.flatMap(({ settings }) => settings).find((each) => each.key === key);
  if (!found) throw new Error(`there is no setting ${key}`);
  return found;
};

test('a setting is typed in its unit and kept in its own', () => {
  const timeout = setting('timeout_ms');
  expect(typed(timeout, 30_000)).toBe('30');
  expect(read(timeout, ' 1,5 ')).toBe('1500');
  expect(read(timeout, '')).toBeNull();
  expect(read(timeout, 'soon')).toBeNull();
  const patience = setting('patience_s');
  expect(typed(patience, 1_800)).toBe('30');
  expect(read(patience, '0.5')).toBe('30');
  expect(patience.unit.shown(86_400)).toBe('24 hr');
  expect(setting('reference_life_s').of(PATHAO.contract)).toBeNull();
  expect(setting('key_lifetime_s').of(PATHAO.contract)).toBe(86_400);
});

test('a value that is read back as it is typed is the same value', () => {
  for (const each of GROUPS.flatMap(({ settings }) => settings)) {
    for (const value of [1, 7, 250, 1_500, 90_000, 86_400])
      if (each.unit.size === 1 || value >= each.unit.size / 100)
        expect(Number(read(each, typed(each, value))), `${each.key} ${value}`).toBe(value);
  }
});

test('only what went wrong is trouble', () => {
  const entry = (kind: 'send_finished' | 'lookup_finished' | 'paused' | 'bound', detail: object) =>
    anEntry(1, { kind, detail: detail as never });
  expect(isTrouble(entry('send_finished', { outcome: 'created' }))).toBe(false);
  expect(isTrouble(entry('send_finished', { outcome: 'unknown', why: 'timeout' }))).toBe(true);
  expect(isTrouble(entry('send_finished', { outcome: 'unauthorised' }))).toBe(true);
  expect(isTrouble(entry('lookup_finished', { found: 'nothing' }))).toBe(false);
  expect(isTrouble(entry('lookup_finished', { found: 'unclear', why: 'http 503' }))).toBe(true);
  expect(isTrouble(entry('paused', { paused: false }))).toBe(false);
  expect(isTrouble(entry('paused', { why: 'the platform refused the credential (401)' }))).toBe(true);
  expect(isTrouble(entry('bound', {}))).toBe(false);
});

test('what was left empty is not given', () => {
  expect(givenOf({ client_id: ' a ', token_url: '  ' })).toEqual({ client_id: 'a' });
});
