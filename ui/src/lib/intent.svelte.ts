/**
 * What a person wants done, once. An intent has one command id from the first click until the core has answered, so a
 * second click, an Enter key, a key repeat or a reload in between is the same command. Not here: any rule about what
 * may be done; the core has those.
 */
import { ask, core, CoreError, wordsOf, type Command, type ErrorCode, type Reply } from './core';

const STORE = 'docket.intents';
/** Commands longer than this are not remembered over a reload; the ledger refuses their second all the same. */
const LONGEST = 20_000;

function remembered(): Record<string, string> {
  try {
    return JSON.parse(sessionStorage.getItem(STORE) ?? '{}') as Record<string, string>;
  } catch {
    return {};
  }
}

function remember(command: string, id: string | null): void {
  if (command.length > LONGEST) return;
  const others = Object.entries(remembered()).filter(([other]) => other !== command);
  sessionStorage.setItem(STORE, JSON.stringify(Object.fromEntries(id ? [...others, [command, id]] : others)));
}

export class Intent {
  /** From the click until what it changed has been read again. */
  busy = $state(false);
  /** What went wrong the last time, in words. */
  problem = $state<string | null>(null);
  code = $state<ErrorCode | null>(null);

  /** Carries the command out, then `after`. `null` when it was refused, or is under way already. */
  async run(command: Command, after?: (reply: Reply) => unknown): Promise<Reply | null> {
    if (this.busy) return null;
    this.busy = true;
    this.problem = null;
    this.code = null;
    const text = JSON.stringify(command);
    const id = remembered()[text] ?? crypto.randomUUID();
    remember(text, id);
    try {
      const reply = await ask(core.run({ id, command }));
      remember(text, null);
      await after?.(reply);
      return reply;
    } catch (thrown) {
      // A refusal by the core is an end of the command. Anything else is not known to be one: the id is kept.
      if (thrown instanceof CoreError) {
        this.code = thrown.code;
        remember(text, null);
      }
      this.problem = wordsOf(thrown);
      return null;
    } finally {
      this.busy = false;
    }
  }
}
