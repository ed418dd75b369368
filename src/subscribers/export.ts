import type { Db } from '../platform/index.ts';
import { type Learnt, readLearnt } from './store-export.ts';
import { type Consent, findSubscriber, readConsents, type Subscriber } from './store-read.ts';

/** All that is kept of a reader but the ledger, which is the deliveries room's; times are UTC. */
export interface SubscriberExport extends Learnt {
  subscriber: Omit<Subscriber, 'sample'>;
  /** The record of consent, oldest first. */
  consents: Omit<Consent, 'mailWanted'>[];
}

/** For a download by the reader, or an operator who was asked for it; use `exportReader`, which adds the deliveries. */
export async function exportSubscriber(db: Db, subscriberId: number): Promise<SubscriberExport | null> {
  const found = await findSubscriber(db, subscriberId);
  if (!found) return null;
  const { sample: _, ...subscriber } = found;
  const consents = await readConsents(db, subscriberId);
  return {
    subscriber,
    consents: consents.map(({ mailWanted: __, ...consent }) => consent),
    ...(await readLearnt(db, subscriberId)),
  };
}
