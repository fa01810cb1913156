/** The settings of an account that a person may change, and what each means. */
import { m } from '../paraglide/messages.js';
import type { DedupContract, Settings } from './core';

export interface Setting {
  key: Exclude<keyof Settings, 'distinct_from' | 'on_absent' | 'exclusive'>;
  word: () => string;
  /** What holds without the setting, or with it. */
  now: (contract: DedupContract) => number | null;
}

const timing = (name: keyof DedupContract['timings']) => (contract: DedupContract) => contract.timings[name];

export const SETTINGS: Setting[] = [
  { key: 'timeout_ms', word: m.setting_timeout_ms, now: timing('timeout_ms') },
  { key: 'connect_timeout_ms', word: m.setting_connect_timeout_ms, now: timing('connect_timeout_ms') },
  { key: 'send_before_ms', word: m.setting_send_before_ms, now: timing('send_before_ms') },
  { key: 'settle_ms', word: m.setting_settle_ms, now: timing('settle_ms') },
  { key: 'lookup_interval_ms', word: m.setting_lookup_interval_ms, now: timing('lookup_interval_ms') },
  {
    key: 'lookup_interval_max_ms',
    word: m.setting_lookup_interval_max_ms,
    now: timing('lookup_interval_max_ms'),
  },
  { key: 'proof_lookups', word: m.setting_proof_lookups, now: timing('proof_lookups') },
  { key: 'max_in_flight', word: m.setting_max_in_flight, now: timing('max_in_flight') },
  { key: 'requests_per_minute', word: m.setting_requests_per_minute, now: timing('requests_per_minute') },
  { key: 'patience_s', word: m.setting_patience_s, now: timing('patience_s') },
  {
    key: 'key_lifetime_s',
    word: m.setting_key_lifetime_s,
    now: ({ fence }) => (fence.kind === 'key' ? fence.lifetime_s : null),
  },
  {
    key: 'reference_life_s',
    word: m.setting_reference_life_s,
    now: ({ fence }) =>
      fence.kind === 'reference' && fence.enforced.while === 'active' ? fence.enforced.life_s : null,
  },
  {
    key: 'fence_margin_s',
    word: m.setting_fence_margin_s,
    now: ({ fence }) => {
      if (fence.kind === 'key') return fence.margin_s;
      return fence.kind === 'reference' && fence.enforced.while === 'active' ? fence.enforced.margin_s : null;
    },
  },
];
