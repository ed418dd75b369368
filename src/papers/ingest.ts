import type { Clock, Db, Log } from '../platform/index.ts';
import { type Cursor, keepCursor, readCursor, recordFailure } from './cursors.ts';
import { addDays, dayOf, isDay } from './rules/day.ts';
import { isOldCopy } from './rules/merge.ts';
import type { ItemFault } from './rules/paper.ts';
import { tidyText } from './rules/text.ts';
import { type Source, SourceError } from './sources/source.ts';
import { readShown, storeDay } from './store.ts';

/** What came of asking one source for one day. */
export interface IngestRow {
  source: string;
  day: string;
  /**
   * `unchanged`: what is stored stands, with or without a request. `empty`: the source answered that nothing is listed
   * on that day, as at weekends. `pending`: it will speak of the day later. `failed`: nothing was changed.
   */
  outcome: 'stored' | 'unchanged' | 'empty' | 'pending' | 'failed';
  /** Papers that the source lists on the day. */
  papers: number;
  /** Of these, how many it had not listed on that day before. */
  fresh: number;
  /** Items that could not be used. */
  faults: ItemFault[];
  /** Items that belong to another day and were left out. */
  strays: number;
  /** Why it failed: a sentence that names the source and what to do. */
  error?: string;
}

/** A row for each source and day. */
export type IngestReport = IngestRow[];

/** Which days, and how. */
export interface IngestOptions {
  days: readonly string[];
  /** What is stored counts for nothing: each source gives its whole answer again. Default: ask only for changes. */
  again?: boolean;
  /** Days for which the source answered after they were over are not asked for: to go on with a long range. Default: false. */
  skipHad?: boolean;
  /** Told of each row as it comes. */
  onRow?: (row: IngestRow) => void;
  /** Ends it after the day under way; the report has what was done. */
  signal?: AbortSignal;
}

interface Ingesting {
  db: Db;
  clock: Clock;
  log: Log;
}

const nothing = { papers: 0, fresh: 0, faults: [], strays: 0 };

function stands(cursor: Cursor | undefined, day: string, now: Date, options: IngestOptions): boolean {
  if (!cursor?.succeededAt || options.again) return false;
  if (cursor.freshUntil && cursor.freshUntil > now) return true;
  return options.skipHad === true && dayOf(cursor.succeededAt) > day;
}

async function ingestDay(
  { db, clock }: Ingesting,
  source: Source,
  day: string,
  options: IngestOptions,
): Promise<IngestRow> {
  const row = { ...nothing, source: source.name, day };
  if (day > dayOf(clock.now()))
    throw new SourceError(`${source.name} was not asked for ${day}, which is in the future.`);
  const cursor = await readCursor(db, source.name, day);
  const known = cursor?.papers ?? 0;
  if (stands(cursor, day, clock.now(), options)) return { ...row, outcome: 'unchanged', papers: known };
  const answer = await source.fetchDay(day, options.again ? null : (cursor?.etag ?? null));
  const now = clock.now();
  if (answer.kind === 'pending') return { ...row, outcome: 'pending', papers: known };
  if (answer.kind === 'unchanged') {
    await keepCursor(db, source.name, day, now, answer.freshUntil);
    return { ...row, outcome: 'unchanged', papers: known };
  }
  const { items, faults, strays } = answer;
  const [firstFault] = faults;
  // Not one usable item among several is a changed format, not a day without papers.
  if (items.length === 0 && firstFault)
    throw new SourceError(
      `${source.name} listed nothing usable for ${day}: ${faults.length} malformed items, the first is ${firstFault.place}, ${firstFault.reason}; the papers known so far stay.`,
    );
  if (!source.announces && isOldCopy(await readShown(db, source.name, day), items))
    throw new SourceError(
      `${source.name} gave an older list for ${day} than it gave before (fewer votes, nothing new), as from a stale cache; the papers known so far stay, and the next run tries again.`,
    );
  const { fresh } = await storeDay(db, {
    ...answer,
    source: source.name,
    day,
    papers: items,
    announces: source.announces === true,
    now,
  });
  const outcome = items.length === 0 ? 'empty' : 'stored';
  return { ...row, outcome, papers: items.length, fresh, faults, strays };
}

function tell(log: Log, row: IngestRow): void {
  const { source, day, outcome, papers, fresh, faults, strays, error } = row;
  const event = { source, day, outcome, papers, fresh };
  if (outcome === 'failed') log.warn({ source, day, error }, 'a source failed');
  else log.info(event, 'asked a source for a day');
  if (strays > 0) log.warn({ source, day, strays }, 'left out papers that are listed on another day');
  // The report has them all; a hostile list shall not fill the log.
  if (faults.length > 0)
    log.warn({ source, day, faults: faults.length, first: faults.slice(0, 5) }, 'left out malformed items');
}

async function ingestSource(
  deps: Ingesting,
  source: Source,
  days: readonly string[],
  options: IngestOptions,
): Promise<IngestRow[]> {
  const rows: IngestRow[] = [];
  let away: string | undefined;
  for (const day of days) {
    if (options.signal?.aborted) break;
    const failed = (error: string): IngestRow => ({
      ...nothing,
      source: source.name,
      day,
      outcome: 'failed',
      error,
    });
    let row: IngestRow;
    if (!isDay(day)) {
      row = failed(`"${tidyText(day, 40)}" is no day; ask for one as YYYY-MM-DD.`);
    } else if (away !== undefined) {
      row = failed(away);
    } else {
      try {
        row = await ingestDay(deps, source, day, options);
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        if (error.away) away = error.message;
        row = failed(tidyText(error.message, 1000));
      }
    }
    if (row.error !== undefined && isDay(day))
      await recordFailure(deps.db, source.name, day, deps.clock.now(), row.error);
    tell(deps.log, row);
    options.onRow?.(row);
    rows.push(row);
  }
  return rows;
}

/** The days from one to another, both included; none where the second comes first. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days;
}

/**
 * Asks each source for each day, oldest first, and stores what it lists. A failing source keeps its old papers, stops
 * no other source, and is asked again by the next call; one that is away is not asked for the remaining days.
 * Safe to repeat, to break off, and in several processes at once.
 *
 * @returns a row for each source and day
 * @throws only when the database fails, or a source throws anything but a SourceError
 */
export async function ingest(
  deps: Ingesting & { sources: readonly Source[] },
  options: IngestOptions,
): Promise<IngestReport> {
  const days = [...new Set(options.days)].sort();
  const report: IngestReport = [];
  const broken: unknown[] = [];
  // One after the other, so that `db` may be a transaction (a rehearsal).
  for (const source of deps.sources) {
    try {
      report.push(...(await ingestSource(deps, source, days, options)));
    } catch (error) {
      broken.push(error);
    }
  }
  // A bug or a broken database is told when the other sources have had their turn.
  if (broken.length > 0) throw broken[0];
  return report;
}
