/** Words for the kinds of log entries, and their facts in one line. */
import { m } from '../paraglide/messages.js';
import { duration } from './format';
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
};

/** The words for an entry; a pause that ended has words of its own. */
export const wordOf = (entry: LogView): string =>
  resumed(entry) ? m.kind_resumed() : KIND_WORDS[entry.kind]();

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
      return 'person';
    case 'recovered':
      return 'doubt';
    case 'send_finished':
      return outcome(entry) === 'unknown' ? 'doubt' : 'plain';
    default:
      return 'plain';
  }
}

type Facts = Record<string, unknown>;

const facts = (entry: LogView): Facts =>
  typeof entry.detail === 'object' && entry.detail !== null && !Array.isArray(entry.detail)
    ? (entry.detail as Facts)
    : {};

const resumed = (entry: LogView): boolean => entry.kind === 'paused' && facts(entry)['paused'] === false;

const outcome = (entry: LogView): unknown => facts(entry)['outcome'];

/** Facts that stand in the entry's own line or column already. */
const ELSEWHERE = new Set([
  'state',
  'reference',
  'generation',
  'bytes',
  'key',
  'line_of',
  'asked_for',
  'paused',
]);
/** What a person reads first. */
const FIRST = ['outcome', 'result', 'by', 'decision', 'why', 'reason'];

/** The facts of an entry in a line: "unknown, timeout, after 5 s". */
export function lineOf(entry: LogView): string {
  return Object.entries(facts(entry))
    .filter(([name, value]) => !ELSEWHERE.has(name) && typeof value !== 'object')
    .filter(([, value]) => value !== '' && value !== false)
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([name, value]) => said(name, value))
    .slice(0, 5)
    .join(', ');
}

const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);

const BARE = new Set([
  'outcome',
  'why',
  'reason',
  'result',
  'message',
  'code',
  'status',
  'decision',
  'bound_by',
]);

function said(name: string, value: unknown): string {
  if (name === 'after_ms' && typeof value === 'number') return m.after_time({ time: duration(value) });
  if (name.endsWith('_ms') && typeof value === 'number' && value < 1e10) {
    return `${name.slice(0, -3).replaceAll('_', ' ')} ${duration(value)}`;
  }
  if (value === true) return name.replaceAll('_', ' ');
  const words = String(value).replaceAll('_', ' ');
  return BARE.has(name) ? words : `${name.replaceAll('_', ' ')} ${words}`;
}
