/**
 * What is known of an order and what comes next, worded from the codes that the core tells. A core test holds both
 * catalogues to the codes. Times that are told as they are stay RFC 3339, for `Sentence` to show.
 */
import { m } from '../paraglide/messages.js';
import { relativeTime } from './format';
import { whyOf } from './whys';
import type { Known, Next } from './core';

const MESSAGES = m as unknown as Record<string, ((values: Record<string, string>) => string) | undefined>;

function worded(kind: 'known' | 'next', { code, ...values }: Known | Next, now: number): string {
  const shown = Object.entries(values).map(([name, value]) => {
    const text = String(value);
    if (name === 'at') return [name, relativeTime(text, Math.min(now, Date.parse(text)))];
    return [name, name === 'why' ? whyOf(text) : text];
  });
  return MESSAGES[`${kind}_${code}`]?.(Object.fromEntries(shown) as Record<string, string>) ?? code;
}

/** What is known, in the reader's language. */
export const knownWords = (facts: Known[]): string => facts.map((fact) => worded('known', fact, 0)).join(' ');

/** What comes next, seen from `now`. A moment that has passed is now. */
export const nextWords = (steps: Next[], now: number): string =>
  steps.map((step) => worded('next', step, now)).join(' ');
