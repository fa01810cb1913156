/** Numbers, amounts and times in the chosen language, with the digits that it is written with. */
import { getLocale } from '../paraglide/runtime.js';
import type { Money } from './core';

/** Formatters are dear to make, and a list of orders asks for hundreds in one go. */
function kept<T>(make: (locale: string) => T): () => T {
  const made = new Map<string, T>();
  return () => {
    const locale = getLocale();
    const there = made.get(locale) ?? make(locale);
    made.set(locale, there);
    return there;
  };
}

const plain = kept((locale) => new Intl.NumberFormat(locale));
const named = kept((locale) => new Intl.NumberFormat(locale, { useGrouping: false }));
const exact = kept((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }));
const relative = kept((locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' }));
const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
const ofToday = kept((locale) => new Intl.DateTimeFormat(locale, CLOCK));
const ofAnotherDay = kept(
  (locale) => new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', ...CLOCK }),
);
const hours = kept((locale) => new Intl.DateTimeFormat(locale, { hour: '2-digit', hourCycle: 'h23' }));

/** A quantity. */
export const number = (value: number): string => plain().format(value);

/** A number that names something, such as an entry of the log: its digits are not grouped. */
export const ordinal = (value: number): string => named().format(value);

export function money(amount: Money): string {
  const format = new Intl.NumberFormat(getLocale(), { style: 'currency', currency: amount.currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount.amount / 10 ** digits);
}

const instant = (at: string | number): Date => new Date(at);

export const exactTime = (at: string | number): string => exact().format(instant(at));

/** Hours, minutes and seconds of today; with the date of any other day. For lines that stand close together. */
export function clockTime(at: string | number): string {
  const today = instant(at).toDateString() === new Date().toDateString();
  return (today ? ofToday() : ofAnotherDay()).format(instant(at));
}

/** The hour of a day alone: "09". */
export const hourOf = (at: number): string => hours().format(instant(at));

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** Such as "2 min ago" or "in 8 s", seen from `now`. */
export function relativeTime(at: string | number, now: number): string {
  const seconds = (instant(at).getTime() - now) / 1000;
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const);
  return relative().format(Math.trunc(seconds / size), unit);
}

/** A time in milliseconds as a merchant says it: "90 s", "24 h". */
export function duration(ms: number): string {
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(getLocale(), { style: 'unit', unit: name, unitDisplay: 'short' }).format(value);
  const seconds = ms / 1000;
  if (seconds < 1) return unit(ms, 'millisecond');
  if (seconds < 120) return unit(Math.round(seconds * 10) / 10, 'second');
  if (seconds < 7200) return unit(Math.round(seconds / 6) / 10, 'minute');
  return unit(Math.round(seconds / 360) / 10, 'hour');
}
