import type { Db } from '../platform/index.ts';
import type { ListedPaper } from './rules/paper.ts';

/** The source under which sample papers are listed. A paper is a sample exactly while this is its only source. */
export const SAMPLE_SOURCE = 'sample';

/** What one answer of one source changes. */
export interface DayToStore {
  source: string;
  day: string;
  /** All listed on `day`, one entry a paper. */
  papers: readonly ListedPaper[];
  withdrawn: readonly string[];
  etag: string | null;
  now: Date;
}

// The shape in which a set of papers goes to Postgres: one JSON parameter, so that a day is one round trip.
const ITEMS = `jsonb_to_recordset($1::jsonb) as i (
  "id" text, "title" text, "abstract" text, "summary" text, "authors" text[], "organisation" text, "keywords" text[],
  "publishedOn" date, "codeUrl" text, "codeStars" integer, "projectUrl" text, "upvotes" integer, "comments" integer)`;

// Two processes may read the same day at once. Storing takes milliseconds, so they take turns, whatever the day: no
// deadlock, and the second one sees the votes that the first one wrote.
/** Waits for the other writers of papers; held to the end of the transaction. */
export async function lockPapers(db: Db): Promise<void> {
  await db.query('papers: lock', "select pg_advisory_xact_lock(hashtext('paperboy papers'))");
}

/** A sample paper that a real source lists becomes real: nothing that was invented of it stays. */
async function forgetSamples(db: Db, ids: readonly string[], now: Date): Promise<void> {
  await db.query(
    'papers: forget samples',
    `with real as (
       update papers set sample = false, upvotes = 0, comments = 0, abstract = '', summary = null, authors = '{}',
         organisation = null, keywords = '{}', code_url = null, code_stars = null, project_url = null,
         first_seen_at = $3
       where id = any ($1) and sample
       returning id
     )
     delete from listings where source = $2 and paper_id in (select id from real)`,
    [ids, SAMPLE_SOURCE, now],
  );
}

/**
 * Inserts or updates papers by id. What an answer leaves out stays as it was known (absent fields are omitted by
 * sources, and several sources may know one paper). A paper that is already listed on a later day is left as it is:
 * sources move re-listed papers, and the newest listing speaks for them.
 */
async function upsertPapers(db: Db, items: string, day: string, now: Date): Promise<void> {
  await db.query(
    'papers: upsert',
    `insert into papers as p (id, title, abstract, summary, authors, organisation, keywords, published_on, code_url,
       code_stars, project_url, upvotes, comments, sample, first_seen_at, updated_at)
     select i.id, i.title, i.abstract, i.summary, i.authors, i.organisation, i.keywords, i."publishedOn", i."codeUrl",
       i."codeStars", i."projectUrl", i.upvotes, i.comments, false, $3, $3
     from ${ITEMS}
     where not exists (select from listings l where l.paper_id = i.id and l.listed_on > $2)
     order by i.id
     on conflict (id) do update set
       title = excluded.title,
       abstract = coalesce(nullif(excluded.abstract, ''), p.abstract),
       summary = coalesce(excluded.summary, p.summary),
       authors = case when excluded.authors = '{}' then p.authors else excluded.authors end,
       organisation = coalesce(excluded.organisation, p.organisation),
       keywords = case when excluded.keywords = '{}' then p.keywords else excluded.keywords end,
       published_on = coalesce(excluded.published_on, p.published_on),
       code_url = coalesce(excluded.code_url, p.code_url),
       code_stars = coalesce(excluded.code_stars, p.code_stars),
       project_url = coalesce(excluded.project_url, p.project_url),
       upvotes = excluded.upvotes,
       comments = excluded.comments,
       updated_at = excluded.updated_at
     where (p.title, p.abstract, p.summary, p.authors, p.organisation, p.keywords, p.published_on, p.code_url,
         p.code_stars, p.project_url, p.upvotes, p.comments)
       is distinct from (excluded.title, coalesce(nullif(excluded.abstract, ''), p.abstract),
         coalesce(excluded.summary, p.summary),
         case when excluded.authors = '{}' then p.authors else excluded.authors end,
         coalesce(excluded.organisation, p.organisation),
         case when excluded.keywords = '{}' then p.keywords else excluded.keywords end,
         coalesce(excluded.published_on, p.published_on), coalesce(excluded.code_url, p.code_url),
         coalesce(excluded.code_stars, p.code_stars), coalesce(excluded.project_url, p.project_url),
         excluded.upvotes, excluded.comments)`,
    [items, day, now],
  );
}

