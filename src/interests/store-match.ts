import type { Db } from '../platform/index.ts';
import type { MatchPaper } from './rules/candidates.ts';
import type { InterestKind } from './rules/interest.ts';
import { COMMIT_MARGIN } from './store-followed.ts';

/** A candidate of an edition. */
export interface CandidateRow extends MatchPaper {
  id: string;
  rank: number;
}

/** All papers of an edition that may be a card, in its order. */
export const readCandidates = (db: Db, editionId: number): Promise<CandidateRow[]> =>
  db.query<CandidateRow>(
    'interests.candidates',
    `select p.id, ep.rank, p.title, p.abstract, p.authors, p.organisation, p.keywords,
       p.published_on as "publishedOn", p.categories
     from edition_papers ep join papers p on p.id = ep.paper_id
     where ep.edition_id = $1 and ep.html is not null order by ep.rank`,
    [editionId],
  );

/** The same, as a digest's cards name them. */
export const readPool = (
  db: Db,
  editionId: number,
): Promise<{ id: string; rank: number; card: boolean; title: string; why: string }[]> =>
  db.query(
    'interests.pool',
    `select p.id, ep.rank, ep.card, coalesce(ep.title, p.title) as title, coalesce(ep.why, '') as why
     from edition_papers ep join papers p on p.id = ep.paper_id
     where ep.edition_id = $1 and ep.html is not null order by ep.rank`,
    [editionId],
  );

/** Longer than any digest waits, and than a private feed looks back. */
const MATCHES_KEPT = "interval '70 days'";

/** Forgets what was found in editions of the past. */
export async function pruneMatches(db: Db, now: Date): Promise<void> {
  for (const table of ['edition_matches', 'edition_near'])
    await db.query(
      'interests.prune-matches',
      `delete from ${table} m using editions e where e.id = m.edition_id and e.opened_at < $1::timestamptz - ${MATCHES_KEPT}`,
      [now],
    );
}

/** A stored profile; the model is unchecked JSON. */
export interface ProfileToScore {
  id: number;
  model: unknown;
  updatedAt: Date;
}

/** Readers of whom something was learnt, or who changed something, after a moment, or may have: each half by its index. */
const CHANGED_SINCE = (moment: string) =>
  `select subscriber_id from profiles where model is not null and updated_at > ${moment} - ${COMMIT_MARGIN}
   union all select id from subscribers where changed_at > ${moment} - ${COMMIT_MARGIN}`;

/** Who an edition is for, and who has a private feed. */
const OF_ITS_READERS = `(e.cadence = 'sample' or s.cadence = e.cadence) and s.sample = (e.cadence = 'sample')
  and (s.state = 'active' or exists (select from feeds f where f.subscriber_id = s.id))`;

const NOT_SCORED = 'p.model is not null and (n.profile_at is null or n.profile_at < p.updated_at)';

/**
 * Profiles of an edition's readers, and of those with a private feed, that are not scored for it since they were learnt; in
 * pieces by reader.
 *
 * @param since - only what was learnt after it, or may have been, and profiles of who may have become its reader since: by
 *   another cadence, or by coming back; null: all
 */
export const readProfiles = (
  db: Db,
  piece: { editionId: number; since: Date | null; after: number; limit: number },
): Promise<ProfileToScore[]> =>
  db.query<ProfileToScore>(
    'interests.profiles',
    `select p.subscriber_id as id, p.model, p.updated_at as "updatedAt"
     from profiles p join subscribers s on s.id = p.subscriber_id join editions e on e.id = $4
     left join edition_near n on n.edition_id = $4 and n.subscriber_id = p.subscriber_id
     where p.subscriber_id > $1 and ${NOT_SCORED} and ${OF_ITS_READERS}
       and ${piece.since === null ? '$3::timestamptz is null' : `p.subscriber_id in (${CHANGED_SINCE('$3::timestamptz')})`}
     order by p.subscriber_id limit $2`,
    [piece.after, piece.limit, piece.since, piece.editionId],
  );

