import type { Clock, Db } from '../platform/index.ts';
import type { Links } from './rules/links.ts';
import { lockSubscriber } from './store.ts';
import { deleteFeed, findFeed, findFeedReader, insertFeed } from './store-proofs.ts';
import { findSubscriber, type Subscriber } from './store-read.ts';

interface Context {
  db: Db;
  clock: Clock;
  links: Links;
}

/** The token of a reader's private feed; null: there is none. */
export async function feedTokenOf({ db, links }: Context, subscriberId: number): Promise<string | null> {
  const id = await findFeed(db, subscriberId);
  return id === null ? null : links.token('feed', id);
}

/**
 * Makes, replaces or ends a reader's private feed. A replaced or ended one leads nowhere from now on.
 *
 * @param what - `make` leaves one that is there as it is
 */
export async function changeFeed(
  { db, clock }: Context,
  subscriberId: number,
  what: 'make' | 'replace' | 'end',
): Promise<void> {
  await db.transaction(async (tx) => {
    if (!(await lockSubscriber(tx, subscriberId))) return;
    if (what !== 'make') await deleteFeed(tx, subscriberId);
    if (what !== 'end') await insertFeed(tx, subscriberId, clock.now());
  });
}

/** The reader of a private feed, or null for one that was replaced, ended, or never was. */
export async function readFeedReader({ db, links }: Context, token: string): Promise<Subscriber | null> {
  const feedId = links.read('feed', token);
  const subscriberId = feedId === null ? null : await findFeedReader(db, feedId);
  return subscriberId === null ? null : ((await findSubscriber(db, subscriberId)) ?? null);
}
