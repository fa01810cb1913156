/** What a platform promises, worded from the sentences that the core tells. A core test holds every catalogue to them. */
import { m } from '../paraglide/messages.js';
import { duration } from './format';
import type { Said } from './core';

const MESSAGES = m as unknown as Record<string, ((times: Record<string, string>) => string) | undefined>;

export function saidWords({ id, times }: Said): string {
  const words = Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, duration(ms ?? 0)]));
  return MESSAGES[`promise_${id}`]?.(words) ?? id;
}