const asArray = (numbers: readonly number[]) => `{${numbers.join(',')}}`;

/** @returns how many were not known */
export async function writeMatches(
  db: Db,
  editionId: number,
  found: readonly { id: number; ranks: readonly number[] }[],
): Promise<number> {
  const rows = await db.query<{ id: number }>(
    'interests.write-matches',
    `insert into edition_matches (edition_id, followed_id, ranks)
     select $1, id, ranks::smallint[] from unnest($2::integer[], $3::text[]) as m (id, ranks)
     on conflict (edition_id, followed_id) do nothing returning followed_id as id`,
    [editionId, found.map(({ id }) => id), found.map(({ ranks }) => asArray(ranks))],
  );
  return rows.length;
}

export async function writeNear(
  db: Db,
  editionId: number,
  near: readonly { id: number; ranks: readonly number[]; scores: readonly number[]; updatedAt: Date }[],
): Promise<void> {
  await db.query(
    'interests.write-near',
    `insert into edition_near (edition_id, subscriber_id, ranks, scores, profile_at)
     select $1, n.id, ranks::smallint[], scores::real[], n.at
     from unnest($2::bigint[], $3::text[], $4::text[], $5::timestamptz[]) as n (id, ranks, scores, at)
     join subscribers s on s.id = n.id
     on conflict (edition_id, subscriber_id) do update
       set ranks = excluded.ranks, scores = excluded.scores, profile_at = excluded.profile_at`,
    [
      editionId,
      near.map(({ id }) => id),
      near.map(({ ranks }) => asArray(ranks)),
      near.map(({ scores }) => asArray(scores)),
      near.map(({ updatedAt }) => updatedAt),
    ],
  );
}

/** How far an edition is matched. */
export interface MatchingRow {
  /** What was followed until then, by the database's clock, is matched. */
  followedThrough: Date;
  /** Profiles learnt until then, by the house's clock, are scored; null: not all yet. */
  profilesThrough: Date | null;
}

export async function readMatching(db: Db, editionId: number): Promise<MatchingRow | null> {
  const [row] = await db.query<MatchingRow>(
    'interests.matching',
    `select followed_through as "followedThrough", profiles_through as "profilesThrough"
     from edition_matchings where edition_id = $1`,
    [editionId],
  );
  return row ?? null;
}

/**
 * Writes that what was followed when this transaction began is matched.
 *
 * @param row.found - something that was not known, so that pools are loaded anew
 */
export async function writeMatched(
  db: Db,
  editionId: number,
  row: { interests: number; found: boolean },
  now: Date,
): Promise<void> {
  await db.query(
    'interests.write-matched',
    `insert into edition_matchings as m (edition_id, matched_at, followed_through, interests, profiles)
     values ($1, $2, now(), $3, 0)
     on conflict (edition_id) do update set matched_at = excluded.matched_at, followed_through = excluded.followed_through,
       interests = m.interests + excluded.interests, revision = m.revision + $4::boolean::integer`,
    [editionId, now, row.interests, row.found],
  );
}

/** Writes that every profile learnt before `through` is scored. */
export async function writeScored(
  db: Db,
  editionId: number,
  { profiles, through }: { profiles: number; through: Date },
): Promise<void> {
  await db.query(
    'interests.write-scored',
    'update edition_matchings set profiles = profiles + $2, profiles_through = $3 where edition_id = $1',
    [editionId, profiles, through],
  );
}

/** Grows with each matching that found something more; 0: not matched yet. */
export async function readRevision(db: Db, editionId: number): Promise<number> {
  const [row] = await db.query<{ revision: number }>(
    'interests.revision',
    'select revision from edition_matchings where edition_id = $1',
    [editionId],
  );
  return row?.revision ?? 0;
}

/** An edition older than this is not sent any more. */
const EDITION_LIFE = "interval '14 days'";

