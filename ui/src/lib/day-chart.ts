/**
 * From what a day came to, to the lengths and places of a drawing. Not here: how it is drawn. No chart library is: d3's
 * colours, which its scales bring with them, write to prototypes, and the window's are frozen.
 */
import type { CertaintyView, HourView } from './core';

export type Outcome = 'dispatched' | 'refused' | 'ended';
/** From the foot of a column upwards. */
export const OUTCOMES: Outcome[] = ['dispatched', 'refused', 'ended'];

export interface Segment {
  outcome: Outcome;
  count: number;
  y: number;
  height: number;
}

export interface Column {
  hour: number;
  x: number;
  width: number;
  segments: Segment[];
}

export interface Size {
  width: number;
  height: number;
}

export const sumOf = (hour: HourView): number => OUTCOMES.reduce((sum, each) => sum + hour[each], 0);

/** How much of an hour's place stays empty. */
const GAP = 0.25;

/** A column for each hour up to the last one, empty ones too; heights within `size`. */
export function columnsOf(hours: HourView[], until: number, size: Size): Column[] {
  const most = Math.max(1, ...hours.map(sumOf));
  const all = Array.from({ length: until }, (_, hour) => hour);
  const step = size.width / Math.max(1, until);
  const up = (count: number): number => (count / most) * size.height;
  return all.map((hour): Column => {
    const there = hours.find((each) => each.hour === hour);
    let below = 0;
    const segments = OUTCOMES.map((outcome): Segment => {
      const count = there?.[outcome] ?? 0;
      const height = up(count);
      below += height;
      return { outcome, count, y: size.height - below, height };
    });
    return { hour, x: (hour + GAP / 2) * step, width: (1 - GAP) * step, segments };
  });
}

/** The share of each step in what took longest to be most. */
export function sharesOf(certainty: CertaintyView[]): (CertaintyView & { share: number })[] {
  const most = Math.max(1, ...certainty.map((each) => each.orders));
  return certainty.map((each) => ({ ...each, share: each.orders / most }));
}

/** Within which time half of the orders were certain; `null` where there is none, or it took longer than any step. */
export function halfWithin(certainty: CertaintyView[]): number | null {
  const all = certainty.reduce((sum, each) => sum + each.orders, 0);
  let sum = 0;
  for (const { orders, within_ms } of certainty) {
    sum += orders;
    if (all > 0 && sum * 2 >= all) return within_ms;
  }
  return null;
}
