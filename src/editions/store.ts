import type { Paper } from '../papers/index.ts';
import type { Db } from '../platform/index.ts';
import type { Skeleton } from './compile.ts';
import type { DailyCandidate } from './rules/choose.ts';
import type { Cadence, Day } from './rules/dates.ts';
import type { SourceDay } from './rules/readiness.ts';
import type { Piece } from './rules/skeleton.ts';

/** What an edition keeps beside its cards; the last two are absent in editions from before digests of one's own. */
export type StoredSkeleton = Omit<Skeleton, 'cards'> & { dayUrl: string; count?: string; preheader?: string };

/** A chosen paper as it is stored, with its card; `card`: it is one in the edition itself. */
export interface EditionPaperRow {
  paper_id: string;
  rank: number;
  card: boolean;
  upvotes: number;
  comments: number;
  html: Piece;
  text: Piece;
  title: string;
  why: string;
}

/** The columns of `papers p` as a Paper. */
export const PAPER_COLUMNS = `p.id, p.title, p.abstract, p.summary, p.authors, p.organisation, p.keywords,
  p.published_on as "publishedOn", p.code_url as "codeUrl", p.code_stars as "codeStars", p.project_url as "projectUrl",
  p.upvotes, p.comments, p.categories, p.version, p.sample`;

/** Makes whoever assembles the same cadence wait until this transaction ends: two clocks, one after the other. */
export async function lockCadence(db: Db, cadence: Cadence): Promise<void> {
  await db.query(
    'editions.lock-cadence',
    `select pg_advisory_xact_lock(hashtext('paperboy.assemble.' || $1))`,
    [cadence],
  );
}

/** The edition's id, or null. Withdrawn ones count: their name is taken. */
export async function findEditionId(db: Db, cadence: Cadence, issueDate: Day): Promise<number | null> {
  const [row] = await db.query<{ id: number }>(
    'editions.find-id',
    'select id from editions where cadence = $1 and issue_date = $2',
    [cadence, issueDate],
  );
  return row?.id ?? null;
}

/** Why the date got no edition; null where none was decided. */
export async function readSkip(db: Db, cadence: Cadence, issueDate: Day): Promise<string | null> {
  const [row] = await db.query<{ reason: string }>(
    'editions.read-skip',
    'select reason from edition_skips where cadence = $1 and issue_date = $2',
    [cadence, issueDate],
  );
  return row?.reason ?? null;
}

/** Records that a date gets no edition. */
export async function writeSkip(
  db: Db,
  cadence: Cadence,
  issueDate: Day,
  reason: string,
  at: Date,
): Promise<void> {
  await db.query(
    'editions.write-skip',
    `insert into edition_skips (cadence, issue_date, reason, decided_at) values ($1, $2, $3, $4)
     on conflict do nothing`,
    [cadence, issueDate, reason, at],
  );
}

/** Forgets a skip: an operator made the edition after all. */
export async function deleteSkip(db: Db, cadence: Cadence, issueDate: Day): Promise<void> {
  await db.query('editions.delete-skip', 'delete from edition_skips where cadence = $1 and issue_date = $2', [
    cadence,
    issueDate,
  ]);
}

/** Real papers with a real listing from `from` to `to`, each with those listings and whether the cadence carried it. */
export async function readCandidates(
  db: Db,
  cadence: Cadence,
  from: Day,
  to: Day,
): Promise<DailyCandidate[]> {
  return db.query<DailyCandidate>(
    'editions.read-candidates',
    // Dates as text: only single dates come as 'YYYY-MM-DD', arrays of them would come as moments.
    `select p.id, p.upvotes, p.comments,
            array_agg(distinct l.listed_on::text order by l.listed_on::text) as "listedOn",
            array_agg(distinct l.source order by l.source) as sources,
            exists (select from edition_papers ep join editions e on e.id = ep.edition_id
                    where ep.paper_id = p.id and e.cadence = $1) as carried
     from listings l join papers p on p.id = l.paper_id
     where l.listed_on between $2 and $3 and l.source <> 'sample' and not p.sample
     group by p.id`,
    [cadence, from, to],
  );
}

/** The sample papers; a sample edition may repeat them. */
export async function readSampleCandidates(db: Db): Promise<DailyCandidate[]> {
  return db.query<DailyCandidate>(
    'editions.read-sample-candidates',
    `select p.id, p.upvotes, p.comments, '{}'::text[] as "listedOn", '{}'::text[] as sources,
            false as carried from papers p where p.sample`,
  );
}

