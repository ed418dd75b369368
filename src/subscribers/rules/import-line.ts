import type { z } from 'zod';
import { normaliseAddress } from './email-address.ts';
import {
  cadenceSchema,
  daysSchema,
  defaultPreferences,
  hourSchema,
  maxPapersSchema,
  type Preferences,
  timezoneSchema,
} from './preferences.ts';

/** The columns that an import reads; others (a name, say) are ignored. */
const COLUMNS = ['email', 'cadence', 'days', 'hour', 'timezone', 'max_papers'] as const;
type Column = (typeof COLUMNS)[number];

/** Where each column stands in a line. */
export type Header = Partial<Record<Column, number>>;

/** What was read of a line. */
export type ImportLine =
  | { ok: true; email: string; key: string; typed: string; preferences: Preferences }
  | { ok: false; fault: string };

/** The separator that a header line uses: Excel writes semicolons in half of Europe. */
export function separatorOf(header: string): ',' | ';' | '\t' {
  if (header.includes(',')) return ',';
  return header.includes(';') ? ';' : header.includes('\t') ? '\t' : ',';
}

/** The columns by their names, in any order and case; undefined where none is `email`. */
export function readHeader(cells: readonly string[]): Header | undefined {
  const header: Header = {};
  for (const [index, cell] of cells.entries()) {
    const name = cell
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_');
    const column = name === 'e_mail' ? 'email' : COLUMNS.find((known) => known === name);
    // The first of two columns with one name counts.
    if (column !== undefined) header[column] ??= index;
  }
  return header.email === undefined ? undefined : header;
}

const WORDS: Readonly<Record<Exclude<Column, 'email'>, string>> = {
  cadence: 'daily or weekly',
  days: 'weekdays such as "mon wed fri" or "1 3 5"',
  hour: 'a whole number from 0 to 23',
  timezone: 'an IANA time zone such as Europe/Berlin',
  max_papers: 'a whole number from 1 to 100',
};

const numberOf = (text: string) => (/^\d{1,6}$/.test(text) ? Number(text) : text);

/** Puts the value of a schema in place; false where the schema refuses it. */
function put<Value>(result: z.ZodSafeParseResult<Value>, take: (value: Value) => void): boolean {
  if (result.success) take(result.data);
  return result.success;
}

type CellReader = (text: string, into: Preferences) => boolean;
const readers: Readonly<Record<Exclude<Column, 'email'>, CellReader>> = {
  cadence: (text, into) =>
    put(cadenceSchema.safeParse(text.toLowerCase()), (cadence) => {
      into.cadence = cadence;
    }),
  days: (text, into) =>
    put(
      daysSchema.safeParse(
        text
          .split(/[\s,;|+]+/)
          .filter(Boolean)
          .map(numberOf),
      ),
      (days) => {
        into.days = days;
      },
    ),
  hour: (text, into) =>
    put(hourSchema.safeParse(numberOf(text)), (hour) => {
      into.hour = hour;
    }),
  timezone: (text, into) =>
    put(timezoneSchema.safeParse(text), (timezone) => {
      into.timezone = timezone;
    }),
  max_papers: (text, into) =>
    put(maxPapersSchema.safeParse(numberOf(text)), (maxPapers) => {
      into.maxPapers = maxPapers;
    }),
};

/**
 * One reader of an import. An empty cell takes its default; every other one must be usable, since an operator can correct the file.
 *
 * @param cells - of the line, in the header's order
 */
export function readImportLine(header: Header, cells: readonly string[]): ImportLine {
  const cell = (column: Column) => (header[column] === undefined ? '' : (cells[header[column]] ?? '').trim());
  const address = normaliseAddress(cell('email'));
  if (!address.ok) return { ok: false, fault: address.fault };

  const preferences: Preferences = { ...defaultPreferences };
  for (const column of ['cadence', 'days', 'hour', 'timezone', 'max_papers'] as const) {
    const text = cell(column);
    if (text !== '' && !readers[column](text, preferences))
      return { ok: false, fault: `The column ${column} must hold ${WORDS[column]}, or nothing.` };
  }
  return { ok: true, email: address.email, key: address.key, typed: cell('email'), preferences };
}
