import type { Clock, Db } from '../platform/index.ts';
import { addDays, dayOf } from './rules/day.ts';
import samples from './samples/papers.json' with { type: 'json' };
import { lockPapers, SAMPLE_SOURCE } from './store.ts';

// Old enough that a fresh start has something to show on several days, new enough to look like this week.
const FRESH_DAYS = 7;

async function listingDaysAreFresh(db: Db, today: string): Promise<boolean> {
  const [row] = await db.query<{ newest: string | null }>(
    'papers: newest sample day',
    'select max(listed_on) as newest from listings where source = $1',
    [SAMPLE_SOURCE],
  );
  const newest = row?.newest ?? null;
  return newest !== null && newest <= today && newest > addDays(today, -FRESH_DAYS);
}

/** @returns how many were not there yet */
async function insertSamplePapers(db: Db, now: Date): Promise<number> {
  const rows = await db.query(
    'papers: insert samples',
    `insert into papers (id, title, abstract, summary, authors, organisation, keywords, published_on, code_url,
       project_url, upvotes, comments, sample, first_seen_at, updated_at)
     select i.id, i.title, i.abstract, i.summary, i.authors, i.organisation, i.keywords, i."publishedOn", i."codeUrl",
       i."projectUrl", i.upvotes, i.comments, true, $2, $2
     from jsonb_to_recordset($1::jsonb) as i (
       "id" text, "title" text, "abstract" text, "summary" text, "authors" text[], "organisation" text,
       "keywords" text[], "publishedOn" date, "codeUrl" text, "projectUrl" text, "upvotes" integer, "comments" integer)
     order by i.id
     on conflict (id) do nothing
     returning id`,
    [JSON.stringify(samples), now],
  );
  return rows.length;
}

async function listSamples(db: Db, today: string, now: Date): Promise<void> {
  await db.query('papers: unlist samples', 'delete from listings where source = $1', [SAMPLE_SOURCE]);
  await db.query(
    'papers: list samples',
    `insert into listings (source, paper_id, listed_on, first_seen_at)
     select $1, p.id, i.listed_on, $4
     from unnest($2::text[], $3::date[]) as i (id, listed_on)
     join papers p on p.id = i.id and p.sample`,
    [
      SAMPLE_SOURCE,
      samples.map((sample) => sample.id),
      samples.map((sample) => addDays(today, -sample.daysAgo)),
      now,
    ],
  );
}

/**
 * Loads the sample papers that ship with Paperboy: well-known papers with true titles, authors, ids and dates;
 * summaries, abstracts, votes and comments are ours. They are listed yesterday and on the two days before, by the
 * clock, and stay there; once the newest of these days is a week old (or lies ahead, after a replay), all move to the
 * days before today. A paper that a real source has listed is left to it. Safe to repeat and to run at once.
 *
 * @returns how many papers were loaded that were not there yet
 */
export function ensureSamples({ db, clock }: { db: Db; clock: Clock }): Promise<number> {
  const now = clock.now();
  const today = dayOf(now);
  return db.transaction(async (tx) => {
    await lockPapers(tx);
    const loaded = await insertSamplePapers(tx, now);
    if (loaded > 0 || !(await listingDaysAreFresh(tx, today))) await listSamples(tx, today, now);
    return loaded;
  });
}