/** What may have become visible late is looked for again after this long, not at each tick. */
const AGAIN = "interval '1 minute'";

/** Readers who changed, and of whom nothing is left to be scored, are looked up at each tick until this long after. */
const SETTLED = "interval '10 minutes'";

/** Editions that are sent at `now` and are not matched, or not with all that is followed and learnt, or not for all their readers. */
export async function readUnmatched(db: Db, now: Date): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    'interests.unmatched',
    `select e.id from editions e left join edition_matchings m on m.edition_id = e.id
     where e.state = 'ready' and e.opened_at <= $1 and e.opened_at > $1::timestamptz - ${EDITION_LIFE}
       -- The same editions as the planner's: no later one of the cadence is out.
       and not exists (
         select from editions l where l.cadence = e.cadence and l.state = 'ready' and l.issue_date > e.issue_date
           and l.opened_at >= e.opened_at and l.opened_at <= $1)
       and (m.profiles_through is null
         or exists (select from followed f where f.since > m.followed_through)
         or exists (select from profiles p where p.model is not null and p.updated_at > m.profiles_through)
         or m.followed_through < now() - ${AGAIN}
           and exists (select from followed f where f.since > m.followed_through - ${COMMIT_MARGIN})
         or m.profiles_through < $1::timestamptz - ${AGAIN}
           and exists (select from profiles p
                       where p.model is not null and p.updated_at > m.profiles_through - ${COMMIT_MARGIN})
         or exists (
           -- The order and the offsets make it read who changed, few, by the index, and look each of them up: the planner takes
           -- them for a third of all readers (measured, 100,000 readers with profiles: 93 ms without).
           select from (
             select * from subscribers where changed_at > m.profiles_through - ${COMMIT_MARGIN} order by changed_at desc offset 0
           ) s where ${OF_ITS_READERS} and exists (
             select from profiles p left join edition_near n on n.edition_id = e.id and n.subscriber_id = p.subscriber_id
             where p.subscriber_id = s.id and ${NOT_SCORED} offset 0))
         or m.profiles_through < $1::timestamptz - ${SETTLED}
           and exists (select from subscribers s where s.changed_at > m.profiles_through - ${COMMIT_MARGIN}))
     order by e.opened_at`,
    [now],
  );
  return rows.map(({ id }) => id);
}

/** What each followed thing found. */
export const readMatches = (db: Db, editionId: number) =>
  db.query<{ id: number; kind: InterestKind; value: string; ranks: number[] }>(
    'interests.matches',
    `select f.id, f.kind, f.value, m.ranks from edition_matches m join followed f on f.id = m.followed_id
     where m.edition_id = $1`,
    [editionId],
  );

/** What of a reader decides for one edition; absent lists are null. The ledger's claim reads the same of each row. */
export interface ReaderChoice {
  subscriberId: number;
  /** 1 to 100; null: as many as the edition has cards. */
  maxPapers: number | null;
  /** Follows something or has voted. */
  personal: boolean;
  /** Ids of what is followed. */
  followed: number[] | null;
  unwanted: number[] | null;
  /** Near papers by their ranks, with their scores. */
  ranks: number[] | null;
  scores: number[] | null;
  /** How far the edition was matched then, see `readRevision`. */
  revision: number;
}

/** What these readers have chosen, in one statement. */
export const readChoices = (
  db: Db,
  subscriberIds: readonly number[],
  editionId: number,
): Promise<ReaderChoice[]> =>
  db.query<ReaderChoice>(
    'interests.choices',
    `select s.id as "subscriberId", s.max_papers as "maxPapers", c.personal, c.followed, c.unwanted, n.ranks, n.scores,
       coalesce(m.revision, 0) as revision
     from subscribers s join reader_choices c on c.subscriber_id = s.id
     left join edition_near n on n.edition_id = $2 and n.subscriber_id = s.id and c.learnt
     left join edition_matchings m on m.edition_id = $2
     where s.id = any ($1)`,
    [subscriberIds, editionId],
  );
