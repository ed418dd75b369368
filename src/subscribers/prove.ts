import type { Clock, Db } from '../platform/index.ts';
import type { Links } from './rules/links.ts';
import { isProofOpen, PROOF_LIFE_MS, PROOF_SPAN_MS, waitForProof } from './rules/proofs.ts';
import { lockSubscriber } from './store.ts';
import { appendProof, findProof, listProofTimes } from './store-proofs.ts';
import { findSubscriber, type Subscriber } from './store-read.ts';

interface Context {
  db: Db;
  clock: Clock;
  links: Links;
}

/**
 * Asks for a mail to the reader's own address, whose link shows that who opens it holds the mailbox. The link of a
 * digest does not: a digest can be forwarded. The deliveries room plans the mail; at most one in 15 minutes, and six a day.
 *
 * @param token - of the preferences link
 * @returns `notBefore` - mails were asked for just now, or often today; none is sent until then
 */
export async function askForProof(
  { db, clock, links }: Context,
  token: string,
): Promise<'asked' | 'unknown' | { notBefore: Date }> {
  const subscriberId = links.read('preferences', token);
  if (subscriberId === null) return 'unknown';
  return db.transaction(async (tx) => {
    if (!(await lockSubscriber(tx, subscriberId))) return 'unknown';
    const now = clock.now();
    const since = new Date(now.getTime() - PROOF_SPAN_MS);
    const notBefore = waitForProof(await listProofTimes(tx, subscriberId, since), now);
    if (notBefore) return { notBefore };
    await appendProof(tx, subscriberId, now);
    return 'asked';
  });
}

/** Somebody who holds the reader's mailbox. */
export interface Proven {
  reader: Subscriber;
  /** When the link ends. */
  endsAt: Date;
}

/**
 * The reader of a proof mail's link, any number of times within a quarter of an hour; changes nothing.
 *
 * @returns `expired` for a link that is too old, `unknown` for one that is not ours or whose reader was erased
 */
export async function readProof(
  { db, clock, links }: Context,
  token: string,
): Promise<Proven | 'expired' | 'unknown'> {
  const id = links.read('proof', token);
  const proof = id === null ? undefined : await findProof(db, id);
  if (!proof) return 'unknown';
  if (!isProofOpen(proof.askedAt, clock.now())) return 'expired';
  const reader = await findSubscriber(db, proof.subscriberId);
  return reader ? { reader, endsAt: new Date(proof.askedAt.getTime() + PROOF_LIFE_MS) } : 'unknown';
}
