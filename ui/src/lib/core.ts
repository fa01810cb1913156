/** The one way to the core: a typed command, its data, or a `CoreError` with the core's own words. */
import { commands, type ApiError, type ErrorCode } from '../bindings';

export { commands, events } from '../bindings';
export type * from '../bindings';

type Answer<T> = { status: 'ok'; data: T } | { status: 'error'; error: ApiError };

/** A refusal by the core. Its message says what to do; code switches on `code` alone. */
export class CoreError extends Error {
  readonly code: ErrorCode;

  constructor(error: ApiError) {
    super(error.message);
    this.name = 'CoreError';
    this.code = error.code;
  }
}

/** The data of an answer; throws a `CoreError` for a refusal. */
export async function ask<T>(answer: Promise<Answer<T>>): Promise<T> {
  const got = await answer;
  if (got.status === 'error') throw new CoreError(got.error);
  return got.data;
}

/** What to tell a person of whatever was thrown. */
export function wordsOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message);
  return String(thrown);
}

export const core = commands;
