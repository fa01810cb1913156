/**
 * The core's reasons in the reader's language. The ledger keeps them in English, in words that are fixed; what is not
 * known here, such as a platform's own words, is shown as it stands.
 */
import { m } from '../paraglide/messages.js';

const FIXED: Record<string, () => string> = {
  '': m.why_no_words,
  timeout: m.why_timeout,
  'connect timeout': m.why_connect_timeout,
  'connection refused': m.why_connection_refused,
  'connection reset': m.why_connection_reset,
  'network unreachable': m.why_network,
  'the host name was not found': m.why_dns,
  'deadline passed': m.why_deadline,
  'silent past its deadline and timeout': m.why_silent,
  'Docket was stopped': m.why_stopped,
  'no answer within the time set for doubt': m.why_patience,
  'the platform has no lookup, and sending again is not safe': m.why_no_lookup,
  "the platform's list shows now one thing, now another": m.why_flickers,
  "the platform said that this order's reference is taken, and what has taken it is a quote, which is no order: somebody asked for a price under this reference, and no order is shown":
    m.why_quoted,
  'proven absent: the platform has no such order': m.why_absent,
  'one new order at the platform looks like this one, and somebody else may have placed it': m.why_candidate,
  'a cancel was asked for, and one new order at the platform looks like this one: adopt it to cancel it':
    m.why_candidate_cancel,
  'more than one new platform order looks like this one': m.why_several,
  'what the platform had before our request is not known': m.why_before_unknown,
  'it bears our reference and belongs to another dispatch': m.why_other_dispatch,
  'the platform said that its content differs, and it shows too little to compare': m.why_little,
  'it bears our reference, and its content differs from what was sent': m.why_content_differs,
  'more than one platform order bears our reference': m.why_two_references,
  'the platform answered with other references than the one asked for: it ignores its filter': m.why_filter,
  'it was shown when it was looked for': m.why_was_shown,
  'not every page could be read': m.why_pages,
  'no order that has ended was shown: the platform may hide such, and ours could have ended by now':
    m.why_hides_ended,
  'a new row shows too little to be compared': m.why_bare,
  'the list could not be read back to the orders that were there before': m.why_read_back,
  'the list ends before the orders that were there before our request': m.why_list_ends,
  'no known order that is newer than our request was shown by the same lookup': m.why_no_control,
  'an order that was given up has appeared at the platform': m.why_given_up,
  'a late answer names a platform order that is not the one bound': m.why_second,
  'a second platform order bears the reference of an order that is bound to another': m.finding_double,
  'a platform order bears the reference of an order that has none by the word of this ledger':
    m.finding_given_up,
  'a platform order bears a reference of ours that this ledger never wrote down': m.finding_lost_generation,
  'a platform order that nothing is bound to looks like an order of ours': m.finding_perhaps_double,
  'a platform order was placed by somebody else, or by a ledger that was lost': m.finding_unowned,
  'a bound order is not shown by its platform any more': m.finding_missing,
};

/** Reasons that hold another one. */
const HOLDING: [RegExp, (within: string) => string][] = [
  [/^http (\d{3}.*)$/, (status) => m.why_http({ status })],
  [/^connection broke off: (.*)$/, () => m.why_connection_reset()],
  [/^not found, and that proves nothing: (.*)$/, (within) => m.why_not_found({ why: whyOf(within) })],
  [
    /^no lookup gave a clear answer within the time set for doubt \(last: (.*)\)$/,
    (within) => m.why_last_unclear({ why: whyOf(within) }),
  ],
  [
    /^the platform said that it has this order \((.*)\), and no lookup shows it$/,
    (within) => m.why_said_and_hidden({ why: whyOf(within) }),
  ],
  [
    /^the platform has something under our reference or key that differs(?: from this order)? \((.*)\)$/,
    (within) => m.why_differs({ why: whyOf(within) }),
  ],
  [/^the platform refused the credential \((.*?)\)(?:: .*)?$/, (within) => m.why_credential({ why: within })],
];

/** A reason as a person reads it, without a full stop. */
export function whyOf(reason: unknown): string {
  const text = typeof reason === 'string' ? reason.trim() : '';
  const fixed = FIXED[text];
  if (fixed) return fixed();
  for (const [shape, words] of HOLDING) {
    const found = shape.exec(text);
    if (found) return words(found[1] ?? '');
  }
  const words = text.replace(/\.$/, '');
  // A code alone is read as words; within a platform's own sentence it is a name.
  return /^\w+$/.test(words) ? words.replaceAll('_', ' ') : words;
}
