import type { Cli } from './cli.ts';

// Control characters, and the marks that turn the direction of a line: what comes from outside must not steer a terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A text from outside, on one line and fit for a terminal. */
export const plain = (text: string): string => text.replace(UNPRINTABLE, '\u00b7');

/** Characters of one column at most; a longer text is cut, since `--json` has it whole. */
const COLUMN_MAX = 72;

const cut = (text: string) => (text.length > COLUMN_MAX ? `${text.slice(0, COLUMN_MAX - 1)}…` : text);

/** A moment as listings show it: to the second, in UTC; `-` for none. */
export const moment = (at: Date | null): string => (at ? at.toISOString().replace(/\.\d{3}Z$/, 'Z') : '-');

type Cell = string | number | null;

/** Rows as columns, under their headings; the headings alone where there is no row. Numbers stand to the right. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => row.map((cell) => cut(plain(String(cell ?? '-')))));
  const numeric = headings.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'));
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...texts.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(headings), ...texts.map(line)].join('\n');
}

// Rows that columns are measured over; a longer listing is printed in parts, so that memory never holds it whole.
const PART = 200;

/**
 * Prints rows as they come: a JSON array, or a table whose later parts have no headings. Stops when nobody reads on.
 *
 * @param cells - one row's columns, in the order of the headings
 */
export async function printListing<Row>(
  cli: Cli,
  json: boolean,
  headings: readonly string[],
  rows: AsyncIterable<Row>,
  cells: (row: Row) => readonly Cell[],
): Promise<void> {
  let part: (readonly Cell[])[] = [];
  let printed = 0;
  const flush = () => {
    const text = table(headings, part);
    cli.print(printed === 0 ? text : text.slice(text.indexOf('\n') + 1));
    printed += part.length;
    part = [];
  };
  let opened = false;
  for await (const row of rows) {
    if (cli.closed) return;
    if (json) cli.print(`${opened ? ',' : '['}${JSON.stringify(row)}`);
    else part.push(cells(row));
    opened = true;
    if (part.length >= PART) flush();
  }
  if (json) cli.print(opened ? ']' : '[]');
  else if (part.length > 0 || printed === 0) flush();
}