/** Papers by id, in any order. */
export async function readPapers(db: Db, ids: readonly string[]): Promise<Paper[]> {
  return db.query<Paper>(
    'editions.read-papers',
    `select ${PAPER_COLUMNS} from papers p where p.id = any ($1)`,
    [ids],
  );
}

/** Issue dates from `from` on and before `before` that have a daily edition or a skip. */
export async function readClosedDays(db: Db, from: Day, before: Day): Promise<Day[]> {
  const rows = await db.query<{ issue_date: Day }>(
    'editions.read-closed-days',
    `select issue_date from editions where cadence = 'daily' and issue_date >= $1 and issue_date < $2
     union select issue_date from edition_skips where cadence = 'daily' and issue_date >= $1 and issue_date < $2`,
    [from, before],
  );
  return rows.map((row) => row.issue_date);
}

/** Issue dates of a cadence from `from` on that have an edition or a skip. */
export async function readDecidedDates(db: Db, cadence: Cadence, from: Day): Promise<Day[]> {
  const rows = await db.query<{ issue_date: Day }>(
    'editions.read-decided-dates',
    `select issue_date from editions where cadence = $1 and issue_date >= $2
     union select issue_date from edition_skips where cadence = $1 and issue_date >= $2`,
    [cadence, from],
  );
  return rows.map((row) => row.issue_date);
}

/** Where every source stands with each of the days, in order of source and day. */
export async function readSourceDays(db: Db, from: Day, to: Day): Promise<SourceDay[]> {
  return db.query<SourceDay>(
    'editions.read-source-days',
    `select source, listed_on as "listedOn", c.etag, c.succeeded_at as "answeredAt", c.failed_at as "failedAt",
            coalesce(l.papers, 0) as papers, l.first_seen_at as "firstSeenAt", l.grew_at as "grewAt"
     from (select * from source_cursors where listed_on between $1 and $2) c
     full join (select source, listed_on, count(*) as papers, min(first_seen_at) as first_seen_at,
                       max(first_seen_at) as grew_at
                from listings where listed_on between $1 and $2 and source <> 'sample'
                group by source, listed_on) l using (source, listed_on)
     order by source, listed_on`,
    [from, to],
  );
}

/** The earliest day that a real listing is known of or a source has answered for; null on a fresh database. */
export async function readFirstDay(db: Db): Promise<Day | null> {
  const [row] = await db.query<{ day: Day | null }>(
    'editions.read-first-day',
    `select least((select min(listed_on) from listings where source <> 'sample'),
                  (select min(listed_on) from source_cursors where succeeded_at is not null)) as day`,
  );
  return row?.day ?? null;
}

/** What `insertEdition` writes. */
export interface NewEdition {
  cadence: Cadence;
  issueDate: Day;
  openedAt: Date;
  assembledAt: Date;
  subject: string;
  skeleton: StoredSkeleton;
  note: string | null;
}

/** Writes an edition; null when its name is taken. */
export async function insertEdition(db: Db, edition: NewEdition): Promise<number | null> {
  const [row] = await db.query<{ id: number }>(
    'editions.insert',
    `insert into editions (cadence, issue_date, opened_at, assembled_at, subject, skeleton, note)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (cadence, issue_date) do nothing returning id`,
    [
      edition.cadence,
      edition.issueDate,
      edition.openedAt,
      edition.assembledAt,
      edition.subject,
      JSON.stringify(edition.skeleton),
      edition.note,
    ],
  );
  return row?.id ?? null;
}

/** Writes an edition's papers as printed. */
export async function insertEditionPapers(
  db: Db,
  editionId: number,
  papers: readonly EditionPaperRow[],
): Promise<void> {
  await db.query(
    'editions.insert-papers',
    `insert into edition_papers (edition_id, paper_id, rank, card, upvotes, comments, html, text, title, why)
     select $1, r.paper_id, r.rank, r.card, r.upvotes, r.comments, r.html, r.text, r.title, r.why
     from jsonb_to_recordset($2::jsonb) as r(paper_id text, rank integer, card boolean, upvotes integer,
                                             comments integer, html jsonb, text jsonb, title text, why text)`,
    [editionId, JSON.stringify(papers)],
  );
}
