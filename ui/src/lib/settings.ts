/** The settings of an account that a person may change: what each means, and in which unit a person gives it. */
import { m } from '../paraglide/messages.js';
import { duration, number } from './format';
import type { DedupContract, Settings } from './core';

type Key = Exclude<keyof Settings, 'distinct_from' | 'on_absent' | 'exclusive'>;

export interface Unit {
  word: () => string;
  /** How many of the setting's own units one of these has. */
  size: number;
  /** A value of the setting in words. */
  shown: (value: number) => string;
}

export interface Setting {
  key: Key;
  word: () => string;
  unit: Unit;
  /** What holds under a contract; `null` where there is no such thing. */
  of: (contract: DedupContract) => number | null;
}

const MS: Unit = { word: m.unit_seconds, size: 1000, shown: duration };
const SECONDS: Unit = { word: m.unit_minutes, size: 60, shown: (s) => duration(s * 1000) };
const REQUESTS: Unit = { word: m.unit_requests, size: 1, shown: number };
const LOOKUPS: Unit = { word: m.unit_lookups, size: 1, shown: number };

const timing = (key: Key & keyof DedupContract['timings'], word: () => string, unit: Unit): Setting => ({
  key,
  word,
  unit,
  of: (contract) => contract.timings[key],
});

const life = (key: Key, word: () => string, of: Setting['of']): Setting => ({ key, word, unit: SECONDS, of });

export const GROUPS: { title: () => string; settings: Setting[] }[] = [
  {
    title: m.settings_limits,
    settings: [
      timing('max_in_flight', m.setting_max_in_flight, REQUESTS),
      timing('requests_per_minute', m.setting_requests_per_minute, REQUESTS),
    ],
  },
  {
    title: m.settings_times,
    settings: [
      timing('timeout_ms', m.setting_timeout_ms, MS),
      timing('connect_timeout_ms', m.setting_connect_timeout_ms, MS),
      timing('send_before_ms', m.setting_send_before_ms, MS),
      timing('lookup_interval_ms', m.setting_lookup_interval_ms, MS),
      timing('lookup_interval_max_ms', m.setting_lookup_interval_max_ms, MS),
    ],
  },
  {
    title: m.settings_trust,
    settings: [
      life('key_lifetime_s', m.setting_key_lifetime_s, ({ fence }) =>
        fence.kind === 'key' ? fence.lifetime_s : null,
      ),
      life('reference_life_s', m.setting_reference_life_s, ({ fence }) =>
        fence.kind === 'reference' && fence.enforced.while === 'active' ? fence.enforced.life_s : null,
      ),
      life('fence_margin_s', m.setting_fence_margin_s, ({ fence }) => {
        if (fence.kind === 'key') return fence.margin_s;
        return fence.kind === 'reference' && fence.enforced.while === 'active'
          ? fence.enforced.margin_s
          : null;
      }),
    ],
  },
  {
    title: m.settings_doubt,
    settings: [
      timing('settle_ms', m.setting_settle_ms, MS),
      timing('proof_lookups', m.setting_proof_lookups, LOOKUPS),
      timing('patience_s', m.setting_patience_s, SECONDS),
    ],
  },
];

/** A value of a setting as it is typed: at most three decimals, with a point. */
export const typed = ({ unit }: Setting, value: number): string =>
  String(Math.round((value / unit.size) * 1000) / 1000);

/** What was typed as the core takes it; `null` when it is no number. */
export function read({ unit }: Setting, text: string): string | null {
  const value = Number(text.trim().replace(',', '.'));
  return text.trim() === '' || !Number.isFinite(value) ? null : String(Math.round(value * unit.size));
}
