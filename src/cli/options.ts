import { InvalidArgumentError, Option } from 'commander';

/** A day as typed: `YYYY-MM-DD` that the calendar has. */
export function parseDay(text: string): string {
  const at = new Date(`${text}T00:00:00Z`);
  if (
    !/^\d{4}-\d{2}-\d{2}$/.test(text) ||
    Number.isNaN(at.getTime()) ||
    at.toISOString().slice(0, 10) !== text
  )
    throw new InvalidArgumentError('A day is written YYYY-MM-DD and must be in the calendar.');
  return text;
}

/** A moment as typed: ISO 8601 with its offset, so that it means the same on each machine. */
export function parseMoment(text: string): Date {
  const match = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/.exec(text);
  const at = new Date(text);
  if (!match || Number.isNaN(at.getTime()))
    throw new InvalidArgumentError(
      'A moment is written with its offset, such as 2026-11-22T07:00:00Z or 2026-11-22T08:00+01:00.',
    );
  // `new Date` takes 31 February for 3 March.
  parseDay(match[1] ?? '');
  return at;
}

/** A whole number from `least` to `most`. */
export function parseWholeNumber(least: number, most: number) {
  return (text: string): number => {
    const number = Number(text);
    if (!/^\d{1,15}$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return number;
  };
}

/** Options that several verbs share, each written the same everywhere. */
export const nowOption = () =>
  new Option('--now <moment>', 'act as if it were this moment (ISO 8601 with offset)').argParser(parseMoment);
export const dryRunOption = () => new Option('--dry-run', 'say what would be done, and change nothing');
export const jsonOption = () => new Option('--json', 'print JSON');
export const cadenceOption = () =>
  new Option('--cadence <cadence>', 'which edition').choices(['daily', 'weekly']).default('daily');
export const dateOption = (doc: string) => new Option('--date <day>', doc).argParser(parseDay);
