import type { FormBody } from './forms.ts';

/** Longer than any name or key that the pages send. */
const FIELD_MAX = 500;

/**
 * The text of a field that may come once: '' where it is missing, null where it comes twice, is longer than 500 characters or
 * holds control characters, which no page of ours sends (and Postgres takes no NUL).
 */
export function oneField(body: FormBody, name: string): string | null {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (value === undefined) return '';
  if (Array.isArray(value) || value.length > FIELD_MAX || /\p{Cc}/u.test(value)) return null;
  return value;
}
