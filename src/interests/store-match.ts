import type { Db } from '../platform/index.ts';
import type { MatchPaper } from './rules/candidates.ts';
import type { Interest, InterestKind } from './rules/interest.ts';

/** A candidate of an edition. */
export interface CandidateRow extends MatchPaper {
  id: string;
  rank: number;
  card: boolean;
  upvotes: number;
  /** Hugging Face listed it, and so gave it a place by votes. */
  ranked: boolean;
  /** One source that did not, where `ranked` is false; null: a sample. */
  source: string | null;
  firstSeenAt: Date;
}

/** All papers of an edition, in its order. */
export const readCandidates = (db: Db, editionId: number): Promise<CandidateRow[]> =>
  db.query<CandidateRow>(
    'interests.candidates',
    `select p.id, ep.rank, ep.card, ep.upvotes, p.title, p.abstract, p.authors, p.organisation, p.keywords,
       p.published_on as "publishedOn", p.categories, p.first_seen_at as "firstSeenAt",
       exists (select from listings l where l.paper_id = p.id and l.source in ('huggingface', 'file')) as ranked,
       (select min(l.source) from listings l where l.paper_id = p.id) as source
     from edition_papers ep join papers p on p.id = ep.paper_id where ep.edition_id = $1 order by ep.rank`,
    [editionId],
  );

/** Each thing that somebody follows or does not want, once, in pieces by id. */
export const readFollowed = (db: Db, after: number, limit: number): Promise<(Interest & { id: number })[]> =>
  db.query<Interest & { id: number }>(
    'interests.followed',
    `select id, kind, value from followed where id > $1 order by id limit $2`,
    [after, limit],
  );

/** Adds what somebody follows and `followed` lacks: a reader came while the last follower's row was pruned. */
export async function healFollowed(db: Db): Promise<void> {
  await db.query(
    'interests.heal-followed',
    `insert into followed (kind, key, value)
     select distinct on (i.kind, i.key) i.kind, i.key, i.value
     from interests i left join followed f on f.kind = i.kind and f.key = i.key where f.id is null
     order by i.kind, i.key, i.value
     on conflict (kind, key) do nothing`,
  );
}

/** Forgets what nobody follows any more. */
export async function pruneFollowed(db: Db): Promise<number> {
  const rows = await db.query<{ id: number }>(
    'interests.prune-followed',
    // One pass over the readers' interests, which may be millions.
    `delete from followed f using (
       select f.id from followed f
       left join (select kind, key from interests union select 'author', key from unwanted_authors) i using (kind, key)
       where i.key is null
     ) gone where f.id = gone.id returning f.id`,
  );
  return rows.length;
}

/** Stored profiles, in pieces by reader. */
export const readProfiles = (
  db: Db,
  after: number,
  limit: number,
): Promise<{ id: number; model: unknown }[]> =>
  db.query<{ id: number; model: unknown }>(
    'interests.profiles',
    `select p.subscriber_id as id, p.model from profiles p join subscribers s on s.id = p.subscriber_id
     where p.subscriber_id > $1 and p.model is not null and s.state = 'active' order by p.subscriber_id limit $2`,
    [after, limit],
  );

/** Starts anew: nothing is known of this edition. */
export async function clearMatches(db: Db, editionId: number): Promise<void> {
  await db.query('interests.clear-matches', 'delete from edition_matches where edition_id = $1', [editionId]);
  await db.query('interests.clear-near', 'delete from edition_near where edition_id = $1', [editionId]);
}

const asArray = (numbers: readonly number[]) => `{${numbers.join(',')}}`;

export async function writeMatches(
  db: Db,
  editionId: number,
  found: readonly { id: number; ranks: readonly number[] }[],
): Promise<void> {
  await db.query(
    'interests.write-matches',
    `insert into edition_matches (edition_id, followed_id, ranks)
     select $1, id, ranks::smallint[] from unnest($2::integer[], $3::text[]) as m (id, ranks)`,
    [editionId, found.map(({ id }) => id), found.map(({ ranks }) => asArray(ranks))],
  );
}

