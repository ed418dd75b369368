import type { Paper } from '../papers/index.ts';
import type { Clock, Db, Log } from '../platform/index.ts';
import { compileDigest, type Pieces } from './compile.ts';
import {
  type Choice,
  chooseDaily,
  chooseWeekly,
  type DailyCandidate,
  divide,
  LATE_DAYS,
} from './rules/choose.ts';
import { addDays, type Cadence, closingTime, coverOf, type Day, longDate, mondayOf } from './rules/dates.ts';
import { dueIssues, type Issue, readSilence } from './rules/due.ts';
import { issueName, issueUrl, reasons, type Site, subjectOf, viewDigest } from './rules/edition.ts';
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
}

/** How assembling ended. `reason` is a sentence. */
export type Assembled =
  | { outcome: 'made'; editionId: number; cards: number; more: number }
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

interface Chosen {
  choice: Choice<DailyCandidate>;
  /** All that was listed on the issue's days. */
  listed: DailyCandidate[];
}

async function choose(db: Db, { cadence, date }: Issue, editionSize: number): Promise<Chosen> {
  if (cadence === 'sample') {
    const listed = await store.readSampleCandidates(db);
    return { choice: divide(listed, editionSize), listed };
  }
  const { from, to } = coverOf(cadence, date);
  if (cadence === 'weekly') {
    const listed = await store.readCandidates(db, cadence, from, to);
    return { choice: chooseWeekly(listed, editionSize), listed };
  }
  const oldest = addDays(date, -LATE_DAYS);
  const candidates = await store.readCandidates(db, cadence, oldest, date);
  const closedDays = await store.readClosedDays(db, oldest, date);
  return {
    choice: chooseDaily(date, candidates, closedDays, editionSize),
    listed: candidates.filter((candidate) => candidate.listedOn.includes(date)),
  };
}

function whyNothing(cadence: Cadence, name: string, why: 'unlisted' | 'carried' | 'unheard'): string {
  if (cadence === 'sample') return 'There are no sample papers. Load them, then assemble again.';
  const place = cadence === 'weekly' ? `in ${name}` : `on ${name}`;
  if (why === 'carried') return `Every paper listed ${place} was in an earlier ${cadence} edition.`;
  if (why === 'unlisted') return `No papers were listed ${place}.`;
  return `No source answered for ${name} within 12 hours of its closing. What it lists later comes in the next edition.`;
}

/** Whether the issue's list is whole; see `readSilence`. */
async function listen(db: Db, context: AssembleContext, { cadence, date }: Issue, hasPapers: boolean) {
  const { from, to } = coverOf(cadence, date);
  const closesAt = closingTime(cadence, date, context.editionAtMinutes);
  return readSilence({
    now: context.clock.now(),
    closesAt,
    to,
    hasPapers,
    ...(await store.readAsked(db, from, to)),
  });
}

/** Ends an issue without papers: it is skipped, with a record of why. */
async function leaveOut(
  db: Db,
  context: AssembleContext,
  { cadence, date }: Issue,
  why: 'unlisted' | 'carried' | 'unheard',
  isDecided: boolean,
): Promise<Assembled> {
  const reason = whyNothing(cadence, issueName(cadence, date), why);
  // What an operator asks for ahead of time decides nothing: the clock still makes the edition when it closes.
  if (isDecided) {
    await store.writeSkip(db, cadence, date, reason, context.clock.now());
    context.log.info({ cadence, date, reason }, 'edition skipped');
  }
  return { outcome: 'skipped', reason };
}

/** Compiles the chosen papers and stores the edition; null when another clock was first. */
async function make(
  db: Db,
  context: AssembleContext,
  request: AssembleRequest,
  chosen: { cards: DailyCandidate[]; more: DailyCandidate[]; listed: DailyCandidate[] },
): Promise<number | null> {
  const { site, clock, editionAtMinutes } = context;
  const { cadence, date, force = false } = request;
  const { cards, more, listed } = chosen;
  const papers = new Map<string, Paper>();
  for (const paper of await store.readPapers(
    db,
    cards.map((card) => card.id),
  ))
    papers.set(paper.id, paper);
  const why = reasons(cadence, listed);
  const dressed = cards.map((card) => {
    const paper = papers.get(card.id);
    if (!paper) throw new Error(`The paper ${card.id} went away while its edition was made. Assemble again.`);
    // Votes as they were when the order was made, not as they may be a statement later.
    return { paper: { ...paper, upvotes: card.upvotes, comments: card.comments }, why: why(card) };
  });
  const { cards: pieces, ...shared } = await compileDigest(
    viewDigest(site, { cadence, date }, dressed, cards.length + more.length),
  );
  const now = clock.now();
  const editionId = await store.insertEdition(db, {
    cadence,
    issueDate: date,
    openedAt: force ? now : closingTime(cadence, date, editionAtMinutes),
    assembledAt: now,
    subject: subjectOf(cadence, date, dressed[0]?.paper.title ?? ''),
    skeleton: { ...shared, dayUrl: issueUrl(site.publicUrl, cadence, date) },
  });
  if (editionId === null) return null;
  const rowOf = (paper: DailyCandidate, rank: number, piece: Pieces | undefined): store.EditionPaperRow => ({
    paper_id: paper.id,
    rank,
    card: piece !== undefined,
    upvotes: paper.upvotes,
    comments: paper.comments,
    html: piece?.html ?? null,
    text: piece?.text ?? null,
  });
  const rows = [...cards, ...more].map((paper, index) => rowOf(paper, index + 1, pieces[index]));
  await store.insertEditionPapers(db, editionId, rows);
  await store.deleteSkip(db, cadence, date);
  return editionId;
}

/**
 * Makes an edition if it is not made: chooses, compiles once, stores, all in one transaction under the cadence's
 * lock, so that two clocks make one edition and no paper is carried twice. Without `force` an issue that has not
 * closed, or whose sources have not answered since it ended, is waited for; one without papers is skipped, and why is
 * kept in `edition_skips`.
 */
export async function assemble(context: AssembleContext, request: AssembleRequest): Promise<Assembled> {
  const { db, clock, log } = context;
  const { cadence, force = false } = request;
  const date = cadence === 'weekly' ? mondayOf(request.date) : request.date;
  const closesAt = closingTime(cadence, date, context.editionAtMinutes);
  if (!force && clock.now() < closesAt)
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
    const { choice, listed } = await choose(tx, { cadence, date }, context.editionSize);
    const silence =
      cadence === 'sample' ? 'heard' : await listen(tx, context, { cadence, date }, listed.length > 0);
    if (silence === 'waiting' && !force)
      return {
        outcome: 'waiting',
        reason: `No source has answered for ${issueName(cadence, date)} since it ended, so its list may not be whole.`,
      };
    if ('nothing' in choice) {
      const why = choice.nothing === 'unlisted' && silence === 'unheard' ? 'unheard' : choice.nothing;
      const isDecided = cadence !== 'sample' && silence !== 'waiting' && clock.now() >= closesAt;
      return leaveOut(tx, context, { cadence, date }, why, isDecided);
    }
    const editionId = await make(tx, context, { cadence, date, force }, { ...choice, listed });
    // The unique key stands behind the lock: whoever made it without the lock was first.
    if (editionId === null)
      return { outcome: 'exists', editionId: (await store.findEditionId(tx, cadence, date)) ?? 0 };
    const counts = { cards: choice.cards.length, more: choice.more.length };
    log.info({ editionId, cadence, date, ...counts }, 'edition made');
    return { outcome: 'made', editionId, ...counts };
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
