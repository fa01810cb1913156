import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PLATFORM_NAMES, FAULTS, QUICK } from '../src/lib/faults';
import { GROUPS, LEFT_OUT } from '../src/lib/switches';
import { overwriteGetLocale } from '../src/paraglide/runtime.js';
import type { PracticePlatform } from '../src/bindings';

/** What the practice platforms say of each switch, such as "Pathao, Postmates: ...", from the generated types. */
function documented(): Map<string, PracticePlatform[]> {
  const bindings = readFileSync('src/bindings/index.ts', 'utf8');
  const block = /export type Switches = \{([\s\S]*?)\n\};/.exec(bindings)?.[1] ?? '';
  const codes = Object.keys(PLATFORM_NAMES) as PracticePlatform[];
  const found = new Map<string, PracticePlatform[]>();
  for (const [, comment = '', key = ''] of block.matchAll(/\/\*\*([\s\S]*?)\*\/\s*(\w+)\??:/g)) {
    const where = /^[\s*]*([^:]+):/.exec(comment)?.[1] ?? '';
    const named = where
      .split(',')
      .flatMap((name) => codes.filter((code) => PLATFORM_NAMES[code] === name.trim()));
    if (where.startsWith('All with a list'))
      found.set(
        key,
        codes.filter((code) => code !== 'doordash'),
      );
    else found.set(key, where.startsWith('All') ? codes : named);
  }
  return found;
}

const shown = GROUPS.flatMap(({ switches }) => switches);

test('every switch is shown or left out on purpose', () => {
  const known = [...documented().keys()];
  expect(known.length).toBeGreaterThan(50);
  expect([...shown.map(({ key }) => key), ...LEFT_OUT].sort()).toEqual(known.sort());
});

test('a switch is shown where it matters, and nowhere else', () => {
  const said = documented();
  for (const { key, platforms } of shown) {
    expect([...platforms].sort(), key).toEqual([...(said.get(key) ?? [])].sort());
  }
});

test('every switch and fault is said in both languages', () => {
  const words = () => [
    ...shown.map(({ word }) => word()),
    ...shown.flatMap((each) => (each.kind === 'choice' ? each.options.map(({ word }) => word()) : [])),
    ...QUICK.flatMap(({ title, text }) => [title(), text()]),
  ];
  const english = words();
  overwriteGetLocale(() => 'bn');
  words().forEach((word, i) => {
    expect(word, english[i]).toMatch(/[\u0980-\u09ff]/);
  });
  overwriteGetLocale(() => 'en');
});

test('a fault stands in one place', () => {
  const kinds = [...QUICK.map(({ kind }) => kind), ...FAULTS.flatMap((group) => group.kinds)];
  expect(new Set(kinds).size).toBe(kinds.length);
});
