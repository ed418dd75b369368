import { addDays } from '../../papers/rules/day.ts';

export { addDays, dayOf, isDay } from '../../papers/rules/day.ts';

/** A calendar day as 'YYYY-MM-DD'. It has no time zone; all arithmetic here is on UTC days. */
export type Day = string;

/** How often an edition comes; `sample` is the demo's own. */
export type Cadence = 'daily' | 'weekly' | 'sample';

const DAY_MS = 86_400_000;

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Midnight UTC with which a day begins. */
export function startOfDay(day: Day): Date {
  return new Date(`${day}T00:00:00Z`);
}

/** Monday to Friday. */
export function isWeekday(day: Day): boolean {
  return ![0, 6].includes(startOfDay(day).getUTCDay());
}

/** The Monday of the ISO week that holds the day. */
export function mondayOf(day: Day): Day {
  return addDays(day, -((startOfDay(day).getUTCDay() + 6) % 7));
}

/** ISO 8601 week: the one that holds the year's first Thursday is week 1. */
export function isoWeekOf(day: Day): { year: number; week: number } {
  const thursday = addDays(mondayOf(day), 3);
  const year = Number(thursday.slice(0, 4));
  const daysIntoYear = (startOfDay(thursday).getTime() - Date.UTC(year, 0, 1)) / DAY_MS;
  return { year, week: Math.floor(daysIntoYear / 7) + 1 };
}

/** `2026-W24`, as links and archives name a week. */
export function weekName(day: Day): string {
  const { year, week } = isoWeekOf(day);
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** `10 June 2026`. */
export function longDate(day: Day): string {
  const [year, month, date] = day.split('-').map(Number);
  return `${date} ${MONTHS[(month ?? 1) - 1]} ${year}`;
}

/** The days whose listings an edition draws on. */
export function coverOf(cadence: Cadence, issueDate: Day): { from: Day; to: Day } {
  return { from: issueDate, to: cadence === 'weekly' ? addDays(issueDate, 6) : issueDate };
}

/**
 * When an edition closes, and opens for sending: a daily one at `EDITION_AT` on the next day, a weekly one at that
 * time on the Monday after its week. A sample edition is never waited for: it closes as its day begins.
 *
 * @param editionAtMinutes - minutes after midnight UTC
 */
export function closingTime(cadence: Cadence, issueDate: Day, editionAtMinutes: number): Date {
  if (cadence === 'sample') return startOfDay(issueDate);
  const dayAfter = addDays(coverOf(cadence, issueDate).to, 1);
  return new Date(startOfDay(dayAfter).getTime() + editionAtMinutes * 60_000);
}
