/** What was sent beside what the platform shows, field by field. Not here: what a difference means; a person says that. */
import { fieldWord } from './labels';
import type { Field, RemoteOrder } from './core';

export type Verdict = 'same' | 'differs' | 'hidden' | 'unsent';

export interface Cell {
  value: string;
  verdict: Verdict;
}

export interface Line {
  name: string;
  label: string;
  sent: string;
  /** One for each candidate, in their order. */
  shown: Cell[];
}

const even = (text: string): string => text.trim().replace(/\s+/g, ' ');

function cell(sent: string, value: string | undefined): Cell {
  if (value === undefined) return { value: '', verdict: 'hidden' };
  if (sent === '') return { value, verdict: 'unsent' };
  return { value, verdict: even(value) === even(sent) ? 'same' : 'differs' };
}

/** Every field that was sent or is shown, in the order of the form. */
export function compare(
  form: Field[],
  sent: Partial<Record<string, string>>,
  candidates: RemoteOrder[],
): { shown: Line[]; hidden: Line[] } {
  const echoed = candidates.flatMap((candidate) => Object.keys(candidate.echo ?? {}));
  const known = form.map((field) => field.name);
  const names = [...new Set([...known, ...Object.keys(sent), ...echoed])];
  const lines = names.map((name): Line => {
    const value = sent[name] ?? '';
    return {
      name,
      label: fieldWord(form, name),
      sent: value,
      shown: candidates.map((candidate) => cell(value, candidate.echo?.[name])),
    };
  });
  const shows = (line: Line) => line.shown.some((each) => each.verdict !== 'hidden');
  return { shown: lines.filter(shows), hidden: lines.filter((line) => line.sent !== '' && !shows(line)) };
}

/** How many shown fields differ from what was sent. */
export const differencesOf = (lines: Line[], candidate: number): number =>
  lines.filter((line) => line.shown[candidate]?.verdict === 'differs').length;

/** The letter by which a candidate is taken. Letters of other keys of the screen are left out. */
export const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
