/**
 * What is known of an order, what comes next and what can be done, worded from the codes that the core tells. A core
 * test holds every catalogue to the codes. Times that are told as they are stay RFC 3339, for `Sentence` to show.
 */
import { m } from '../paraglide/messages.js';
import { relativeTime } from './format';
import { whyOf } from './whys';
import { LOOKS } from './states';
import type { AccountView, Deed, Known, Next, State } from './core';

const MESSAGES = m as unknown as Record<string, ((values: Record<string, string>) => string) | undefined>;

function worded(kind: 'known' | 'next' | 'deed', told: Known | Next | Deed, now: number): string {
  // A platform's own word has a message of its own; one that no catalogue has is told as the core tells it.
  if (told.code === 'in_words') return MESSAGES[told.message]?.({}) ?? told.text;
  const { code, ...values } = told;
  const shown = Object.entries(values).map(([name, value]) => {
    const text = String(value);
    if (name === 'at') return [name, relativeTime(text, Math.min(now, Date.parse(text)))];
    if (name === 'state') return [name, LOOKS[text as State].word().toLocaleLowerCase()];
    return [name, name === 'why' ? whyOf(text) : text];
  });
  return MESSAGES[`${kind}_${code}`]?.(Object.fromEntries(shown) as Record<string, string>) ?? code;
}

/** What is known, in the reader's language. */
export const knownWords = (facts: Known[]): string => facts.map((fact) => worded('known', fact, 0)).join(' ');

/** Why something cannot be done now, or what to know before it is done. */
export const deedWords = (deed: Deed): string => worded('deed', deed, 0);

/** Why an account is paused, and what to do about it where that is known. */
export const pausedWords = ({ paused, remedy }: AccountView): string =>
  [whyOf(paused), knownWords(remedy)].filter(Boolean).join(' — ');

/** What comes next, seen from `now`. A moment that has passed is now. */
export const nextWords = (steps: Next[], now: number): string =>
  steps.map((step) => worded('next', step, now)).join(' ');