export async function writeNear(
  db: Db,
  editionId: number,
  near: readonly { id: number; ranks: readonly number[]; scores: readonly number[] }[],
): Promise<void> {
  await db.query(
    'interests.write-near',
    `insert into edition_near (edition_id, subscriber_id, ranks, scores)
     select $1, n.id, ranks::smallint[], scores::real[]
     from unnest($2::bigint[], $3::text[], $4::text[]) as n (id, ranks, scores) join subscribers s on s.id = n.id
     on conflict (edition_id, subscriber_id) do nothing`,
    [
      editionId,
      near.map(({ id }) => id),
      near.map(({ ranks }) => asArray(ranks)),
      near.map(({ scores }) => asArray(scores)),
    ],
  );
}

export interface MatchingRow {
  interests: number;
  profiles: number;
}

export async function readMatching(db: Db, editionId: number): Promise<MatchingRow | null> {
  const [row] = await db.query<MatchingRow>(
    'interests.matching',
    'select interests, profiles from edition_matchings where edition_id = $1',
    [editionId],
  );
  return row ?? null;
}

export async function writeMatching(db: Db, editionId: number, row: MatchingRow, now: Date): Promise<void> {
  await db.query(
    'interests.write-matching',
    `insert into edition_matchings (edition_id, matched_at, interests, profiles) values ($1, $2, $3, $4)
     on conflict (edition_id) do update set matched_at = excluded.matched_at, interests = excluded.interests,
       profiles = excluded.profiles`,
    [editionId, now, row.interests, row.profiles],
  );
}

/** What each followed thing found. */
export const readMatches = (db: Db, editionId: number) =>
  db.query<{ id: number; kind: InterestKind; value: string; ranks: number[] }>(
    'interests.matches',
    `select f.id, f.kind, f.value, m.ranks from edition_matches m join followed f on f.id = m.followed_id
     where m.edition_id = $1`,
    [editionId],
  );

/** A reader as selection needs one; absent lists are null. */
export interface ReaderRow {
  id: number;
  maxPapers: number | null;
  personal: boolean;
  followed: number[] | null;
  unwanted: number[] | null;
  ranks: number[] | null;
  scores: number[] | null;
  had: string[] | null;
}

/**
 * All that selection needs of these readers, in one statement.
 *
 * @param edition.papers - the candidates: of what a reader had before, only these matter
 * @param edition.since - when the oldest candidate was first seen: no digest from before can hold it (a weekly issue is
 *   named by its Monday, hence eight days)
 */
export const readReaders = (
  db: Db,
  subscriberIds: readonly number[],
  edition: { id: number; papers: readonly string[]; since: Date },
): Promise<ReaderRow[]> =>
  db.query<ReaderRow>(
    'interests.readers',
    `select s.id, s.max_papers as "maxPapers",
       i.followed is not null or p.personal is not null as personal, i.followed, u.unwanted, n.ranks, n.scores, d.had
     from subscribers s
     left join lateral (
       select array_agg(f.id order by f.id) as followed
       from interests i join followed f on f.kind = i.kind and f.key = i.key where i.subscriber_id = s.id
     ) i on true
     left join lateral (
       select array_agg(f.id) as unwanted
       from unwanted_authors w join followed f on f.kind = 'author' and f.key = w.key where w.subscriber_id = s.id
     ) u on true
     left join lateral (select true as personal from profiles where subscriber_id = s.id and model is not null) p on true
     left join edition_near n on n.edition_id = $2 and n.subscriber_id = s.id
     left join lateral (
       select array_agg(distinct paper) as had
       from deliveries d, unnest(d.papers) as paper
       where d.subscriber_id = s.id and d.month >= date_trunc('month', ($4::timestamptz - interval '8 days') at time zone 'UTC')::date
         and d.edition_id is distinct from $2 and d.state in ('sent', 'uncertain') and paper = any ($3)
     ) d on true
     where s.id = any ($1)`,
    [subscriberIds, edition.id, edition.papers, edition.since],
    { prepared: true },
  );
