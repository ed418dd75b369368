import { hasPapers, type Kind, latestListedDay } from '../papers/index.ts';
import type { Db } from '../platform/index.ts';
import { today } from './rules/calendar.ts';

const DAY_MS = 86_400_000;

/** Samples are shown only as long as there is no real paper at all. */
export async function shownKind(db: Db): Promise<Kind> {
  return { sample: !(await hasPapers(db, { sample: false })) };
}

/** The latest day with papers; tomorrow's count too, since a source's day may begin before ours. */
export const latestDay = (db: Db, kind: Kind, now: Date) =>
  latestListedDay(db, { ...kind, onOrBefore: today(new Date(now.getTime() + DAY_MS)) });
