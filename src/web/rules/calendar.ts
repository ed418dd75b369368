import { addDays, dayOf, isDay, mondayOf, startOfDay, weekName } from '../../editions/rules/dates.ts';

/** Calendar dates as texts: a day is `2026-06-10`, a week is ISO 8601's `2026-W24`, a month is `2026-06`. No time zones. */

/** arXiv opened in 1991; nothing was listed before. */
const FIRST_YEAR = 1991;

/** A span of days, both ends included. */
export interface Span {
  from: string;
  to: string;
}

/** The day that a UTC clock shows. */
export const today = (now: Date) => dayOf(now);

/** A day that exists, 1991 or later; undefined for anything else. */
export function parseDay(text: string): string | undefined {
  return isDay(text) && Number(text.slice(0, 4)) >= FIRST_YEAR ? text : undefined;
}

/** The ISO week that holds `day`: `2026-W24`. */
export const weekOf = (day: string) => weekName(day);

/** Monday to Sunday of an ISO week that exists; undefined for anything else. */
export function parseWeek(text: string): Span | undefined {
  const match = /^(\d{4})-W(\d{2})$/.exec(text);
  if (!match || Number(match[1]) < FIRST_YEAR) return undefined;
  // 4 January is always in week 1 (ISO 8601).
  const monday = addDays(mondayOf(`${match[1]}-01-04`), (Number(match[2]) - 1) * 7);
  return weekOf(monday) === text ? { from: monday, to: addDays(monday, 6) } : undefined;
}

/** The month that holds `day`: `2026-06`. */
export const monthOf = (day: string) => day.slice(0, 7);

/** First to last day of a month that exists; undefined for anything else. */
export function parseMonth(text: string): Span | undefined {
  const from = parseDay(`${text}-01`);
  if (from === undefined) return undefined;
  const next = startOfDay(from);
  next.setUTCMonth(next.getUTCMonth() + 1);
  return { from, to: addDays(dayOf(next), -1) };
}

const inWords = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });
const longDay = inWords({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const shortDay = inWords({ day: 'numeric', month: 'short', year: 'numeric' });
const longMonth = inWords({ month: 'long', year: 'numeric' });

/** `Wednesday, 10 June 2026`. */
export const dayInWords = (day: string) => longDay.format(startOfDay(day)).replace(/^(\p{L}+) /u, '$1, ');

/** `10 Jun 2026`. */
export const dayInShort = (day: string) => shortDay.format(startOfDay(day));

/** `June 2026`. */
export const monthInWords = (month: string) => longMonth.format(startOfDay(`${month}-01`));

/** `Week 24 of 2026`. */
export const weekInWords = (week: string) => `Week ${Number(week.slice(6))} of ${week.slice(0, 4)}`;

/** `8 Jun 2026 to 14 Jun 2026`. */
export const spanInWords = (span: Span) => `${dayInShort(span.from)} to ${dayInShort(span.to)}`;

/** `Thursday 11 June at 07:00`, as a clock in `timezone` (IANA) shows the moment. */
export function momentInWords(moment: Date, timezone: string): string {
  const day = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
  }).format(moment);
  const time = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(moment);
  return `${day.replace(/^(\p{L}+),? /u, '$1, ')} at ${time}`;
}
