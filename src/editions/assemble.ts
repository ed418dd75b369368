import type { Clock, Db, Log } from '../platform/index.ts';
import { make } from './make.ts';
import { chooseIssue, LATE_DAYS } from './rules/choose.ts';
import { addDays, type Cadence, closingTime, coverOf, type Day, longDate, mondayOf } from './rules/dates.ts';
import { dueIssues, type Issue } from './rules/due.ts';
import { issueName, type Site } from './rules/edition.ts';
import {
  type AskedSource,
  noteOf,
  readReadiness,
  readSource,
  type SourceDay,
  type SourceState,
  whyGivenUp,
  whyWaiting,
} from './rules/readiness.ts';
import * as store from './store.ts';

/** What assembling touches, and the settings that it follows. */
export interface AssembleContext {
  db: Db;
  clock: Clock;
  log: Log;
  site: Site;
  /** Papers shown as cards; the rest are "N more". */
  editionSize: number;
  /** Minutes after midnight UTC at which an issue closes. */
  editionAtMinutes: number;
  /** The sources that are asked, and so waited for (default: Hugging Face). */
  sources?: readonly AskedSource[];
}

/** How assembling ended. `reason` is a sentence. */
export type Assembled =
  | { outcome: 'made'; editionId: number; cards: number; more: number; note: string | null }
  | { outcome: 'exists'; editionId: number }
  | { outcome: 'skipped'; reason: string }
  | { outcome: 'waiting'; reason: string };

/** What to assemble. */
export interface AssembleRequest {
  cadence: Cadence;
  /** 'YYYY-MM-DD'; for a weekly edition any day of its week. */
  date: Day;
  /** Made at once from what is there and opened now, even before it closes or where it was skipped (default: false). */
  force?: boolean;
}

/** All that an edition of the issue may be chosen from. */
async function readChoosing(db: Db, { cadence, date }: Issue) {
  if (cadence === 'sample')
    return { cadence, date, candidates: await store.readSampleCandidates(db), closedDays: [] };
  const { from, to } = coverOf(cadence, date);
  if (cadence === 'weekly')
    return { cadence, date, candidates: await store.readCandidates(db, cadence, from, to), closedDays: [] };
  const oldest = addDays(date, -LATE_DAYS);
  return {
    cadence,
    date,
    candidates: await store.readCandidates(db, cadence, oldest, date),
    closedDays: await store.readClosedDays(db, oldest, date),
  };
}

/** Where the issue's sources stand. A sample edition has none. */
async function readSources(
  db: Db,
  { sources = [{ name: 'huggingface' }] }: AssembleContext,
  issue: Issue,
  closesAt: Date,
): Promise<{ cursors: SourceDay[]; sources: SourceState[] }> {
  if (issue.cadence === 'sample') return { cursors: [], sources: [] };
  const { from, to } = coverOf(issue.cadence, issue.date);
  const cursors = await store.readSourceDays(db, from, to);
  return { cursors, sources: sources.map((source) => readSource(source, issue, cursors, closesAt)) };
}

/**
 * Of whom an edition speaks that an operator did not wait for. Before its time every list is unfinished, and the
 * operator knows it; a source that nobody has asked has not failed to answer.
 */
const spokenOf = (sources: readonly SourceState[], now: Date, closesAt: Date) =>
  now < closesAt ? [] : sources.filter(({ askedAt }) => askedAt !== null);

/** Why there is no edition, where every source has been heard. */
function whyNothing({ cadence, date }: Issue, why: 'unlisted' | 'carried'): string {
  if (cadence === 'sample') return 'There are no sample papers. Load them, then assemble again.';
  const place = `${cadence === 'weekly' ? 'in' : 'on'} ${issueName(cadence, date)}`;
  return why === 'carried'
    ? `Every paper listed ${place} was in an earlier ${cadence} edition.`
    : `No papers were listed ${place}.`;
}

