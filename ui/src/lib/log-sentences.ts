/** A log entry as one plain sentence, from its kind and its facts. The facts themselves stay in its evidence. */
import { m } from '../paraglide/messages.js';
import { duration, money, number, ordinal } from './format';
import { whyOf } from './whys';
import type { LogView, Money } from './core';

type Facts = Record<string, unknown>;

const within = (value: unknown): Facts =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Facts) : {};
const text = (value: unknown): string =>
  Array.isArray(value)
    ? value.map(String).join(', ')
    : value === null || value === undefined
      ? ''
      : String(value);

export const factsOf = (entry: LogView): Facts => within(entry.detail);

/** The sentence of an entry. */
export function sentenceOf(entry: LogView): string {
  const facts = factsOf(entry);
  switch (entry.kind) {
    case 'imported':
      if (facts['by_hand'] === true) return m.say_written();
      return facts['line']
        ? m.say_imported({ line: ordinal(Number(facts['line'])) })
        : m.say_imported_plain();
    case 'edited':
      return edited(facts);
    case 'deleted':
      return m.say_deleted();
    case 'withdrawn':
      return facts['armed_before'] ? m.say_withdrawn_armed() : m.say_withdrawn();
    case 'reserved':
      return reserved(entry, facts);
    case 'send_started':
      return started(facts);
    case 'send_finished':
      return ended(facts);
    case 'lookup_started':
      return m.say_looking();
    case 'lookup_finished':
      return looked(facts);
    case 'bound':
      return bound(facts);
    case 'refused':
      return facts['code']
        ? m.say_refused({ why: whyOf(within(entry.evidence)['message'] || facts['code']) })
        : m.say_refused_absent();
    case 'proven_absent':
      return m.say_absent({ count: Number(facts['lookups'] ?? 0) });
    case 'review_asked':
      return m.say_review_asked({ why: whyOf(facts['why']) });
    case 'review_decided':
      return decided(entry, facts);
    case 'status_changed':
      return facts['from']
        ? m.say_status({ from: text(facts['from']), to: text(facts['to']) })
        : m.say_status_first({ to: text(facts['to']) });
    case 'cancel_asked':
      return facts['remembered'] ? m.say_cancel_remembered() : m.say_cancel_asked();
    case 'cancel_finished':
      return cancelled(facts);
    case 'paused':
      return facts['paused'] === false ? m.say_resumed() : m.say_paused({ why: whyOf(facts['why']) });
    case 'incident':
      return m.say_incident({
        why: whyOf(facts['why']),
        id: text(facts['platform_order_ids'] ?? facts['platform_order_id']),
      });
    case 'recovered':
      return facts['was'] === 'sending' ? m.say_recovered_sending() : m.say_recovered_waiting();
    case 'revealed':
      return revealed(entry, facts);
    case 'printed':
      return m.say_printed();
    case 'probed':
      return probed(facts);
  }
}

function probed(facts: Facts): string {
  switch (facts['what']) {
    case 'begun':
      return m.say_probed_begun();
    case 'repeat':
      return m.say_probed_repeat();
    case 'answered':
      return facts['outcome'] === 'answered'
        ? m.say_probed_answered({ status: text(facts['status']) })
        : m.say_probed_unanswered();
    case 'second_order':
      return m.say_probed_second({ id: text(facts['platform_order_id']) });
    case 'taken_away':
      return m.say_probed_taken_away();
    case 'result':
      return m.say_probed_result();
    default:
      return m.say_probed_measured();
  }
}

function edited(facts: Facts): string {
  switch (facts['what']) {
    case 'added':
      return m.say_account_added();
    case 'settings':
      return m.say_account_settings();
    case 'credentials':
      return m.say_account_credentials();
    case 'confirmed':
      return m.say_account_confirmed();
    case 'removed':
      return m.say_account_removed();
  }
  const fields = text(facts['fields']);
  return facts['line'] ? m.say_edited_import({ fields }) : m.say_edited({ fields });
}

