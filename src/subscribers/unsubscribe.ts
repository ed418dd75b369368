import type { Clock, Db } from '../platform/index.ts';
import { type Origin, storableOrigin, storableText } from './evidence.ts';
import { normaliseAddress } from './rules/email-address.ts';
import type { Links } from './rules/links.ts';
import { appendConsent, deactivate, lockSubscriber, recordReason } from './store.ts';
import { findIdByKey } from './store-read.ts';

/** How leaving ended; the reader is told the same by all three. */
export type Leaving = 'unsubscribed' | 'already' | 'unknown';

/** From where, and why, if the reader says. */
export interface LeavingOrigin extends Origin {
  /** In the reader's words; cut at 1,000 characters. */
  reason?: string | undefined;
}

async function leave(
  { db, clock }: { db: Db; clock: Clock },
  subscriberId: number,
  origin: LeavingOrigin,
): Promise<Leaving> {
  return db.transaction(async (tx): Promise<Leaving> => {
    const subscriber = await lockSubscriber(tx, subscriberId);
    if (!subscriber) return 'unknown';
    const now = clock.now();
    // A reason often comes after the act, from the page that says "done".
    const reason = storableText(origin.reason ?? '', 1000).trim();
    if (reason !== '') await recordReason(tx, subscriberId, reason, now);
    if (subscriber.state === 'unsubscribed') return 'already';
    await deactivate(tx, subscriberId, now);
    await appendConsent(tx, {
      ...storableOrigin(origin),
      subscriberId,
      step: 'unsubscribed',
      at: now,
      wording: 'Asked to get no more mail.',
      emailTyped: null,
      email: subscriber.email,
      preferences: null,
      mailWanted: false,
      requestId: null,
    });
    return 'unsubscribed';
  });
}

/**
 * Ends a subscription by the link in a mail or by one-click (RFC 8058), at once and for good: the link never expires, pressing it twice is
 * fine, and confirmation links from before no longer work.
 */
export async function unsubscribe(
  context: { db: Db; clock: Clock; links: Links },
  token: string,
  origin: LeavingOrigin,
): Promise<Leaving> {
  const subscriberId = context.links.read('unsubscribe', token);
  return subscriberId === null ? 'unknown' : leave(context, subscriberId, origin);
}

/** Ends a subscription by its address, for operators and mail to unsubscribe@; works for a pending reader too. */
export async function unsubscribeByEmail(
  context: { db: Db; clock: Clock },
  email: string,
  origin: LeavingOrigin,
): Promise<Leaving> {
  const address = normaliseAddress(email);
  const id = address.ok ? await findIdByKey(context.db, address.key) : undefined;
  return id === undefined ? 'unknown' : leave(context, id, origin);
}
