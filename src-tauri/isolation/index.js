/*
 * Stands between the page and the program: every call passes here, in a frame of its own that the page's code cannot
 * reach, before Tauri seals what is in it. Its name is not sealed: what a page may call is the capability's matter. A call that
 * goes astray here is a fault of the page, and is refused.
 *
 * A test of the window's package holds COMMANDS to the commands that the program has.
 */
const COMMANDS = new Set([
  'startup',
  'platforms',
  'accounts',
  'counts',
  'orders',
  'order',
  'log',
  'cases',
  'verify',
  'run',
  'add_account',
  'change_credentials',
  'last_seq',
  'check_order',
  'day',
  'back_up',
  'try_again',
  'reveal_codes',
  'choose_file',
  'export_log',
  'save_wrong_rows',
  'practice_state',
  'practice_truth',
  'practice_set_switches',
  'practice_first_switches',
  'practice_queue_fault',
  'practice_clear_faults',
  'practice_stranger',
  'practice_release',
  'take_handed_file',
  'preferences',
  'set_notifications',
  'set_start_at_login',
  'speak',
  'keep_working',
  'quit',
]);

/* Events of the program: they carry a number, or a file that was handed over. */
const EVENTS = new Set(['plugin:event|listen', 'plugin:event|unlisten']);

/* A name that no command has, so that the caller is told no, and does not wait for ever. */
const REFUSED = 'refused_by_isolation';

const isPlain = (payload) =>
  payload === null || payload === undefined || Object.prototype.toString.call(payload) === '[object Object]';

window.__TAURI_ISOLATION_HOOK__ = (message) => {
  const known = COMMANDS.has(message.cmd) || EVENTS.has(message.cmd);
  if (known && isPlain(message.payload)) return message;
  return { ...message, cmd: REFUSED, payload: {} };
};
