/**
 * What is wrong with a value, in the reader's language. The core says it in English, with values in it; the English
 * catalogue has the same sentences, and a core test holds it to them, so each is known by its own shape. What is not
 * known here, such as a platform's own words, is shown as it stands.
 */
import { m } from '../paraglide/messages.js';

type Message = (values: Record<string, string>, options?: { locale: 'en' }) => string;

const FLAWS = Object.entries(m as unknown as Record<string, Message>).filter(([key]) =>
  key.startsWith('flaw_'),
);
const NAMES = [
  ...[
    'added',
    'count',
    'encoding',
    'example',
    'header',
    'high',
    'known',
    'least',
    'length',
    'low',
    'minutes',
  ],
  ...['missing', 'most', 'other', 'platform', 'state', 'template', 'value', 'why'],
];
/** A letter of no script: what stands between two of them is a value's name. */
const MARK = '\u{e000}';

const marked = Object.fromEntries(NAMES.map((name) => [name, `${MARK}${name}${MARK}`]));
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The shape of an English sentence: each value by its name. */
function shape(english: string): RegExp {
  const parts = english.split(MARK);
  return new RegExp(`^${parts.map((part, i) => (i % 2 ? `(?<${part}>.*?)` : escaped(part))).join('')}$`, 's');
}

let shapes: [RegExp, Message][] | null = null;

/** What is wrong, as a person reads it. */
export function flawOf(reason: string): string {
  shapes ??= FLAWS.map(([, message]) => [shape(message(marked, { locale: 'en' })), message]);
  for (const [known, message] of shapes) {
    const found = known.exec(reason);
    if (!found) continue;
    const values = { ...found.groups };
    if (values.why) values.why = flawOf(values.why);
    return message(values);
  }
  return reason;
}
