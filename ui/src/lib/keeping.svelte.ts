/**
 * Credentials on their way to the core, which tries them before it keeps them. Not here: the form, or any rule about what
 * good credentials are.
 */
import { ask, CoreError, wordsOf, type ApiError, type ErrorCode } from './core';

type Answer = { status: 'ok'; data: number | null } | { status: 'error'; error: ApiError };

export class Keeping {
  /** From the click until the core has answered. */
  busy = $state(false);
  /** What went wrong, in the core's words. */
  problem = $state<string | null>(null);
  code = $state<ErrorCode | null>(null);
  /** How many orders the platform showed; `null` when it was not asked; absent before anything was kept. */
  shown = $state<number | null | undefined>(undefined);

  /** Whether they were kept. A second call while the first is under way does nothing. */
  async run(keep: (id: string) => Promise<Answer>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    [this.problem, this.code, this.shown] = [null, null, undefined];
    try {
      this.shown = await ask(keep(crypto.randomUUID()));
      return true;
    } catch (thrown) {
      this.code = thrown instanceof CoreError ? thrown.code : null;
      this.problem = wordsOf(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
