import type { Db } from '../platform/index.ts';

export type VoteOutcome = 'recorded' | 'unchanged' | 'unknown';

/** Writes a vote, and marks the reader's profile for learning. */
export async function writeVote(
  db: Db,
  vote: { subscriberId: number; paperId: string; vote: 'more' | 'less'; at: Date },
): Promise<VoteOutcome> {
  const [row] = await db.query<{ known: boolean; written: boolean }>(
    'interests.vote',
    `with reader as (select s.id from subscribers s, papers p where s.id = $1 and p.id = $2),
          written as (
            insert into votes as v (subscriber_id, paper_id, vote, at) select id, $2, $3, $4 from reader
            on conflict (subscriber_id, paper_id) do update set vote = excluded.vote, at = excluded.at
            where v.vote <> excluded.vote
            returning 1),
          marked as (
            insert into profiles (subscriber_id, updated_at) select $1, $4 from written
            on conflict (subscriber_id) do update set stale = true)
     select exists (select from reader) as known, exists (select from written) as written`,
    [vote.subscriberId, vote.paperId, vote.vote, vote.at],
  );
  if (!row?.known) return 'unknown';
  return row.written ? 'recorded' : 'unchanged';
}

/** Takes a vote back. */
export async function deleteVote(db: Db, subscriberId: number, paperId: string): Promise<boolean> {
  const rows = await db.query<{ id: number }>(
    'interests.unvote',
    `with gone as (delete from votes where subscriber_id = $1 and paper_id = $2 returning subscriber_id)
     update profiles p set stale = true from gone g where p.subscriber_id = g.subscriber_id returning p.subscriber_id as id`,
    [subscriberId, paperId],
  );
  return rows.length > 0;
}

/** Marks an author as unwanted. False: there is no such reader. */
export async function writeUnwantedAuthor(
  db: Db,
  subscriberId: number,
  name: string,
  at: Date,
): Promise<boolean> {
  const rows = await db.query<{ id: number }>(
    'interests.refuse-author',
    `with reader as (select id from subscribers where id = $1),
          written as (
            insert into unwanted_authors (subscriber_id, value, at) select id, $2, $3 from reader on conflict do nothing)
     select id from reader`,
    [subscriberId, name, at],
  );
  return rows.length > 0;
}

export async function deleteUnwantedAuthor(db: Db, subscriberId: number, name: string): Promise<boolean> {
  const rows = await db.query<{ value: string }>(
    'interests.allow-author',
    `delete from unwanted_authors where subscriber_id = $1 and key = interest_key('author', $2) returning value`,
    [subscriberId, name],
  );
  return rows.length > 0;
}

export const readUnwantedAuthors = (db: Db, subscriberId: number): Promise<{ author: string; at: Date }[]> =>
  db.query(
    'interests.unwanted-authors',
    `select value as author, at from unwanted_authors where subscriber_id = $1 order by value collate "C"`,
    [subscriberId],
  );

/** A profile as it is stored; the model is unchecked JSON. */
export interface ProfileRow {
  model: unknown;
  updatedAt: Date;
  stale: boolean;
}

export async function readProfile(db: Db, subscriberId: number): Promise<ProfileRow | null> {
  const [row] = await db.query<ProfileRow>(
    'interests.profile',
    `select model, updated_at as "updatedAt", stale from profiles where subscriber_id = $1`,
    [subscriberId],
  );
  return row ?? null;
}

/** The reader's word on a paper; null: none. */
export async function readVote(
  db: Db,
  subscriberId: number,
  paperId: string,
): Promise<'more' | 'less' | null> {
  const [row] = await db.query<{ vote: 'more' | 'less' }>(
    'interests.one-vote',
    'select vote from votes where subscriber_id = $1 and paper_id = $2',
    [subscriberId, paperId],
  );
  return row?.vote ?? null;
}

/** Votes that count, newest first; `limit`: at most (null: all). */
export const readVotes = (db: Db, subscriberId: number, limit: number | null = null) =>
  db.query<{ paperId: string; title: string; vote: 'more' | 'less'; at: Date }>(
    'interests.votes',
    `select v.paper_id as "paperId", p.title, v.vote, v.at
     from votes v join papers p on p.id = v.paper_id where v.subscriber_id = $1 order by v.at desc, v.paper_id limit $2`,
    [subscriberId, limit],
  );

/** Forgets what was learnt, and all that it was learnt from, so that nothing comes back. */
export async function deleteProfile(db: Db, subscriberId: number): Promise<boolean> {
  const rows = await db.query<{ gone: number }>(
    'interests.reset',
    `with votes_gone as (delete from votes where subscriber_id = $1 returning 1),
          near_gone as (delete from edition_near where subscriber_id = $1),
          library_gone as (delete from library where subscriber_id = $1 returning 1),
          omissions_gone as (delete from profile_omissions where subscriber_id = $1 returning 1),
          profile_gone as (delete from profiles where subscriber_id = $1 returning 1)
     select 1 as gone from votes_gone union all select 1 from library_gone
     union all select 1 from omissions_gone union all select 1 from profile_gone`,
    [subscriberId],
  );
  return rows.length > 0;
}
