/** The words that the system shows for Docket, in the reader's language. Names in braces stay: the shell has the values. */
import { m } from '../paraglide/messages.js';
import type { ShellWords } from './core';

export const shellWords = (): ShellWords => ({
  review_one: m.notice_review_one({ order: '{order}' }),
  review_many: m.notice_review_many({ count: '{count}' }),
  refused: m.notice_refused({ refused: '{refused}', of: '{of}' }),
  paused: m.notice_paused({ account: '{account}' }),
  standing: m.tray_standing({ doubt: '{doubt}', review: '{review}' }),
  open: m.tray_open(),
  quit: m.closing_quit(),
});
