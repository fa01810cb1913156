/**
 * The switches of the practice platforms that a person may set here: what each means, where it matters, and in which unit
 * it is given. A test holds the platforms against what the practice platforms say of themselves.
 */
import { m } from '../paraglide/messages.js';
import type { PracticePlatform, Switches } from './core';

type Of<T> = { [K in keyof Switches]: Switches[K] extends T ? K : never }[keyof Switches];
type Choice = 'replay_body' | 'read_routes' | 'pair_rule' | 'repeat_answer' | 'duplicate_answer';

interface Meaning<K extends keyof Switches> {
  key: K;
  word: () => string;
  platforms: PracticePlatform[];
}

export type Switch =
  | (Meaning<Of<boolean>> & { kind: 'flag' })
  | (Meaning<Of<number>> & { kind: 'number'; unit: () => string; size: number })
  | (Meaning<Choice> & { kind: 'choice'; options: { value: string; word: () => string }[] })
  | (Meaning<'create_refused_as'> & { kind: 'text' });

const PATHAO: PracticePlatform[] = ['pathao'];
const POSTMATES: PracticePlatform[] = ['postmates'];
const FOXRELOAD: PracticePlatform[] = ['foxreload'];
const PRINT: PracticePlatform[] = ['print-one'];
const UBER: PracticePlatform[] = ['uber-direct'];
const DOORDASH: PracticePlatform[] = ['doordash'];
const ALL = [...PATHAO, ...POSTMATES, ...FOXRELOAD, ...PRINT, ...UBER, ...DOORDASH];
const LISTS = ALL.filter((platform) => platform !== 'doordash');

const flag = (key: Of<boolean>, word: () => string, platforms: PracticePlatform[]): Switch => ({
  kind: 'flag',
  key,
  word,
  platforms,
});
const count = (
  key: Of<number>,
  word: () => string,
  platforms: PracticePlatform[],
  unit: () => string,
): Switch => ({ kind: 'number', key, word, platforms, unit, size: 1 });
const time = (key: Of<number>, word: () => string, platforms: PracticePlatform[], size = 1000): Switch => ({
  kind: 'number',
  key,
  word,
  platforms,
  unit: m.unit_seconds,
  size,
});
const choice = <K extends Choice>(
  key: K,
  word: () => string,
  platforms: PracticePlatform[],
  options: Record<Switches[K], () => string>,
): Switch => ({
  kind: 'choice',
  key,
  word,
  platforms,
  options: Object.entries<() => string>(options).map(([value, word]) => ({ value, word })),
});

