import type { Cadence } from '../../editions/rules/dates.ts';
import { dayInWords, parseWeek, spanInWords, weekInWords, weekOf } from './calendar.ts';

/** What names an edition. */
export interface EditionName {
  cadence: Cadence;
  /** Weekly: the Monday of its week. */
  issueDate: string;
}

/** `/editions/2026-06-10` or `/editions/week/2026-W24`. */
export const editionHref = ({ cadence, issueDate }: EditionName) =>
  cadence === 'weekly' ? `/editions/week/${weekOf(issueDate)}` : `/editions/${issueDate}`;

/** An edition's name for people: `Daily`, `Wednesday, 10 June 2026`. */
export function editionInWords({ cadence, issueDate }: EditionName): {
  kind: string;
  name: string;
  detail: string;
} {
  if (cadence !== 'weekly') return { kind: 'Daily', name: dayInWords(issueDate), detail: '' };
  const week = weekOf(issueDate);
  const span = parseWeek(week);
  return { kind: 'Weekly', name: weekInWords(week), detail: span ? spanInWords(span) : '' };
}

/**
 * A page of a list of editions. Ask for `limit + 1`: pages are told apart by date, and a date that has a daily and a weekly edition is
 * not split, so a page may hold one more than its limit.
 *
 * @returns before - what the next page starts before; null where this is the last
 */
export function cutEditions<Name extends EditionName>(
  found: readonly Name[],
  limit: number,
): { shown: readonly Name[]; before: string | null } {
  const last = found[limit - 1];
  if (last === undefined || found.length <= limit) return { shown: found, before: null };
  const shown = found[limit]?.issueDate === last.issueDate ? found : found.slice(0, limit);
  return { shown, before: last.issueDate };
}
