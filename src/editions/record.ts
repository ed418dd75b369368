import type { Paper } from '../papers/index.ts';
import type { Db } from '../platform/index.ts';
import type { DailyCandidate } from './rules/choose.ts';
import type { Day } from './rules/dates.ts';
import type { Site } from './rules/edition.ts';
import type { SourceDay, SourceState } from './rules/readiness.ts';

/** What an edition was made from; see the table's comments. */
export interface EditionRecord {
  closed: 'ready' | 'deadline' | 'asked';
  sources: SourceState[];
  cursors: SourceDay[];
  listed: number;
  candidates: DailyCandidate[];
  closedDays: Day[];
  editionSize: number;
  site: Site;
  papers: Paper[];
  templatesSha256: string;
  papersSha256: string;
  piecesSha256: string;
}

/** Keeps what an edition was made from. */
export async function insertRecord(db: Db, editionId: number, record: EditionRecord): Promise<void> {
  await db.query(
    'editions.insert-record',
    `insert into edition_records (edition_id, closed, sources, cursors, listed, candidates, closed_days, edition_size,
                                  site, papers, templates_sha256, papers_sha256, pieces_sha256)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      editionId,
      record.closed,
      JSON.stringify(record.sources),
      JSON.stringify(record.cursors),
      record.listed,
      JSON.stringify(record.candidates),
      JSON.stringify(record.closedDays),
      record.editionSize,
      JSON.stringify(record.site),
      JSON.stringify(record.papers),
      record.templatesSha256,
      record.papersSha256,
      record.piecesSha256,
    ],
  );
}

/** What an edition was made from, its times as ISO texts; null for an edition from before records were kept. */
export async function readRecord(
  db: Db,
  editionId: number,
): Promise<Omit<EditionRecord, 'sources' | 'cursors'> | null> {
  const [row] = await db.query<Omit<EditionRecord, 'sources' | 'cursors'>>(
    'editions.read-record',
    `select closed, listed, candidates, closed_days as "closedDays", edition_size as "editionSize", site, papers,
            templates_sha256 as "templatesSha256", papers_sha256 as "papersSha256", pieces_sha256 as "piecesSha256"
     from edition_records where edition_id = $1`,
    [editionId],
  );
  return row ?? null;
}
