import { FOLLOW_LISTS } from './preferences.ts';

/** Columns of one value each. */
export const CHOICES = [
  'cadence',
  'days',
  'hour',
  'timezone',
  'max_papers',
  'min_matches',
  'abstracts',
] as const;
export type Choice = (typeof CHOICES)[number];

/** The columns that an import reads, and an export writes. */
export const COLUMNS = ['email', ...CHOICES, ...FOLLOW_LISTS, 'paused_until', 'state'] as const;
export type Column = (typeof COLUMNS)[number];
/** What an export writes beside them. */
export const EXPORT_ONLY_COLUMNS = ['created_at', 'confirmed_at'] as const;

/** Other names that say the same. */
const ALIASES: Readonly<Record<string, Column>> = {
  e_mail: 'email',
  status: 'state',
  topic: 'topics',
  search: 'searches',
  author: 'authors',
  organisation: 'organisations',
  organization: 'organisations',
  organizations: 'organisations',
  category: 'categories',
};

/** What the first line says of the others. */
export interface Header {
  /** Where each column stands in a line. */
  places: Partial<Record<Column, number>>;
  /** Cells up to the last one with a name. */
  width: number;
  /** Columns that are not read, as they are written there; without those that only an export writes. */
  unread: string[];
}

/** The separator that a header line uses: Excel writes semicolons in half of Europe. */
export function separatorOf(header: string): ',' | ';' | '\t' {
  if (header.includes(',')) return ',';
  return header.includes(';') ? ';' : header.includes('\t') ? '\t' : ',';
}

/** The columns by their names, in any order and case; undefined where none is `email`. */
export function readHeader(cells: readonly string[]): Header | undefined {
  const names = cells.map((cell) =>
    cell
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_'),
  );
  const places: Header['places'] = {};
  // The first of two columns with one name counts, and a name before its other spellings.
  for (const columnOf of [(name: string) => COLUMNS.find((known) => known === name), aliasOf])
    for (const [index, name] of names.entries()) {
      const column = columnOf(name);
      if (column !== undefined) places[column] ??= index;
    }
  if (places.email === undefined) return undefined;
  const width = names.findLastIndex((name) => name !== '') + 1;
  const silent = new Set<string | number>([...Object.values(places), ...EXPORT_ONLY_COLUMNS]);
  const unread = cells
    .slice(0, width)
    .map((cell, index) => cell.trim() || `number ${index + 1}`)
    .filter((_, index) => !silent.has(index) && !silent.has(names[index] ?? ''));
  return { places, width, unread };
}

const aliasOf = (name: string) => (Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined);
