/** Stretches of time by which orders are filtered, in the person's own days. */
import { m } from '../paraglide/messages.js';

export type Days = 'any' | 'today' | 'yesterday' | 'week' | 'month';

export const DAYS: { id: Days; word: () => string }[] = [
  { id: 'any', word: m.days_any },
  { id: 'today', word: m.days_today },
  { id: 'yesterday', word: m.days_yesterday },
  { id: 'week', word: m.days_week },
  { id: 'month', word: m.days_month },
];

/** Midnight of the person's own day, so many days before the one that `now` is in. */
export function midnight(now: number, before = 0): number {
  const day = new Date(now);
  // By the calendar, and not by hours: a day may have 23 or 25.
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() - before).getTime();
}

/** From and until when, in milliseconds since the epoch. */
export function spanOf(days: Days, now: number): { since_ms: number | null; until_ms: number | null } {
  switch (days) {
    case 'any':
      return { since_ms: null, until_ms: null };
    case 'today':
      return { since_ms: midnight(now), until_ms: null };
    case 'yesterday':
      return { since_ms: midnight(now, 1), until_ms: midnight(now) };
    case 'week':
      return { since_ms: midnight(now, 6), until_ms: null };
    case 'month':
      return { since_ms: midnight(now, 29), until_ms: null };
  }
}
