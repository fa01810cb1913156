/** Words for what the practice platforms can be told to do wrong. */
import { m } from '../paraglide/messages.js';
import type { FaultKind, PracticePlatform } from './core';

export const PLATFORM_NAMES: Record<PracticePlatform, string> = {
  pathao: 'Pathao',
  postmates: 'Postmates',
  foxreload: 'FoxReload',
  'print-one': 'Print.one',
  'uber-direct': 'Uber Direct',
  doordash: 'DoorDash',
};

const WORDS: Record<FaultKind, () => string> = {
  lose_response: m.fault_lose_response,
  lose_request: m.fault_lose_request,
  half_body: m.fault_half_body,
  headers_only: m.fault_headers_only,
  late_commit: m.fault_late_commit,
  error_500_before: m.fault_error_500_before,
  error_500_after: m.fault_error_500_after,
  bad_gateway_before: m.fault_bad_gateway_before,
  bad_gateway_after: m.fault_bad_gateway_after,
  gateway_timeout_after: m.fault_gateway_timeout_after,
  unavailable_before: m.fault_unavailable_before,
  request_timeout_after: m.fault_request_timeout_after,
  slow: m.fault_slow,
  rate_limited: m.fault_rate_limited,
  html_page: m.fault_html_page,
  redirect: m.fault_redirect,
  empty_success: m.fault_empty_success,
  garbled_after: m.fault_garbled_after,
  list_lag: m.fault_list_lag,
  hold: m.fault_hold,
  doubled: m.fault_doubled,
  stranger_twin: m.fault_stranger_twin,
  unreachable: m.fault_unreachable,
};

export const faultWord = (kind: FaultKind): string => WORDS[kind]();

/** The faults that tell most, with a sentence each; `ms` is the length of those that have one. */
export const QUICK: { kind: FaultKind; title: () => string; text: () => string; ms: number | null }[] = [
  { kind: 'lose_response', title: m.quick_lose_response, text: m.quick_lose_response_text, ms: null },
  { kind: 'error_500_after', title: m.quick_error_500_after, text: m.quick_error_500_after_text, ms: null },
  { kind: 'slow', title: m.quick_slow, text: m.quick_slow_text, ms: 8_000 },
  { kind: 'list_lag', title: m.quick_list_lag, text: m.quick_list_lag_text, ms: 10_000 },
];

/** The others, grouped by what is true at the platform afterwards. */
export const FAULTS: { title: () => string; kinds: FaultKind[] }[] = [
  {
    title: m.faults_created,
    kinds: [
      'bad_gateway_after',
      'gateway_timeout_after',
      'request_timeout_after',
      'half_body',
      'headers_only',
      'garbled_after',
      'empty_success',
      'hold',
    ],
  },
  {
    title: m.faults_not_created,
    kinds: [
      'lose_request',
      'error_500_before',
      'bad_gateway_before',
      'unavailable_before',
      'rate_limited',
      'html_page',
      'redirect',
      'unreachable',
    ],
  },
  { title: m.faults_tricky, kinds: ['late_commit', 'stranger_twin', 'doubled'] },
];
