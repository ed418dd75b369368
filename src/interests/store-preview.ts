import type { Db } from '../platform/index.ts';

/** An edition that a reader of its cadence could have got. */
export interface NewestEdition {
  id: number;
  /** YYYY-MM-DD; of a week, its Monday. */
  issueDate: string;
  assembledAt: Date;
}

/** The newest edition that is open; null: none is. */
export async function readNewestEdition(
  db: Db,
  cadence: 'daily' | 'weekly',
  now: Date,
): Promise<NewestEdition | null> {
  const [row] = await db.query<NewestEdition>(
    'interests.newest-edition',
    `select id, issue_date as "issueDate", assembled_at as "assembledAt" from editions
     where cadence = $1 and state = 'ready' and opened_at <= $2 order by issue_date desc limit 1`,
    [cadence, now],
  );
  return row ?? null;
}

/** What was learnt of a reader and what it found in an edition; absent lists are null. */
export interface LearntRow {
  learnt: boolean;
  ranks: number[] | null;
  scores: number[] | null;
  unwanted: string[] | null;
}

/** Null: there is no such reader. */
export async function readLearnt(db: Db, subscriberId: number, editionId: number): Promise<LearntRow | null> {
  const [row] = await db.query<LearntRow>(
    'interests.learnt',
    `select exists (select from profiles where subscriber_id = s.id and model is not null) as learnt, n.ranks, n.scores,
       (select array_agg(value) from unwanted_authors where subscriber_id = s.id) as unwanted
     from subscribers s left join edition_near n on n.edition_id = $2 and n.subscriber_id = s.id where s.id = $1`,
    [subscriberId, editionId],
  );
  return row ?? null;
}
