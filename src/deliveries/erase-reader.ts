import type { Clock, Db } from '../platform/index.ts';
import { eraseSubscriber, type Links } from '../subscribers/index.ts';

/**
 * Erases a reader: all that `eraseSubscriber` takes, and what the ledger says about the person. Its rows stay, since the
 * counts of an edition must add up, without what was in the digest and what servers said, which quotes addresses. What is
 * still to be sent is skipped by the claim.
 *
 * @returns `unknown` when there is no such reader (any more)
 */
export async function eraseReader(
  context: { db: Db; clock: Clock; links: Links },
  subscriberId: number,
): Promise<'erased' | 'unknown'> {
  return context.db.transaction(async (tx) => {
    const outcome = await eraseSubscriber({ ...context, db: tx }, subscriberId);
    if (outcome === 'unknown') return outcome;
    await forgetEvents(tx, subscriberId);
    await forgetDetails(tx, subscriberId);
    return outcome;
  });
}

async function forgetEvents(db: Db, subscriberId: number): Promise<void> {
  await db.query(
    'forget-events',
    `update delivery_events set detail = null
     where detail is not null and delivery_id in (select id from deliveries where subscriber_id = $1)`,
    [subscriberId],
  );
}

async function forgetDetails(db: Db, subscriberId: number): Promise<void> {
  await db.query(
    'forget-details',
    `update deliveries set papers = null, reasons = null, smtp_reply = null, reason = case when state = 'failed' then null else reason end
     where subscriber_id = $1`,
    [subscriberId],
  );
}
