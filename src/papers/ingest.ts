import type { Clock, Db, Log } from '../platform/index.ts';
import { isDay } from './rules/day.ts';
import type { ItemFault } from './rules/paper.ts';
import { tidyText } from './rules/text.ts';
import { type Source, SourceError } from './sources/source.ts';
import { keepCursor, readCursor, recordFailure, storeDay } from './store.ts';

/** What came of asking one source for one day. */
export interface IngestRow {
  source: string;
  day: string;
  /** `empty`: the source answered that nothing is listed on that day, as at weekends. `failed`: nothing was changed. */
  outcome: 'stored' | 'unchanged' | 'empty' | 'failed';
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

interface Ingesting {
  db: Db;
  clock: Clock;
  log: Log;
}

const nothing = { papers: 0, fresh: 0, faults: [], strays: 0 };

async function ingestDay({ db, clock }: Ingesting, source: Source, day: string): Promise<IngestRow> {
  const cursor = await readCursor(db, source.name, day);
  const answer = await source.fetchDay(day, cursor?.etag ?? null);
  const now = clock.now();
  if (answer.kind === 'unchanged') {
    await keepCursor(db, source.name, day, now);
    return { ...nothing, source: source.name, day, outcome: 'unchanged', papers: cursor?.papers ?? 0 };
  }
  const { items, faults, strays, withdrawn, etag } = answer;
  const [firstFault] = faults;
  // Not one usable item among several is a changed format, not a day without papers.
  if (items.length === 0 && firstFault)
    throw new SourceError(
      `${source.name} listed nothing usable for ${day}: ${faults.length} malformed items, the first is ${firstFault.place}, ${firstFault.reason}; the papers known so far stay.`,
    );
  const { fresh } = await storeDay(db, { source: source.name, day, papers: items, withdrawn, etag, now });
  const outcome = items.length === 0 ? 'empty' : 'stored';
  return { source: source.name, day, outcome, papers: items.length, fresh, faults, strays };
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

async function ingestSource(deps: Ingesting, source: Source, days: readonly string[]): Promise<IngestRow[]> {
  const rows: IngestRow[] = [];
  let away: string | undefined;
  for (const day of days) {
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
        row = await ingestDay(deps, source, day);
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        if (error.away) away = error.message;
        row = failed(tidyText(error.message, 1000));
      }
    }
    if (row.error !== undefined && isDay(day))
      await recordFailure(deps.db, source.name, day, deps.clock.now(), row.error);
    tell(deps.log, row);
    rows.push(row);
  }
  return rows;
}

/**
 * Asks each source for each day, oldest first, and stores what it lists. A failing source keeps its old papers, stops
 * no other source, and is asked again by the next call; one that is away is not asked for the remaining days.
 * Safe to repeat, and in several processes at once.
 *
 * @returns a row for each source and day
 * @throws only when the database fails, or a source throws anything but a SourceError
 */
export async function ingest(
  deps: Ingesting & { sources: readonly Source[] },
  options: { days: readonly string[] },
): Promise<IngestReport> {
  const days = [...new Set(options.days)].sort();
  const report: IngestReport = [];
  const broken: unknown[] = [];
  // One after the other, so that `db` may be a transaction (a rehearsal).
  for (const source of deps.sources) {
    try {
      report.push(...(await ingestSource(deps, source, days)));
    } catch (error) {
      broken.push(error);
    }
  }
  // A bug or a broken database is told when the other sources have had their turn.
  if (broken.length > 0) throw broken[0];
  return report;
}
