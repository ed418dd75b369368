import { addDays, newYorkTime, weekdayOf } from './day.ts';

// arXiv announces on the evenings of Sunday to Thursday, at 20:00 in New York, what was submitted up to 14:00 of that
// day (Sunday's: of Friday). Its feed carries the next day's date, from midnight on: so feeds are dated Monday to Friday.
const DEADLINE_HOUR = 14;

/** Whether arXiv's feed of this day may hold papers: Monday to Friday. */
export const isFeedDay = (day: string): boolean => weekdayOf(day) <= 5;

function feedDayBefore(day: string): string {
  let before = addDays(day, -1);
  while (!isFeedDay(before)) before = addDays(before, -1);
  return before;
}

/**
 * When the papers of a feed day were submitted, by the rhythm: from 14:00 in New York on the second working day before it
 * up to, but not including, 14:00 on the last. Monday's feed has Thursday to Friday, Tuesday's Friday to Monday.
 * Holidays are not known here: what a holiday delayed stands on the day that the rhythm gives.
 */
export function submissionWindow(day: string): { from: Date; to: Date } {
  const last = feedDayBefore(day);
  return { from: newYorkTime(feedDayBefore(last), DEADLINE_HOUR), to: newYorkTime(last, DEADLINE_HOUR) };
}
