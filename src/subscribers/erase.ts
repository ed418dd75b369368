import type { Clock, Db } from '../platform/index.ts';
import { normaliseAddress } from './rules/email-address.ts';
import type { Links } from './rules/links.ts';
import { lockSubscriber } from './store.ts';
import { deleteConsents, deleteReasons, deleteSubscriber, suppressErased } from './store-erase.ts';

/**
 * Takes away all that these tables hold of a reader: the address, preferences, consents, interests, votes, feed. What stays is a
 * keyed hash of the address, so that no list brings it back; the person can sign up again and confirm. The ledger is the
 * deliveries room's: use `eraseReader`, which calls this.
 */
export async function eraseSubscriber(
  { db, clock, links }: { db: Db; clock: Clock; links: Links },
  subscriberId: number,
): Promise<'erased' | 'unknown'> {
  return db.transaction(async (tx) => {
    const subscriber = await lockSubscriber(tx, subscriberId);
    if (!subscriber) return 'unknown';
    const address = normaliseAddress(subscriber.email);
    const [hash] = links.addressHashes(address.ok ? address.key : subscriber.email.toLowerCase());
    if (hash) await suppressErased(tx, hash, clock.now());
    await deleteConsents(tx, subscriberId);
    await deleteReasons(tx, subscriberId);
    await deleteSubscriber(tx, subscriberId);
    return 'erased';
  });
}
