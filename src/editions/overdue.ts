import type { Clock, Db } from '../platform/index.ts';
import { type Cadence, closingTime, type Day } from './rules/dates.ts';
import { dueIssues } from './rules/due.ts';
import { readDecidedDates, readFirstDay } from './store.ts';

/** The oldest edition of a cadence that is due. */
export interface Overdue {
  cadence: Exclude<Cadence, 'sample'>;
  /** Seconds since it closed; 0 where every edition that is due has been made or skipped. */
  seconds: number;
  /** Its issue date; null where there is none. */
  date: Day | null;
}

/**
 * How long the oldest edition of each cadence that is due has been neither made nor skipped: at most a little over an hour where
 * its sources are late (twelve where nothing is listed at all), and what is more is a fault. Looks back as far as `assembleDue`.
 */
export async function measureEditions({
  db,
  clock,
  editionAtMinutes,
}: {
  db: Db;
  clock: Clock;
  editionAtMinutes: number;
}): Promise<Overdue[]> {
  const now = clock.now();
  const due = dueIssues(now, (await readFirstDay(db)) ?? undefined, editionAtMinutes);
  const measured: Overdue[] = [];
  for (const cadence of ['daily', 'weekly'] as const) {
    const issues = due.filter((issue) => issue.cadence === cadence);
    const [first] = issues;
    const decided = new Set(first ? await readDecidedDates(db, cadence, first.date) : []);
    const oldest = issues.find(({ date }) => !decided.has(date));
    const seconds = oldest
      ? Math.round((now.getTime() - closingTime(cadence, oldest.date, editionAtMinutes).getTime()) / 1000)
      : 0;
    measured.push({ cadence, seconds, date: oldest?.date ?? null });
  }
  return measured;
}
