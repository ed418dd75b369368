import { addDays, type Cadence, closingTime, coverOf, type Day, dayOf, mondayOf } from './dates.ts';

/** How far back a missed tick is made good: days for daily editions, weeks for weekly ones. */
const DAILY_REACH_DAYS = 7;
const WEEKLY_REACH_WEEKS = 2;

/** An edition by name. */
export interface Issue {
  cadence: Cadence;
  date: Day;
}

/**
 * The issues that have closed and are recent enough to be made now, oldest first.
 *
 * @param since - the earliest day that the house knows a listing of or has asked a source for; nothing before it is
 *   due, so that a fresh database does not begin with a list of skips. Undefined: nothing is due.
 */
export function dueIssues(now: Date, since: Day | undefined, editionAtMinutes: number): Issue[] {
  if (since === undefined) return [];
  const today = dayOf(now);
  const daily = Array.from({ length: DAILY_REACH_DAYS }, (_, index) =>
    addDays(today, index - DAILY_REACH_DAYS),
  );
  const monday = mondayOf(today);
  const weekly = Array.from({ length: WEEKLY_REACH_WEEKS }, (_, index) =>
    addDays(monday, 7 * (index - WEEKLY_REACH_WEEKS)),
  );
  const issues: Issue[] = [
    ...daily.map((date) => ({ cadence: 'daily' as const, date })),
    ...weekly.map((date) => ({ cadence: 'weekly' as const, date })),
  ];
  return issues.filter(
    ({ cadence, date }) =>
      coverOf(cadence, date).to >= since &&
      closingTime(cadence, date, editionAtMinutes).getTime() <= now.getTime(),
  );
}
