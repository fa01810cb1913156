/** The catalogues: whole, in one another's terms, and each by the plural rules of its own language. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import bangla from '../messages/bn.json';
import english from '../messages/en.json';
import hindi from '../messages/hi.json';
import chinese from '../messages/zh.json';
import settings from '../project.inlang/settings.json';
import { PSEUDO, pseudoOf } from '../pseudo.js';
import { LANGUAGES } from '../src/lib/look.svelte';

interface Variants {
  declarations: string[];
  selectors: string[];
  match: Record<string, string>;
}
type Text = string | Variants[];
type Catalogue = Record<string, Text>;

const base = english as unknown as Catalogue;
const translations = { bn: bangla, hi: hindi, zh: chinese } as unknown as Record<string, Catalogue>;
const everywhere: [string, Catalogue][] = [
  ...Object.entries(translations),
  [PSEUDO, pseudoOf(english) as Catalogue],
];

const variantsOf = (text: Text): string[] =>
  typeof text === 'string' ? [text] : Object.values(text[0]?.match ?? {});
const names = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

test('every language that is offered has a catalogue, and the other way round', () => {
  expect(LANGUAGES.map(({ locale }) => locale)).toEqual(['en', ...Object.keys(translations)]);
  expect(settings.locales).toEqual(['en', ...Object.keys(translations)]);
});

test.each(everywhere)('%s holds the same messages, with the same names in each', (_, catalogue) => {
  expect(Object.keys(catalogue).sort()).toEqual(Object.keys(base).sort());
  for (const [key, text] of Object.entries(base)) {
    const expected = names(variantsOf(text).at(-1) ?? '');
    for (const translated of variantsOf(catalogue[key] ?? ''))
      expect(names(translated), key).toEqual(expected);
  }
});

/** Messages whose keys are made of the core's own codes; a test of the core holds those to the codes. */
const OF_THE_CORE = /^(label|promise|known|next|deed|flaw|remedy|status)_/;

test('no message is left that the page does not say', () => {
  const sources = readdirSync('src', { recursive: true, withFileTypes: true }).filter(
    (each) => /\.(ts|svelte)$/.test(each.name) && !each.parentPath.includes('paraglide'),
  );
  const said = sources.map((each) => readFileSync(`${each.parentPath}/${each.name}`, 'utf8')).join('\n');
  const keys = Object.keys(base).filter((key) => key !== '$schema' && !OF_THE_CORE.test(key));
  expect(keys.filter((key) => !new RegExp(`\\bm\\.${key}\\b`).test(said))).toEqual([]);
});

/** What is the same in every language: names, formats and examples of what is typed. */
const SAME = ['$schema', 'account_base_url_hint', 'import_detected_lines', 'import_path_hint'];
const SCRIPTS: Record<string, RegExp> = {
  bn: /\p{Script=Bengali}/u,
  hi: /\p{Script=Devanagari}/u,
  zh: /\p{Script=Han}/u,
};
/** Words that are the same where a language has none of its own. */
const ALONE: Record<string, string[]> = { zh: ['unit_percent'] };

test.each(Object.entries(translations))('nothing in %s is left in English', (locale, catalogue) => {
  for (const key of Object.keys(base).filter((each) => !SAME.includes(each))) {
    if (ALONE[locale]?.includes(key)) continue;
    for (const text of variantsOf(catalogue[key] ?? '')) {
      // Without its placeholders and figures.
      if (!/\p{L}/u.test(text.replace(/\{\w+\}/g, ''))) continue;
      expect(text, key).toMatch(SCRIPTS[locale] ?? /$^/);
    }
  }
});

test.each([['en', base] as [string, Catalogue], ...everywhere])(
  '%s has a form for each of its plurals',
  (locale, catalogue) => {
    const wanted = new Intl.PluralRules(locale).resolvedOptions().pluralCategories.toSorted();
    for (const [key, text] of Object.entries(catalogue)) {
      if (typeof text === 'string') continue;
      const [variants] = text;
      const has = Object.keys(variants?.match ?? {}).map((when) => when.split('=')[1]);
      expect(has.toSorted(), key).toEqual(wanted);
      // A figure is written with the language's own digits and groups.
      const raw = variantsOf(text)
        .flatMap(names)
        .filter((name) =>
          variants?.declarations.includes(`local ${name.slice(1, -1)}Plural = ${name.slice(1, -1)}: plural`),
        );
      expect(raw, `${key} shows a bare figure`).toEqual([]);
    }
  },
);

test('sentences end as the language ends them', () => {
  const ends: Record<string, RegExp> = { bn: /[।?!…:]$/, hi: /[।?!…:]$/, zh: /[。？！…：]$/ };
  for (const [locale, catalogue] of Object.entries(translations)) {
    for (const [key, text] of Object.entries(base)) {
      if (!/^say_/.test(key) || !variantsOf(text).every((each) => /\.$/.test(each))) continue;
      for (const each of variantsOf(catalogue[key] ?? ''))
        expect(each, `${locale} ${key}`).toMatch(ends[locale] ?? /$^/);
    }
  }
});

test('styles name starts and ends, and never left or right', () => {
  const sides =
    /(?:^|[\s;{])(?:left|right|(?:margin|padding|border|scroll-margin)-(?:left|right)(?:-\w+)?|border-(?:top|bottom)-(?:left|right)-radius)\s*:|text-align:\s*(?:left|right)|float:\s*(?:left|right)/;
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(svelte|css)$/.test(name),
  );
  expect(files.length).toBeGreaterThan(40);
  for (const name of files) {
    const text = readFileSync(`src/${name}`, 'utf8');
    const styles = name.endsWith('.css') ? text : (/<style>[\s\S]*<\/style>/.exec(text)?.[0] ?? '');
    expect(styles.match(sides)?.[0] ?? null, name).toBeNull();
  }
});
