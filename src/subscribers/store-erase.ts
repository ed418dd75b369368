import type { Db } from '../platform/index.ts';

/** A suppression for a stronger reason (a bounce, a complaint) stays as it is. */
export async function suppressErased(db: Db, hash: Buffer, now: Date): Promise<void> {
  await db.query(
    'subscribers.suppress-erased',
    `insert into suppressions (email_hash, reason, at) values ($1, 'erased', $2) on conflict do nothing`,
    [hash, now],
  );
}

/** The one place where the record of consent may shrink; within a transaction, whose end ends the permission. */
export async function deleteConsents(db: Db, subscriberId: number): Promise<void> {
  await db.query('subscribers.erasing', "set local paperboy.erasing = 'on'");
  await db.query('subscribers.delete-consents', 'delete from consents where subscriber_id = $1', [
    subscriberId,
  ]);
  await db.query('subscribers.erased', "set local paperboy.erasing = 'off'");
}

/** What the reader wrote on leaving. */
export async function deleteReasons(db: Db, subscriberId: number): Promise<void> {
  await db.query(
    'subscribers.delete-reasons',
    `delete from audit where action = 'unsubscribe-reason' and detail->'subscriberId' = to_jsonb($1::bigint)`,
    [subscriberId],
  );
}

/** Interests, votes, profile, proofs and feed go with it, by their keys. */
export async function deleteSubscriber(db: Db, subscriberId: number): Promise<void> {
  await db.query('subscribers.delete', 'delete from subscribers where id = $1', [subscriberId]);
}

/**
 * A reader who confirms takes back a suppression of their own making; bounces and complaints stay.
 * `subscribe` and the ledger's claim name the same reasons.
 */
export async function liftOwnSuppression(db: Db, hashes: readonly Buffer[]): Promise<void> {
  await db.query(
    'subscribers.lift-suppression',
    `delete from suppressions where email_hash = any ($1::bytea[]) and reason in ('erased', 'unsubscribed')`,
    [hashes],
  );
}
