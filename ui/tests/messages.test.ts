import { expect, test } from 'vitest';
import bangla from '../messages/bn.json';
import english from '../messages/en.json';

type Text = string | { match: Record<string, string> }[];
const catalogues: Record<string, Record<string, Text>> = { english, bangla };
const names = (text: Text): string[] => {
  const words = typeof text === 'string' ? text : Object.values(text[0]?.match ?? {}).join(' ');
  return [...new Set(words.match(/\{\w+\}/g) ?? [])].sort();
};

test('both catalogues hold the same messages', () => {
  expect(Object.keys(bangla).sort()).toEqual(Object.keys(english).sort());
});

test('a translation names what the English text names', () => {
  for (const [key, text] of Object.entries(catalogues['english'] ?? {})) {
    const translated = catalogues['bangla']?.[key] ?? '';
    for (const name of names(translated)) expect(names(text), key).toContain(name);
  }
});