function reserved(entry: LogView, facts: Facts): string {
  if (entry.generation <= 1) return m.say_reserved();
  const generation = number(entry.generation);
  return facts['why'] === 'the one before was given up'
    ? m.say_reserved_anew({ generation })
    : m.say_reserved_again({ generation });
}

function started(facts: Facts): string {
  if (facts['replay']) {
    const left = Number(within(facts['fence'])['left_ms'] ?? 0);
    return left > 0 ? m.say_send_replay_left({ left: duration(left) }) : m.say_send_replay();
  }
  const attempt = Number(facts['attempt'] ?? 1);
  return attempt > 1 ? m.say_send_more({ attempt: number(attempt) }) : m.say_send();
}

function ended(facts: Facts): string {
  const why = whyOf(facts['why']);
  switch (facts['outcome']) {
    case 'created':
      return m.say_ended_created();
    case 'exists':
      return m.say_ended_exists({ why });
    case 'exists_different':
      return m.say_ended_exists_different({ why });
    case 'rejected':
      return m.say_ended_rejected({ why });
    case 'unauthorised':
      return m.say_ended_unauthorised({ why });
    case 'busy':
      return m.say_ended_busy();
    case 'not_sent':
      return m.say_ended_not_sent({ why });
    default:
      return m.say_ended_unknown({ why });
  }
}

function looked(facts: Facts): string {
  const id = text(facts['platform_order_id']);
  switch (facts['found']) {
    case 'ours':
      return m.say_looked_ours({ id });
    case 'look-alike':
      return m.say_looked_alike({ id });
    case 'puzzling':
      return m.say_looked_puzzling({ why: whyOf(facts['why']) });
    case 'nothing':
      if (facts['proves_nothing'])
        return m.say_looked_nothing_unproven({ why: whyOf(facts['proves_nothing']) });
      return facts['control'] ? m.say_looked_nothing_control() : m.say_looked_nothing();
    default:
      return m.say_looked_unclear({ why: whyOf(facts['why']) });
  }
}

function bound(facts: Facts): string {
  const id = text(facts['platform_order_id']);
  switch (facts['by']) {
    case 'replay':
      return m.say_bound_replay({ id });
    case 'conflict':
      return m.say_bound_conflict({ id });
    case 'lookup':
      return m.say_bound_lookup({ id });
    case 'scan':
      return m.say_bound_scan({ id });
    case 'person':
      return m.say_bound_person({ id });
    default:
      return m.say_bound_response({ id });
  }
}

function decided(entry: LogView, facts: Facts): string {
  const what = { adopt: m.say_decided_adopt, release: m.say_decided_release, close: m.say_decided_close };
  const said = (what[facts['decision'] as keyof typeof what] ?? m.say_decided)();
  const reason = text(within(entry.evidence)['reason']);
  return reason ? `${said} ${m.say_decided_reason({ reason })}` : said;
}

function revealed(entry: LogView, facts: Facts): string {
  const said = m.say_revealed({ program: text(facts['asked_by']) });
  const reason = text(within(entry.evidence)['reason']);
  return reason ? `${said} ${m.say_decided_reason({ reason })}` : said;
}

function cancelled(facts: Facts): string {
  const why = whyOf(facts['code'] ?? facts['why']);
  switch (facts['outcome']) {
    case 'cancelled':
      return facts['fee']
        ? m.say_cancel_cancelled_fee({ fee: money(facts['fee'] as Money) })
        : m.say_cancel_cancelled();
    case 'too_late':
      return m.say_cancel_too_late({ why });
    case 'untold':
      return m.say_cancel_untold({ why });
    case 'unauthorised':
      return m.say_cancel_unauthorised({ why });
    case 'impossible':
      return m.say_cancel_impossible();
    default:
      return m.say_cancel_unknown({ why });
  }
}
