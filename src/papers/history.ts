import type { Db } from '../platform/index.ts';

/** Votes and comments of a paper as they stood at the end of a UTC day. */
export interface DayCount {
  day: string;
  upvotes: number;
  comments: number;
}

/** What is known of a paper's life. */
export interface PaperHistory {
  /** By this house. */
  firstSeenAt: Date;
  /** When and where it was listed, oldest first. */
  listings: { source: string; listedOn: string }[];
  /** Versions that arXiv told of after the first, oldest first. */
  versions: { version: number; seenAt: Date }[];
  /** A row for each day on which votes or comments changed, oldest first; the newest `COUNTS_MAX`. */
  counts: DayCount[];
}

/** Votes settle in two weeks; a paper that is listed again has a second life. */
const COUNTS_MAX = 30;

/** The history of a paper; null where there is no such paper. */
export async function readHistory(db: Db, id: string): Promise<PaperHistory | null> {
  const [paper] = await db.query<{ firstSeenAt: Date }>(
    'papers: first seen',
    'select p.first_seen_at as "firstSeenAt" from papers p where p.id = $1',
    [id],
  );
  if (!paper) return null;
  const [listings, versions, counts] = await Promise.all([
    readListings(db, id),
    readVersions(db, id),
    readCounts(db, id),
  ]);
  return { firstSeenAt: paper.firstSeenAt, listings, versions, counts };
}

function readListings(db: Db, id: string): Promise<PaperHistory['listings']> {
  return db.query(
    'papers: listings of one',
    `select l.source, l.listed_on as "listedOn" from listings l
     where l.paper_id = $1 order by l.listed_on, l.source limit 50`,
    [id],
  );
}

function readVersions(db: Db, id: string): Promise<PaperHistory['versions']> {
  return db.query(
    'papers: versions of one',
    `select v.version, v.seen_at as "seenAt" from paper_versions v
     where v.paper_id = $1 and v.version > 1 order by v.version limit 50`,
    [id],
  );
}

function readCounts(db: Db, id: string): Promise<DayCount[]> {
  return db.query<DayCount>(
    'papers: counts by day',
    `select day, upvotes, comments from (
       select distinct on (day) (s.seen_at at time zone 'UTC')::date as day, s.upvotes, s.comments
       from sightings s where s.paper_id = $1
       order by day desc, s.seen_at desc
       limit ${COUNTS_MAX}
     ) newest order by day`,
    [id],
  );
}
