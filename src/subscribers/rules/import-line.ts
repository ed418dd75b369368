import type { z } from 'zod';
import { normaliseAddress } from './email-address.ts';
import { CHOICES, type Choice, type Column, type Header } from './import-header.ts';
import {
  abstractsSchema,
  cadenceSchema,
  daysSchema,
  defaultPreferences,
  FOLLOW_LISTS,
  followsSchema,
  hourSchema,
  maxPapersSchema,
  minMatchesSchema,
  type Preferences,
  timezoneSchema,
} from './preferences.ts';
import { pausedUntilSchema } from './sign-up.ts';

/** What was read of a line. */
export type ImportLine =
  | {
      ok: true;
      email: string;
      key: string;
      typed: string;
      preferences: Preferences;
      /** YYYY-MM-DD, maybe past; null: not paused. */
      pausedUntil: string | null;
    }
  | { ok: false; fault: string };

const WORDS: Readonly<Record<Choice, string>> = {
  cadence: 'daily or weekly',
  days: 'weekdays such as "mon wed fri" or "1 3 5"',
  hour: 'a whole number from 0 to 23',
  timezone: 'an IANA time zone such as Europe/Berlin',
  max_papers: 'a whole number from 1 to 100',
  min_matches: 'a whole number from 1 to 20',
  abstracts: 'short or full',
};

/** The entries of a list in one text, separated by semicolons; a backslash before a semicolon or backslash makes it a sign like others. */
export const readEntries = (text: string): string[] =>
  (text.match(/(?:\\[\\;]|[^;])+/g) ?? [])
    .map((entry) => entry.replace(/\\([\\;])/g, '$1').trim())
    .filter((entry) => entry !== '');

/** What `readEntries` reads. */
export const writeEntries = (entries: readonly string[]): string =>
  entries.map((entry) => entry.replace(/[\\;]/g, '\\$&')).join('; ');

/** An export puts a quote before what a spreadsheet would take for a formula. */
const GUARDED = /^'+[=+\-@\t\r]/;

const numberOf = (text: string) => (/^\d{1,6}$/.test(text) ? Number(text) : text);

/** Who gets mail, in the words of other programs too. */
const ACTIVE = new Set(['', 'active', 'enabled', 'subscribed', 'confirmed']);

/** Who is not active where the list comes from asked for no mail, or has not confirmed. */
const faultOfState = (text: string): string | undefined =>
  ACTIVE.has(text.toLowerCase())
    ? undefined
    : `This reader is "${text.slice(0, 40).toLowerCase()}" there; only active readers are imported. If the column means something else, name it otherwise.`;

/** Puts the value of a schema in place; false where the schema refuses it. */
function put<Value>(result: z.ZodSafeParseResult<Value>, take: (value: Value) => void): boolean {
  if (result.success) take(result.data);
  return result.success;
}

type CellReader = (text: string, into: Preferences) => boolean;
const readers: Readonly<Record<Choice, CellReader>> = {
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
  min_matches: (text, into) =>
    put(minMatchesSchema.safeParse(numberOf(text)), (minMatches) => {
      into.minMatches = minMatches;
    }),
  abstracts: (text, into) =>
    put(abstractsSchema.safeParse(text.toLowerCase()), (abstracts) => {
      into.abstracts = abstracts;
    }),
};

/**
 * One reader of an import. An empty cell takes its default; every other one must be usable, since an operator can correct the file.
 *
 * @param cells - of the line, in the header's order
 */
export function readImportLine(header: Header, cells: readonly string[]): ImportLine {
  const cell = (column: Column) => {
    const place = header.places[column];
    const text = place === undefined ? '' : (cells[place] ?? '').trim();
    return GUARDED.test(text) ? text.slice(1) : text;
  };
  if (cells.slice(header.width).some((beyond) => beyond.trim() !== ''))
    return {
      ok: false,
      fault: 'This line has more cells than the first line names; put a cell with separators in quotes.',
    };
  const address = normaliseAddress(cell('email'));
  if (!address.ok) return { ok: false, fault: address.fault };
  const stateFault = faultOfState(cell('state'));
  if (stateFault !== undefined) return { ok: false, fault: stateFault };

  const preferences: Preferences = { ...defaultPreferences };
  for (const column of CHOICES) {
    const text = cell(column);
    if (text !== '' && !readers[column](text, preferences))
      return { ok: false, fault: `The column ${column} must hold ${WORDS[column]}, or nothing.` };
  }
  for (const column of FOLLOW_LISTS) {
    const read = followsSchema.safeParse(readEntries(cell(column)));
    if (!read.success)
      return { ok: false, fault: `The column ${column}: ${read.error.issues[0]?.message ?? ''}` };
    preferences[column] = read.data;
  }
  const pause = pausedUntilSchema.safeParse(cell('paused_until') || null);
  if (!pause.success)
    return {
      ok: false,
      fault:
        'The column paused_until must hold a day from 2000-01-01 to 2100-12-31 as YYYY-MM-DD, or nothing.',
    };
  return {
    ok: true,
    email: address.email,
    key: address.key,
    typed: cell('email'),
    preferences,
    pausedUntil: pause.data,
  };
}
