import type { Db } from '../platform/index.ts';
import { type Consent, findSubscriber, readConsents, type Subscriber } from './store-read.ts';

/** What this room keeps of a reader; times are UTC. */
export interface SubscriberExport {
  subscriber: Omit<Subscriber, 'sample'>;
  /** The record of consent, oldest first. */
  consents: Omit<Consent, 'mailWanted'>[];
}

/** For a download by the reader, or an operator who was asked for it; use `exportReader`, which has the other rooms' too. */
export async function exportSubscriber(db: Db, subscriberId: number): Promise<SubscriberExport | null> {
  const found = await findSubscriber(db, subscriberId);
  if (!found) return null;
  const { sample: _, ...subscriber } = found;
  const consents = await readConsents(db, subscriberId);
  return {
    subscriber,
    consents: consents.map(({ mailWanted: __, ...consent }) => consent),
  };
}
