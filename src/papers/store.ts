import type { Db } from '../platform/index.ts';
import { moveCursor } from './cursors.ts';
import type { Shown } from './rules/merge.ts';
import type { ListedPaper } from './rules/paper.ts';

/** The source under which sample papers are listed. A paper is a sample exactly while this is its only source. */
export const SAMPLE_SOURCE = 'sample';

/** What one answer of one source changes. */
export interface DayToStore {
  source: string;
  day: string;
  /** All listed on `day`, one entry a paper. */
  papers: readonly ListedPaper[];
  /** Described anew where they are known, not listed. */
  updates?: readonly ListedPaper[];
  /** The source announces and does not rank: see `Source.announces`. */
  announces?: boolean;
  withdrawn: readonly string[];
  etag: string | null;
  freshUntil?: Date | null;
  now: Date;
}

// The shape in which a set of papers goes to Postgres: one JSON parameter, so that a day is one round trip.
const ITEMS = `jsonb_to_recordset($1::jsonb) as i (
  "id" text, "title" text, "abstract" text, "summary" text, "authors" text[], "organisation" text, "keywords" text[],
  "publishedOn" date, "codeUrl" text, "codeStars" integer, "projectUrl" text, "upvotes" integer, "comments" integer,
  "categories" text[], "version" smallint)`;

// Two processes may read the same day at once. Storing takes milliseconds, so they take turns, whatever the day: no
// deadlock, and the second one sees the votes that the first one wrote.
/** Waits for the other writers of papers; held to the end of the transaction. */
export async function lockPapers(db: Db): Promise<void> {
  await db.query('papers: lock', "select pg_advisory_xact_lock(hashtext('paperboy papers'))");
}

/** A sample paper that a real source lists becomes real: nothing that was invented of it stays. */
async function forgetSamples(db: Db, ids: readonly string[], now: Date): Promise<void> {
  // Asked first: where there are none, as nearly always, nothing that hangs on changes of the tables has work.
  const samples = await db.query(
    'papers: find samples',
    'select from papers where id = any ($1) and sample limit 1',
    [ids],
  );
  if (samples.length === 0) return;
  await db.query(
    'papers: forget samples',
    `with real as (
       update papers set sample = false, upvotes = 0, comments = 0, abstract = '', summary = null, authors = '{}',
         organisation = null, keywords = '{}', code_url = null, code_stars = null, project_url = null,
         first_seen_at = $3, first_source = null
       where id = any ($1) and sample
       returning id
     )
     delete from listings where source = $2 and paper_id in (select id from real)`,
    [ids, SAMPLE_SOURCE, now],
  );
}

/** A later listing, by a source that told votes: it speaks for the paper. Of `i`, on `$2`. */
const SPOKEN_FOR = `exists (
  select from listings l where l.paper_id = i.id and l.listed_on > $2
    and exists (select from sightings s where s.paper_id = l.paper_id and s.source = l.source))`;

/**
 * Inserts or updates papers by id, as told by a source that ranks. What an answer leaves out stays as it was known
 * (absent fields are omitted by sources, and several sources may know one paper). A paper that is already listed on a
 * later day is left as it is: sources move re-listed papers, and the newest listing speaks for them.
 */
