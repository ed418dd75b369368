import {
  addDays,
  type Cadence,
  closingTime,
  coverOf,
  type Day,
  dayOf,
  mondayOf,
  startOfDay,
} from './dates.ts';

/** With no papers at all, a source that fails is waited for so long after closing: it may be down for a night, not for a day. */
export const PATIENCE_MS = 12 * 3_600_000;

/** With papers, but perhaps not the day's last: readers' mornings begin soon, and what comes late is carried next. */
export const PATIENCE_WITH_PAPERS_MS = 3_600_000;

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

/** What is known of an issue's sources. */
export interface Silence {
  now: Date;
  closesAt: Date;
  /** When a source last answered for one of the issue's days; null: never. */
  answeredAt: Date | null;
  /** When a source was last asked for one of them in vain; null: never. */
  failedAt: Date | null;
  /** The issue's last day. */
  to: Day;
  /** Whether any papers are listed. */
  hasPapers: boolean;
}

/**
 * Whether the list of an issue is whole. `heard`: a source has answered since the last day ended. `unheard`: none has,
 * one was asked in vain since closing, and patience is over. `waiting`: one may still answer; also after a start, as
 * long as nobody has been asked since closing.
 */
export function readSilence({
  now,
  closesAt,
  answeredAt,
  failedAt,
  to,
  hasPapers,
}: Silence): 'heard' | 'waiting' | 'unheard' {
  if (answeredAt !== null && answeredAt >= startOfDay(addDays(to, 1))) return 'heard';
  const patienceMs = hasPapers ? PATIENCE_WITH_PAPERS_MS : PATIENCE_MS;
  const isOver = now.getTime() >= closesAt.getTime() + patienceMs;
  return isOver && failedAt !== null && failedAt >= closesAt ? 'unheard' : 'waiting';
}
