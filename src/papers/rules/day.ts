/** Days are 'YYYY-MM-DD' texts, without a time zone; where a moment becomes a day, it does so in UTC. */

const DAY = /^\d{4}-\d{2}-\d{2}$/;
// arXiv opened in August 1991; a later bound keeps typing mistakes and jokes out of the calendar.
const FIRST_YEAR = 1991;
const LAST_YEAR = 2199;

/** Whether this is a day of the calendar, such as 2026-02-28 and not 2026-02-30. */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === text;
}

/** The UTC day of a moment. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** The day `count` days later; negative: earlier. */
export function addDays(day: string, count: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + count);
  return dayOf(at);
}

/**
 * The UTC day of an ISO 8601 text as sources write it (`2026-06-10T00:00:00.000Z`, `2026-06-10`); null for anything
 * else. A time without an offset is taken as UTC, whatever zone this machine is in.
 */
export function readDay(text: string): string | null {
  const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2})?(?:\.\d{1,9})?)(Z|[+-]\d{2}:?\d{2})?)?$/.exec(
    text.trim(),
  );
  const [, date = '', time, offset = 'Z'] = match ?? [];
  if (!isDay(date)) return null;
  const year = Number(date.slice(0, 4));
  if (year < FIRST_YEAR || year > LAST_YEAR) return null;
  if (time === undefined) return date;
  const at = new Date(`${date}T${time}${offset}`);
  return Number.isNaN(at.getTime()) ? null : dayOf(at);
}

/** 1 (Monday) to 7. */
export const weekdayOf = (day: string): number => new Date(`${day}T00:00:00Z`).getUTCDay() || 7;

const NEW_YORK = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  calendar: 'gregory',
  numberingSystem: 'latn',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  hourCycle: 'h23',
});

function inNewYork(at: Date): { day: string; hour: number } {
  const parts = new Map(NEW_YORK.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`,
    hour: Number(parts.get('hour')),
  };
}

/** The day that it is in New York, by which arXiv counts. */
export const newYorkDay = (at: Date): string => inNewYork(at).day;

/** The moment at which New York's clocks show this hour on this day; for hours that no time change skips (not 2 o'clock). */
export function newYorkTime(day: string, hour: number): Date {
  // Four or five hours behind UTC.
  const summer = new Date(Date.parse(`${day}T00:00:00Z`) + (hour + 4) * 3_600_000);
  return inNewYork(summer).hour === hour % 24 ? summer : new Date(summer.getTime() + 3_600_000);
}