export const GROUPS: { title: () => string; switches: Switch[] }[] = [
  {
    title: m.switch_group_door,
    switches: [
      flag('credentials_revoked', m.switch_credentials_revoked, ALL),
      flag('account_inactive', m.switch_account_inactive, ALL),
      flag('wrong_environment', m.switch_wrong_environment, [...PRINT, ...UBER, ...DOORDASH]),
      flag('tokens_revoked', m.switch_tokens_revoked, UBER),
      time('token_life_s', m.switch_token_life_s, UBER, 1),
      count('rate_limit_per_minute', m.switch_rate_limit_per_minute, ALL, m.unit_requests),
      time('rate_window_ms', m.switch_rate_window_ms, ALL),
      flag('retry_after_shown', m.switch_retry_after_shown, ALL),
      flag('stored_limits', m.switch_stored_limits, PRINT),
    ],
  },
  {
    title: m.switch_group_pace,
    switches: [
      time('create_latency_ms', m.switch_create_latency_ms, ALL),
      time('stage_ms', m.switch_stage_ms, ALL),
      time('clock_offset_ms', m.switch_clock_offset_ms, ALL),
      time('in_progress_ms', m.switch_in_progress_ms, [...PRINT, ...UBER]),
      time('creation_ms', m.switch_creation_ms, DOORDASH),
      flag('timeout_as_400', m.switch_timeout_as_400, UBER),
    ],
  },
  {
    title: m.switch_group_list,
    switches: [
      time('list_lag_ms', m.switch_list_lag_ms, ALL),
      count('list_max', m.switch_list_max, LISTS, m.unit_rows),
      count('page_default', m.switch_page_default, [...PRINT, ...UBER, ...FOXRELOAD], m.unit_rows),
      flag('filter_ignored', m.switch_filter_ignored, LISTS),
      flag('unknown_filter_refused', m.switch_unknown_filter_refused, PRINT),
      flag('lookup_hides_ended', m.switch_lookup_hides_ended, [
        ...PATHAO,
        ...POSTMATES,
        ...FOXRELOAD,
        ...PRINT,
        ...UBER,
      ]),
      flag('oldest_first', m.switch_oldest_first, [...UBER, ...FOXRELOAD]),
      flag('list_unsorted', m.switch_list_unsorted, [...UBER, ...FOXRELOAD]),
      flag('mocks_unlisted', m.switch_mocks_unlisted, FOXRELOAD),
      flag('paging_works', m.switch_paging_works, FOXRELOAD),
      time('retention_ms', m.switch_retention_ms, [...PATHAO, ...FOXRELOAD, ...UBER]),
      choice('read_routes', m.switch_read_routes, PATHAO, {
        served: m.choice_served,
        not_found: m.choice_not_found,
        page: m.choice_page,
      }),
    ],
  },
  {
    title: m.switch_group_repeat,
    switches: [
      time('key_lifetime_ms', m.switch_key_lifetime_ms, [...PATHAO, ...PRINT, ...UBER]),
      time('race_window_ms', m.switch_race_window_ms, [...PATHAO, ...POSTMATES, ...PRINT, ...UBER]),
      flag('renewed_key_forgets', m.switch_renewed_key_forgets, PATHAO),
      flag('stored_failures', m.switch_stored_failures, [...PATHAO, ...PRINT, ...UBER]),
      flag('keys_per_company', m.switch_keys_per_company, PRINT),
      flag('stored_refusals', m.switch_stored_refusals, PRINT),
      choice('replay_body', m.switch_replay_body, [...PATHAO, ...PRINT], {
        full: m.choice_full,
        empty: m.choice_empty,
        status_only: m.choice_status_only,
      }),
      flag('key_other_body_refused', m.switch_key_other_body_refused, UBER),
      flag('ended_frees_key', m.switch_ended_frees_key, UBER),
      choice('pair_rule', m.switch_pair_rule, UBER, {
        while_active: m.choice_while_active,
        forever: m.choice_forever,
        off: m.choice_off,
      }),
      flag('key_overrules_pair', m.switch_key_overrules_pair, UBER),
      choice('repeat_answer', m.switch_repeat_answer, [...UBER, ...DOORDASH], {
        conflict: m.choice_conflict,
        existing: m.choice_existing,
      }),
      choice('duplicate_answer', m.switch_duplicate_answer, [...POSTMATES, ...UBER], {
        conflict_with_pointer: m.choice_conflict_with_pointer,
        conflict_without_pointer: m.choice_conflict_without_pointer,
        see_other: m.choice_see_other,
      }),
      flag('delivered_frees_reference', m.switch_delivered_frees_reference, [...POSTMATES, ...DOORDASH]),
      flag('canceled_frees_reference', m.switch_canceled_frees_reference, [...POSTMATES, ...DOORDASH]),
      count('reference_max', m.switch_reference_max, [...UBER, ...DOORDASH], m.unit_characters),
    ],
  },
  {
    title: m.switch_group_order,
    switches: [
      {
        kind: 'text',
        key: 'create_refused_as',
        word: m.switch_create_refused_as,
        platforms: [...UBER, ...DOORDASH],
      },
      flag('refused_create_commits', m.switch_refused_create_commits, [...UBER, ...DOORDASH]),
      time('quote_life_ms', m.switch_quote_life_ms, [...POSTMATES, ...UBER, ...DOORDASH]),
      count(
        'surcharge_percent',
        m.switch_surcharge_percent,
        [...PATHAO, ...POSTMATES, ...UBER, ...DOORDASH],
        m.unit_percent,
      ),
      flag('used_quote_first', m.switch_used_quote_first, [...POSTMATES, ...UBER]),
      flag('quote_occupies_id', m.switch_quote_occupies_id, DOORDASH),
      flag('expired_quote_frees_id', m.switch_expired_quote_frees_id, DOORDASH),
      time('auto_cancel_ms', m.switch_auto_cancel_ms, DOORDASH),
      time('anonymized_after_ms', m.switch_anonymized_after_ms, PRINT),
      flag('pdf_is_success', m.switch_pdf_is_success, PRINT),
      flag('finish_required', m.switch_finish_required, PRINT),
      flag('auto_pay', m.switch_auto_pay, FOXRELOAD),
      time('payment_life_ms', m.switch_payment_life_ms, FOXRELOAD),
      flag('price_drifts', m.switch_price_drifts, FOXRELOAD),
      flag('balance_too_low', m.switch_balance_too_low, [...PRINT, ...FOXRELOAD]),
    ],
  },
];

/**
 * Not here: spellings and shapes of the wire, which nobody who watches orders can see (the control face has them), and
 * being down, which has a button of its own.
 */
export const LEFT_OUT: (keyof Switches)[] = [
  'cancel_refused_status',
  'conflict_status',
  'down_until_ms',
  'error_shape',
  'errors_as_text',
  'key_compares_json',
  'large_limit_ignored',
  'limit_without_body',
  'list_shape',
  'long_key_cut',
  'note_echoed',
  'offset_spelling',
  'slash',
  'slash_redirect_status',
];

/** What matters at one platform, group by group. */
export const groupsOf = (platform: PracticePlatform) =>
  GROUPS.map(({ title, switches }) => ({
    title,
    switches: switches.filter((each) => each.platforms.includes(platform)),
  })).filter(({ switches }) => switches.length > 0);
