/** Numbers, amounts and times in the chosen language. */
import { getLocale } from '../paraglide/runtime.js';
import type { Money } from './core';

export const number = (value: number): string => new Intl.NumberFormat(getLocale()).format(value);

export function money(amount: Money): string {
  const format = new Intl.NumberFormat(getLocale(), { style: 'currency', currency: amount.currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount.amount / 10 ** digits);
}

const instant = (at: string | number): Date => new Date(at);

export const exactTime = (at: string | number): string =>
  new Intl.DateTimeFormat(getLocale(), { dateStyle: 'medium', timeStyle: 'medium' }).format(instant(at));

/** Hours, minutes and seconds of today; with the date of any other day. For lines that stand close together. */
export function clockTime(at: string | number): string {
  const today = instant(at).toDateString() === new Date().toDateString();
  const day = today ? {} : ({ day: 'numeric', month: 'short' } as const);
  return new Intl.DateTimeFormat(getLocale(), {
    ...day,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(instant(at));
}

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
  const format = new Intl.RelativeTimeFormat(getLocale(), { numeric: 'auto', style: 'narrow' });
  return format.format(Math.trunc(seconds / size), unit);
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
