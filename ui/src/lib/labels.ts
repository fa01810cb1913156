/**
 * What the fields of a platform's form are called, in the reader's language. The core names them in English; a core test
 * holds every catalogue to every adapter's form. What is not known here is shown as it stands.
 */
import { m } from '../paraglide/messages.js';
import type { Field } from './core';

/** The message of a label: its letters and figures, with one line for whatever stands between them. */
const keyOf = (label: string): string =>
  `label_${label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')}`;

export function labelOf({ label }: Pick<Field, 'label'>): string {
  const words = (m as unknown as Record<string, (() => string) | undefined>)[keyOf(label)];
  return words?.() ?? label;
}

/** What a field is called; by its own name where the form does not have it. */
export function fieldWord(form: Field[], name: string): string {
  const field = form.find((each) => each.name === name);
  return field ? labelOf(field) : name;
}
