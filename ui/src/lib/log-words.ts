/** Words and tones for the kinds of log entries. */
import { m } from '../paraglide/messages.js';
import { factsOf } from './log-sentences';
import type { LogKind, LogView } from './core';

export const KIND_WORDS: Record<LogKind, () => string> = {
  imported: m.kind_imported,
  edited: m.kind_edited,
  deleted: m.kind_deleted,
  withdrawn: m.kind_withdrawn,
  reserved: m.kind_reserved,
  send_started: m.kind_send_started,
  send_finished: m.kind_send_finished,
  lookup_started: m.kind_lookup_started,
  lookup_finished: m.kind_lookup_finished,
  bound: m.kind_bound,
  refused: m.kind_refused,
  proven_absent: m.kind_proven_absent,
  review_asked: m.kind_review_asked,
  review_decided: m.kind_review_decided,
  status_changed: m.kind_status_changed,
  cancel_asked: m.kind_cancel_asked,
  cancel_finished: m.kind_cancel_finished,
  paused: m.kind_paused,
  incident: m.kind_incident,
  recovered: m.kind_recovered,
  probed: m.kind_probed,
  revealed: m.kind_revealed,
  printed: m.kind_printed,
};

/** The words for an entry; a pause that ended, and an order that came in from no file, have words of their own. */
export const wordOf = (entry: LogView): string =>
  resumed(entry) ? m.kind_resumed() : byHand(entry) ? m.kind_written() : KIND_WORDS[entry.kind]();

export const KINDS = Object.keys(KIND_WORDS) as LogKind[];

export type Tone = 'plain' | 'good' | 'doubt' | 'bad' | 'person';

export function toneOf(entry: LogView): Tone {
  if (resumed(entry)) return 'plain';
  switch (entry.kind) {
    case 'bound':
      return 'good';
    case 'refused':
    case 'incident':
    case 'paused':
      return 'bad';
    case 'review_asked':
    case 'review_decided':
    case 'revealed':
      return 'person';
    case 'recovered':
      return 'doubt';
    case 'send_finished':
      return outcome(entry) === 'unknown' ? 'doubt' : 'plain';
    default:
      return 'plain';
  }
}

const resumed = (entry: LogView): boolean => entry.kind === 'paused' && factsOf(entry)['paused'] === false;

const byHand = (entry: LogView): boolean => entry.kind === 'imported' && factsOf(entry)['by_hand'] === true;

const outcome = (entry: LogView): unknown => factsOf(entry)['outcome'];
