import type { Db } from '../platform/index.ts';

/** Who proves what, and the private feeds; one function a statement. */

/** When the reader asked for proofs after `since`, the newest first. */
export async function listProofTimes(db: Db, subscriberId: number, since: Date): Promise<Date[]> {
  const rows = await db.query<{ at: Date }>(
    'subscribers.proof-times',
    'select asked_at as at from proofs where subscriber_id = $1 and asked_at > $2 order by asked_at desc',
    [subscriberId, since],
  );
  return rows.map(({ at }) => at);
}

export async function appendProof(db: Db, subscriberId: number, now: Date): Promise<void> {
  await db.query('subscribers.append-proof', 'insert into proofs (subscriber_id, asked_at) values ($1, $2)', [
    subscriberId,
    now,
  ]);
}

export async function findProof(db: Db, id: number) {
  const [row] = await db.query<{ subscriberId: number; askedAt: Date }>(
    'subscribers.find-proof',
    'select subscriber_id as "subscriberId", asked_at as "askedAt" from proofs where id = $1',
    [id],
  );
  return row;
}

/** The reader's feed; null: none. */
export async function findFeed(db: Db, subscriberId: number): Promise<number | null> {
  const [row] = await db.query<{ id: number }>(
    'subscribers.find-feed',
    'select id from feeds where subscriber_id = $1',
    [subscriberId],
  );
  return row?.id ?? null;
}

export async function findFeedReader(db: Db, feedId: number): Promise<number | null> {
  const [row] = await db.query<{ id: number }>(
    'subscribers.find-feed-reader',
    'select subscriber_id as id from feeds where id = $1',
    [feedId],
  );
  return row?.id ?? null;
}

export async function insertFeed(db: Db, subscriberId: number, now: Date): Promise<void> {
  await db.query(
    'subscribers.insert-feed',
    'insert into feeds (subscriber_id, made_at) values ($1, $2) on conflict (subscriber_id) do nothing',
    [subscriberId, now],
  );
}

export async function deleteFeed(db: Db, subscriberId: number): Promise<void> {
  await db.query('subscribers.delete-feed', 'delete from feeds where subscriber_id = $1', [subscriberId]);
}
