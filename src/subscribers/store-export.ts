import type { Db } from '../platform/index.ts';

/** What a reader taught the service. */
export interface Learnt {
  /** "More like this" and "less like this". */
  votes: { paper: string; vote: string; at: Date }[];
  /** "Not this author". */
  unwantedAuthors: { author: string; at: Date }[];
  /** Papers of their own list that are not collected here. */
  library: { title: string; abstract: string; authors: string[]; keywords: string[]; at: Date }[];
  /** "Forget this": what of the profile is left out. */
  forgotten: { kind: string; said: string; at: Date }[];
  /** What was learnt of them; null: nothing yet. */
  profile: unknown;
}

/** A reader's votes and library and what was learnt from them, oldest first. */
export async function readLearnt(db: Db, subscriberId: number): Promise<Learnt> {
  const votes = await db.query<Learnt['votes'][number]>(
    'subscribers.export-votes',
    'select paper_id as paper, vote, at from votes where subscriber_id = $1 order by at, paper_id',
    [subscriberId],
  );
  const unwantedAuthors = await db.query<Learnt['unwantedAuthors'][number]>(
    'subscribers.export-unwanted',
    'select value as author, at from unwanted_authors where subscriber_id = $1 order by at, value',
    [subscriberId],
  );
  const library = await db.query<Learnt['library'][number]>(
    'subscribers.export-library',
    'select title, abstract, authors, keywords, at from library where subscriber_id = $1 order by at, key',
    [subscriberId],
  );
  const forgotten = await db.query<Learnt['forgotten'][number]>(
    'subscribers.export-forgotten',
    'select kind, said, at from profile_omissions where subscriber_id = $1 order by at, kind, key',
    [subscriberId],
  );
  const [profile] = await db.query<{ model: unknown }>(
    'subscribers.export-profile',
    'select model from profiles where subscriber_id = $1',
    [subscriberId],
  );
  return { votes, unwantedAuthors, library, forgotten, profile: profile?.model ?? null };
}
