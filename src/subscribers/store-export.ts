import type { Db } from '../platform/index.ts';

/** What a reader taught the service. */
export interface Learnt {
  /** "More like this" and "less like this". */
  votes: { paper: string; vote: string; at: Date }[];
  /** "Not this author". */
  unwantedAuthors: { author: string; at: Date }[];
  /** What was learnt of them; null: nothing yet. */
  profile: unknown;
}

/** A reader's votes and what was learnt from them, oldest first. */
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
  const [profile] = await db.query<{ model: unknown }>(
    'subscribers.export-profile',
    'select model from profiles where subscriber_id = $1',
    [subscriberId],
  );
  return { votes, unwantedAuthors, profile: profile?.model ?? null };
}
