/**
 * A language that nobody speaks, made from the English catalogue, for tests and for development: written from right to
 * left, a third longer, its letters marked. Whatever looks English or stands on the wrong side under it is a fault of
 * the page. It is in no build of the app.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

export const PSEUDO = 'ar-XB';
const FOLDER = '.pseudo';
/** Where the messages are compiled to when they hold the pseudo-locale. */
export const OUTDIR = `./${FOLDER}/paraglide`;
export const PROJECT = `./${FOLDER}/project.inlang`;

const MARKED = { a: 'á', c: 'ç', e: 'é', i: 'í', n: 'ñ', o: 'ó', s: 'š', u: 'ú', y: 'ý', z: 'ž' };
const [OVERRIDE, POP] = ['\u202e', '\u202c'];

/** Text between placeholders, word by word; the override turns each word around. */
const words = (text) =>
  text.replace(/\p{L}+/gu, (word) => {
    const marked = [...word].map((letter) => MARKED[letter] ?? letter).join('');
    return `${OVERRIDE}${marked}${'·'.repeat(Math.round(word.length / 3))}${POP}`;
  });

const textOf = (text) =>
  text
    .split(/(\{\w+\})/)
    .map((part, i) => (i % 2 === 1 ? part : words(part)))
    .join('');

/** Arabic has six plural categories; English words serve them all. */
function variantsOf([variants]) {
  const { match, ...rest } = variants;
  const other = Object.entries(match).find(([when]) => when.endsWith('=other'))?.[1] ?? '';
  const selector = rest.selectors[0];
  const categories = new Intl.PluralRules(PSEUDO).resolvedOptions().pluralCategories;
  return [
    { ...rest, match: Object.fromEntries(categories.map((when) => [`${selector}=${when}`, textOf(other)])) },
  ];
}

export function pseudoOf(catalogue) {
  const { $schema, ...messages } = catalogue;
  const made = Object.entries(messages).map(([key, text]) => [
    key,
    typeof text === 'string' ? textOf(text) : variantsOf(text),
  ]);
  return { $schema, ...Object.fromEntries(made) };
}

/** Writes the pseudo-locale, and a project that has it beside the languages. */
export function makePseudo() {
  const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
  mkdirSync(`${FOLDER}/messages`, { recursive: true });
  mkdirSync(PROJECT, { recursive: true });
  const settings = read('project.inlang/settings.json');
  settings.locales = [...settings.locales, PSEUDO];
  // Paths are taken from the folder that the project stands in.
  settings.modules = settings.modules.map((module) => module.replace(/^\.\//, '../'));
  settings['plugin.inlang.messageFormat'].pathPattern = [
    '../messages/{locale}.json',
    './messages/{locale}.json',
  ];
  writeFileSync(`${PROJECT}/settings.json`, JSON.stringify(settings));
  writeFileSync(`${FOLDER}/messages/${PSEUDO}.json`, JSON.stringify(pseudoOf(read('messages/en.json'))));
}