/**
 * Makes an edition if it is not made: chooses, compiles once, stores, all in one transaction under the cadence's
 * lock, so that two clocks make one edition and no paper is carried twice. Without `force` an issue that has not
 * closed, or whose sources are not ready, is waited for (see `readReadiness`); one that is made before they are says so
 * in its note; one without papers is skipped, and why is kept in `edition_skips`.
 */
export async function assemble(context: AssembleContext, request: AssembleRequest): Promise<Assembled> {
  const { db, clock, log } = context;
  const { cadence, force = false } = request;
  const date = cadence === 'weekly' ? mondayOf(request.date) : request.date;
  const issue = { cadence, date };
  const now = clock.now();
  const closesAt = closingTime(cadence, date, context.editionAtMinutes);
  if (!force && now < closesAt)
    return {
      outcome: 'waiting',
      reason: `The ${cadence} edition of ${longDate(date)} closes at ${closesAt.toISOString()}.`,
    };
  return db.transaction(async (tx): Promise<Assembled> => {
    await store.lockCadence(tx, cadence);
    const existing = await store.findEditionId(tx, cadence, date);
    if (existing !== null) return { outcome: 'exists', editionId: existing };
    const skip = force ? null : await store.readSkip(tx, cadence, date);
    if (skip !== null) return { outcome: 'skipped', reason: skip };
    const choosing = { ...(await readChoosing(tx, issue)), editionSize: context.editionSize };
    const { choice, listed } = chooseIssue(choosing);
    const { cursors, sources } = await readSources(tx, context, issue, closesAt);
    const readiness = readReadiness({ now, closesAt, hasPapers: listed.length > 0, sources });
    if (readiness === 'waiting' && !force) return { outcome: 'waiting', reason: whyWaiting(sources, issue) };
    if ('nothing' in choice) {
      const isGivenUp = choice.nothing === 'unlisted' && readiness === 'deadline';
      const reason = isGivenUp ? whyGivenUp(sources, issue) : whyNothing(issue, choice.nothing);
      // What an operator asks for ahead of time decides nothing: the clock still makes the edition when it closes.
      if (cadence !== 'sample' && readiness !== 'waiting' && now >= closesAt) {
        await store.writeSkip(tx, cadence, date, reason, now);
        log.info({ cadence, date, reason }, 'edition skipped');
      }
      return { outcome: 'skipped', reason };
    }
    const note = noteOf(readiness === 'deadline' ? sources : spokenOf(sources, now, closesAt), issue);
    const editionId = await make(
      { db: tx, site: context.site },
      {
        ...choosing,
        ...choice,
        listed,
        cursors,
        sources,
        note,
        closed: readiness === 'waiting' ? 'asked' : readiness,
        openedAt: force ? now : closesAt,
        assembledAt: now,
      },
    );
    // The unique key stands behind the lock: whoever made it without the lock was first.
    if (editionId === null)
      return { outcome: 'exists', editionId: (await store.findEditionId(tx, cadence, date)) ?? 0 };
    const counts = { cards: choice.cards.length, more: choice.more.length };
    log.info({ editionId, cadence, date, ...counts, note }, 'edition made');
    return { outcome: 'made', editionId, ...counts, note };
  });
}

/**
 * Makes every edition that has closed within the last 7 days (weekly: 2 weeks) and has neither edition nor skip,
 * oldest first. Days before the first that the house knows a listing of or asked a source for are not due, so a fresh
 * database begins without a list of skips.
 */
export async function assembleDue(context: AssembleContext): Promise<(Issue & Assembled)[]> {
  const since = (await store.readFirstDay(context.db)) ?? undefined;
  const due = dueIssues(context.clock.now(), since, context.editionAtMinutes);
  const done: (Issue & Assembled)[] = [];
  for (const cadence of ['daily', 'weekly'] as const) {
    const issues = due.filter((issue) => issue.cadence === cadence);
    const [oldest] = issues;
    if (!oldest) continue;
    const decided = new Set(await store.readDecidedDates(context.db, cadence, oldest.date));
    for (const issue of issues)
      if (!decided.has(issue.date)) done.push({ ...issue, ...(await assemble(context, issue)) });
  }
  return done;
}
