/** What a platform promises about duplicates, in plain words. */
import { m } from '../paraglide/messages.js';
import { duration } from './format';
import type { DedupContract } from './core';

export function fenceWords(contract: DedupContract): string {
  const { fence } = contract;
  switch (fence.kind) {
    case 'none':
      return m.fence_none();
    case 'key':
      return m.fence_key({
        life: duration(fence.lifetime_s * 1000),
        margin: duration(fence.margin_s * 1000),
      });
    case 'reference':
      return fence.enforced.while === 'forever'
        ? m.fence_forever()
        : m.fence_active({
            life: duration(fence.enforced.life_s * 1000),
            margin: duration(fence.enforced.margin_s * 1000),
          });
  }
}

export function lookupWords(contract: DedupContract): string {
  const { lookup } = contract;
  switch (lookup.kind) {
    case 'by_reference':
      return lookup.sees_ended ? m.lookup_exact() : m.lookup_exact_active();
    case 'scan_for_reference':
      return m.lookup_scan();
    case 'scan_for_lookalike':
      return m.lookup_lookalike();
    case 'none':
      return m.lookup_none();
  }
}

export const timesWords = (contract: DedupContract): string =>
  m.times_words({
    timeout: duration(contract.timings.timeout_ms),
    quiet: duration(contract.timings.settle_ms),
    patience: duration(contract.timings.patience_s * 1000),
  });
