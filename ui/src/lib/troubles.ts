/** Which log entries tell of something that went wrong between Docket and a platform. */
import { factsOf } from './log-sentences';
import type { LogKind, LogView } from './core';

/** The kinds that may; each is looked at by `isTrouble`. */
export const TROUBLE_KINDS: LogKind[] = [
  'send_finished',
  'lookup_finished',
  'cancel_finished',
  'paused',
  'incident',
];

const FINE_SENT = ['created', 'exists'];
const FINE_FOUND = ['ours', 'look-alike', 'nothing'];

export function isTrouble(entry: LogView): boolean {
  const facts = factsOf(entry);
  switch (entry.kind) {
    case 'send_finished':
      return !FINE_SENT.includes(String(facts['outcome']));
    case 'lookup_finished':
      return !FINE_FOUND.includes(String(facts['found']));
    case 'cancel_finished':
      return facts['outcome'] === 'unauthorised' || facts['outcome'] === 'unknown';
    case 'paused':
      return facts['paused'] !== false;
    default:
      return entry.kind === 'incident';
  }
}
