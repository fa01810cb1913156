import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { flawOf } from '../src/lib/flaws';
import { overwriteGetLocale } from '../src/paraglide/runtime.js';

const ENGLISH = JSON.parse(readFileSync('messages/en.json', 'utf8')) as Record<string, string>;
const FLAWS = Object.entries(ENGLISH).filter(([key]) => key.startsWith('flaw_'));

afterEach(() => overwriteGetLocale(() => 'en'));

test('a flaw is told in the language of the reader, with its values', () => {
  overwriteGetLocale(() => 'zh');
  expect(flawOf('"x" is not a whole number from 1 to 4')).toBe('"x" 不是 1 到 4 之间的整数');
  expect(flawOf("an item's name is 120 characters long; 100 is the most, so shorten it")).toBe(
    '某物品的名称长 120 个字符；最多 100 个，请缩短',
  );
  overwriteGetLocale(() => 'bn');
  expect(flawOf('is missing; give a value such as Anik')).toBe('নেই; Anik এর মতো একটি মান দিন');
});

test('what a value holds is never read for a shape, and what nobody knows is shown as it stands', () => {
  overwriteGetLocale(() => 'zh');
  expect(flawOf('"is not a whole number" is not true or false')).toBe(
    '"is not a whole number" 不是 true 或 false',
  );
  expect(flawOf('the platform says no')).toBe('the platform says no');
});

test('every flaw is known by its own shape', () => {
  for (const [key, english] of FLAWS) {
    const said = english.replace(/\{(\w+)\}/g, (_, name: string) => `<${name}>`);
    expect(flawOf(said), key).toBe(said);
    overwriteGetLocale(() => 'bn');
    const told = flawOf(said);
    expect(told, key).toMatch(/[\u0980-\u09ff]/);
    for (const [, name] of english.matchAll(/\{(\w+)\}/g)) expect(told, key).toContain(`<${name}>`);
    overwriteGetLocale(() => 'en');
  }
});
