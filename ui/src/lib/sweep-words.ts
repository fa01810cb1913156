/** Words for what a sweep finds, and for what it could not look at. */
import { m } from '../paraglide/messages.js';
import { number } from './format';
import { whyOf } from './whys';
import type { FindingKind, SweepFinding, Unseen } from './core';

const WHAT: Record<FindingKind, () => string> = {
  double: m.finding_double,
  given_up: m.finding_given_up,
  lost_generation: m.finding_lost_generation,
  perhaps_double: m.finding_perhaps_double,
  unowned: m.finding_unowned,
  missing: m.finding_missing,
  cancelled: m.finding_cancelled,
};

const TODO: Record<FindingKind, () => string> = {
  double: m.todo_double,
  given_up: m.todo_given_up,
  lost_generation: m.todo_lost_generation,
  perhaps_double: m.todo_perhaps_double,
  unowned: m.todo_unowned,
  missing: m.todo_missing,
  cancelled: m.todo_cancelled,
};

export const whatOf = (finding: SweepFinding): string => WHAT[finding.kind]();

export const todoOf = (finding: SweepFinding): string =>
  finding.needs_person ? TODO[finding.kind]() : m.todo_ended();

export function unseenOf(unseen: Unseen): string {
  switch (unseen.what) {
    case 'unasked':
      return m.unseen_unasked({ why: whyOf(unseen.why) });
    case 'no_list':
      return m.unseen_no_list();
    case 'one_for_each_reference':
      return m.unseen_one_for_each_reference();
    case 'lookalikes_only':
      return m.unseen_lookalikes_only();
    case 'list_short':
      return m.unseen_list_short({ rows: number(unseen.rows), why: whyOf(unseen.why) });
    case 'references':
      return m.unseen_references({ count: number(unseen.count) });
    case 'bound':
      return m.unseen_bound({ count: number(unseen.count) });
    case 'numbers':
      return m.unseen_numbers({ count: number(unseen.count) });
  }
}
