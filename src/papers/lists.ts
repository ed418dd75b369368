import type { Db } from '../platform/index.ts';
import { addDays, dayOf } from './rules/day.ts';
import type { Paper } from './rules/paper.ts';
import { SAMPLE_SOURCE } from './store.ts';

/** Which house of papers: the real ones, or those that ship with Paperboy. They are never mixed. */
export interface Kind {
  sample: boolean;
}

/** The columns of `papers p` as a Paper. */
export const PAPER_COLUMNS = `p.id, p.title, p.abstract, p.summary, p.authors, p.organisation, p.keywords,
  p.published_on as "publishedOn", p.code_url as "codeUrl", p.code_stars as "codeStars",
  p.project_url as "projectUrl", p.upvotes, p.comments, p.categories, p.version, p.sample`;
/** Votes, then comments, then id: the order of the editions too. Bytes, so that it is the same on every machine. */
const ORDER = 'p.upvotes desc, p.comments desc, p.id collate "C"';
// A paper is a sample exactly while only the sample source lists it (store.ts), so days are found in one index.
const ofKind = ({ sample }: Kind) => `l.source ${sample ? '=' : '<>'} '${SAMPLE_SOURCE}'`;

/** The papers listed on a day, by votes, then comments, then id; each once, however many sources list it. */
export function listDay(db: Db, day: string, kind: Kind): Promise<Paper[]> {
  return listRange(db, day, day, kind);
}

// Above any month of the archive (about 700 papers); what a page can show is the page's to decide.
const RANGE_MAX = 2000;

/**
 * The papers listed from one day to another, both included: for pages of a week or a month. Ordered as `listDay`.
 *
 * @param options.limit - at most (default: 2,000)
 * @param options.offset - how many to pass over (default: 0)
 */
export function listRange(
  db: Db,
  from: string,
  to: string,
  options: Kind & { limit?: number; offset?: number },
): Promise<Paper[]> {
  return db.query<Paper>(
    'papers: list range',
    `select ${PAPER_COLUMNS} from papers p
     where p.id in (select l.paper_id from listings l where l.listed_on between $1 and $2 and ${ofKind(options)})
     order by ${ORDER}
     limit $3 offset $4`,
    [from, to, options.limit ?? RANGE_MAX, options.offset ?? 0],
  );
}

/** Days that the trending page looks back: older ones would need a thousand votes a month to be there. */
const TRENDING_DAYS = 30;

/** The papers listed in the last 30 days, by `trendingScore`: votes against time since they were first seen here. */
export function listTrending(
  db: Db,
  now: Date,
  options: Kind & { limit: number; offset?: number },
): Promise<Paper[]> {
  return db.query<Paper>(
    'papers: list trending',
    `select ${PAPER_COLUMNS} from papers p join paper_words w on w.paper_id = p.id
     where p.id in (
       select l.paper_id from listings l where l.listed_on between $1 and $2 and ${ofKind(options)}
     )
     order by w.trend desc, p.id collate "C"
     limit $3 offset $4`,
    [addDays(dayOf(now), -TRENDING_DAYS), addDays(dayOf(now), 1), options.limit, options.offset ?? 0],
  );
}

/** How many papers `listRange` would give without a limit. */
export async function countRange(db: Db, from: string, to: string, kind: Kind): Promise<number> {
  const [row] = await db.query<{ papers: number }>(
    'papers: count range',
    `select count(distinct l.paper_id) as papers from listings l
     where l.listed_on between $1 and $2 and ${ofKind(kind)}`,
    [from, to],
  );
  return row?.papers ?? 0;
}

/** One paper, real or sample, with the days on which it was listed, oldest first; null where there is none. */
export async function findPaper(db: Db, id: string): Promise<(Paper & { listedOn: string[] }) | null> {
  const [paper] = await db.query<Paper & { listedOn: string[] }>(
    'papers: find',
    `select ${PAPER_COLUMNS}, array(
       select distinct to_char(l.listed_on, 'YYYY-MM-DD') from listings l where l.paper_id = p.id order by 1
     ) as "listedOn"
     from papers p where p.id = $1`,
    [id],
  );
  return paper ?? null;
}

async function nextDay(
  db: Db,
  label: string,
  condition: string,
  order: 'asc' | 'desc',
  day: string | null,
  kind: Kind,
): Promise<string | null> {
  const [row] = await db.query<{ day: string }>(
    label,
    `select l.listed_on as day from listings l where ${ofKind(kind)} and ${condition}
     order by l.listed_on ${order} limit 1`,
    [day],
  );
  return row?.day ?? null;
}

/** The last day on which papers are listed; null where there is none. */
export function latestListedDay(db: Db, options: Kind & { onOrBefore?: string }): Promise<string | null> {
  const condition = '($1::date is null or l.listed_on <= $1)';
  return nextDay(db, 'papers: latest day', condition, 'desc', options.onOrBefore ?? null, options);
}

/** The nearest days with papers before and after a day, which need not have any itself. */
export async function neighbourDays(
  db: Db,
  day: string,
  kind: Kind,
): Promise<{ before: string | null; after: string | null }> {
  const before = await nextDay(db, 'papers: day before', 'l.listed_on < $1', 'desc', day, kind);
  const after = await nextDay(db, 'papers: day after', 'l.listed_on > $1', 'asc', day, kind);
  return { before, after };
}

/** Whether any paper of the kind was ever listed. */
export async function hasPapers(db: Db, kind: Kind): Promise<boolean> {
  const rows = await db.query('papers: has any', `select from listings l where ${ofKind(kind)} limit 1`);
  return rows.length > 0;
}

/** How a source has fared. */
export interface SourceHealth {
  source: string;
  lastSucceededAt: Date | null;
  lastFailedAt: Date | null;
  /** The last failure's sentence, while no later request has succeeded. */
  failure: string | null;
}

/** One row for each source that was ever asked, by name. */
export function sourceHealth(db: Db): Promise<SourceHealth[]> {
  return db.query<SourceHealth>(
    'papers: source health',
    `select c.source, max(c.succeeded_at) as "lastSucceededAt", max(c.failed_at) as "lastFailedAt",
       case when max(c.failed_at) >= coalesce(max(c.succeeded_at), '-infinity')
         then (array_agg(c.failure order by c.failed_at desc, c.listed_on desc) filter (where c.failure is not null))[1]
       end as failure
     from source_cursors c
     group by c.source
     order by c.source`,
  );
}