/** @returns how many of the papers this source had not listed on that day before */
async function insertListings(db: Db, day: DayToStore): Promise<number> {
  const rows = await db.query(
    'papers: insert listings',
    `insert into listings (source, paper_id, listed_on, first_seen_at)
     select $1, id, $3, $4 from unnest($2::text[]) as id
     on conflict do nothing
     returning paper_id`,
    [day.source, day.papers.map((paper) => paper.id), day.day, day.now],
  );
  return rows.length;
}

/** Keeps votes and comments where they differ from what this source showed last, and only from the newest listing. */
async function insertSightings(db: Db, items: string, day: DayToStore): Promise<void> {
  await db.query(
    'papers: insert sightings',
    `insert into sightings (source, paper_id, seen_at, upvotes, comments)
     select $2, i.id, $4, i.upvotes, i.comments
     from ${ITEMS}
     left join lateral (
       select s.upvotes, s.comments from sightings s
       where s.paper_id = i.id and s.source = $2
       order by s.seen_at desc limit 1
     ) last on true
     where (last.upvotes, last.comments) is distinct from (i.upvotes, i.comments)
       and not exists (select from listings l where l.paper_id = i.id and l.listed_on > $3)
     on conflict (paper_id, source, seen_at) do update
       set upvotes = excluded.upvotes, comments = excluded.comments`,
    [items, day.source, day.day, day.now],
  );
}

/** Withdrawn papers leave the lists of this source; editions that carried them stay as they were. */
async function removeListings(db: Db, source: string, ids: readonly string[]): Promise<void> {
  await db.query(
    'papers: remove listings',
    'delete from listings where source = $1 and paper_id = any ($2)',
    [source, ids],
  );
}

async function moveCursor(db: Db, day: DayToStore): Promise<void> {
  await db.query(
    'papers: move cursor',
    `insert into source_cursors (source, listed_on, etag, papers, succeeded_at)
     values ($1, $2, $3, $4, $5)
     on conflict (source, listed_on) do update
       set etag = excluded.etag, papers = excluded.papers, succeeded_at = excluded.succeeded_at, failure = null`,
    [day.source, day.day, day.etag, day.papers.length, day.now],
  );
}

/**
 * Stores a source's answer for a day, whole or not at all. Safe to repeat and to run in several processes at once.
 *
 * @returns fresh - papers that this source had not listed on that day before
 */
export async function storeDay(db: Db, day: DayToStore): Promise<{ fresh: number }> {
  const items = JSON.stringify(day.papers);
  return db.transaction(async (tx) => {
    await lockPapers(tx);
    let fresh = 0;
    if (day.papers.length > 0) {
      await forgetSamples(
        tx,
        day.papers.map((paper) => paper.id),
        day.now,
      );
      await upsertPapers(tx, items, day.day, day.now);
      await insertSightings(tx, items, day);
      fresh = await insertListings(tx, day);
    }
    if (day.withdrawn.length > 0) await removeListings(tx, day.source, day.withdrawn);
    await moveCursor(tx, day);
    return { fresh };
  });
}

/** What is known of a source and day; undefined where it was never asked. */
export async function readCursor(
  db: Db,
  source: string,
  day: string,
): Promise<{ etag: string | null; papers: number } | undefined> {
  const rows = await db.query<{ etag: string | null; papers: number }>(
    'papers: read cursor',
    'select etag, papers from source_cursors where source = $1 and listed_on = $2',
    [source, day],
  );
  return rows[0];
}

/** The source was asked and nothing had changed. */
export async function keepCursor(db: Db, source: string, day: string, now: Date): Promise<void> {
  await db.query(
    'papers: keep cursor',
    'update source_cursors set succeeded_at = $3, failure = null where source = $1 and listed_on = $2',
    [source, day, now],
  );
}

/** The source failed; what it gave before stays. */
export async function recordFailure(
  db: Db,
  source: string,
  day: string,
  now: Date,
  failure: string,
): Promise<void> {
  await db.query(
    'papers: record failure',
    `insert into source_cursors (source, listed_on, failed_at, failure) values ($1, $2, $3, $4)
     on conflict (source, listed_on) do update set failed_at = excluded.failed_at, failure = excluded.failure`,
    [source, day, now, failure],
  );
}