async function upsertPapers(db: Db, items: string, { day, source, now }: DayToStore): Promise<void> {
  await db.query(
    'papers: upsert',
    `insert into papers as p (id, title, abstract, summary, authors, organisation, keywords, published_on, code_url,
       code_stars, project_url, upvotes, comments, sample, first_seen_at, first_source, updated_at)
     select i.id, i.title, i.abstract, i.summary, i.authors, i.organisation, i.keywords, i."publishedOn", i."codeUrl",
       i."codeStars", i."projectUrl", i.upvotes, i.comments, false, $3, $4, $3
     from ${ITEMS}
     where not ${SPOKEN_FOR}
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
       first_source = coalesce(p.first_source, excluded.first_source),
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
    [items, day, now, source],
  );
}

/** Inserts what no source has told yet, without votes. */
async function insertAnnounced(db: Db, items: string, { source, now }: DayToStore): Promise<void> {
  await db.query(
    'papers: insert announced',
    `insert into papers (id, title, abstract, authors, keywords, published_on, categories, version, first_seen_at,
       first_source, updated_at)
     select i.id, i.title, i.abstract, i.authors, i.keywords, i."publishedOn", i.categories, i.version, $2, $3, $2
     from ${ITEMS}
     order by i.id
     on conflict (id) do nothing`,
    [items, now, source],
  );
}

/**
 * Describes known papers, as told by a source that announces. Of a paper that only it lists, its newest words count
 * (a later version). Where another source lists the paper, that one speaks, and only what is unknown is filled in: so
 * the result is the same whichever came first. Categories and version are always its to tell. Votes, comments and stars
 * are never touched.
 */
async function describePapers(db: Db, items: string, { source, now }: DayToStore): Promise<void> {
  await db.query(
    'papers: describe',
    `with told as (
       select p.id,
         case when own then i.title else p.title end as title,
         case when i.abstract <> '' and (own or p.abstract = '') then i.abstract else p.abstract end as abstract,
         case when i.authors <> '{}' and (own or p.authors = '{}') then i.authors else p.authors end as authors,
         coalesce(p.published_on, i."publishedOn") as published_on,
         case when i.categories <> '{}' then i.categories else p.categories end as categories,
         greatest(p.version, i.version) as version,
         coalesce(p.first_source, $2) as first_source
       from ${ITEMS}
       join papers p on p.id = i.id and not p.sample
       cross join lateral (
         select not exists (select from listings l where l.paper_id = p.id and l.source <> $2) as own
       ) o
     )
     update papers p set title = t.title, abstract = t.abstract, authors = t.authors, published_on = t.published_on,
       categories = t.categories, version = t.version, first_source = t.first_source, updated_at = $3
     from told t
     where p.id = t.id and (p.title, p.abstract, p.authors, p.published_on, p.categories, p.version, p.first_source)
       is distinct from (t.title, t.abstract, t.authors, t.published_on, t.categories, t.version, t.first_source)`,
    [items, source, now],
  );
  await db.query(
    'papers: insert versions',
    `insert into paper_versions (paper_id, version, seen_at)
     select i.id, i.version, $2 from ${ITEMS} join papers p on p.id = i.id and not p.sample
     where i.version is not null
     on conflict do nothing`,
    [items, now],
  );
}

/** @returns how many of the papers this source had not listed on that day (one that announces: on any day) before */
async function insertListings(db: Db, day: DayToStore): Promise<number> {
  const rows = await db.query(
    'papers: insert listings',
    `insert into listings (source, paper_id, listed_on, first_seen_at)
     select $1, id, $3, $4 from unnest($2::text[]) as id
     where not ($5 and exists (select from listings l where l.source = $1 and l.paper_id = id))
     on conflict do nothing
     returning paper_id`,
    [day.source, day.papers.map((paper) => paper.id), day.day, day.now, day.announces === true],
  );
  return rows.length;
}

/** Keeps votes, comments and stars where they differ from what this source showed last, and only from the newest listing. */
async function insertSightings(db: Db, items: string, day: DayToStore): Promise<void> {
  await db.query(
    'papers: insert sightings',
    `insert into sightings (source, paper_id, seen_at, upvotes, comments, code_stars)
     select $1, i.id, $4, i.upvotes, i.comments, coalesce(i."codeStars", last.code_stars)
     from jsonb_to_recordset($3::jsonb) as i ("id" text, "upvotes" integer, "comments" integer, "codeStars" integer)
     left join lateral (
       select s.upvotes, s.comments, s.code_stars from sightings s
       where s.paper_id = i.id and s.source = $1
       order by s.seen_at desc limit 1
     ) last on true
     where (last.upvotes, last.comments, last.code_stars)
         is distinct from (i.upvotes, i.comments, coalesce(i."codeStars", last.code_stars))
       and not ${SPOKEN_FOR}
     on conflict (paper_id, source, seen_at) do update
       set upvotes = excluded.upvotes, comments = excluded.comments, code_stars = excluded.code_stars`,
    [day.source, day.day, items, day.now],
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

/**
 * Stores a source's answer for a day, whole or not at all. Safe to repeat and to run in several processes at once.
 *
 * @returns fresh - papers that this source had not listed on that day before
 */
export async function storeDay(db: Db, day: DayToStore): Promise<{ fresh: number }> {
  return db.transaction(async (tx) => {
    await lockPapers(tx);
    let fresh = 0;
    if (day.papers.length > 0) {
      const items = JSON.stringify(day.papers);
      await forgetSamples(
        tx,
        day.papers.map((paper) => paper.id),
        day.now,
      );
      if (day.announces) {
        await insertAnnounced(tx, items, day);
        await describePapers(tx, items, day);
      } else {
        await upsertPapers(tx, items, day);
        await insertSightings(tx, items, day);
      }
      fresh = await insertListings(tx, day);
    }
    if (day.updates && day.updates.length > 0) await describePapers(tx, JSON.stringify(day.updates), day);
    if (day.withdrawn.length > 0) await removeListings(tx, day.source, day.withdrawn);
    await moveCursor(tx, { ...day, papers: day.papers.length });
    return { fresh };
  });
}

/** What a source showed last of the papers that it lists on a day, those left out that it has listed again since. */
export function readShown(db: Db, source: string, day: string): Promise<Shown[]> {
  return db.query<Shown>(
    'papers: read shown',
    `select l.paper_id as id, last.upvotes, last.comments
     from listings l
     cross join lateral (
       select s.upvotes, s.comments from sightings s
       where s.paper_id = l.paper_id and s.source = l.source order by s.seen_at desc limit 1
     ) last
     where l.source = $1 and l.listed_on = $2
       and not exists (select from listings n where n.paper_id = l.paper_id and n.source = $1 and n.listed_on > $2)`,
    [source, day],
  );
}
