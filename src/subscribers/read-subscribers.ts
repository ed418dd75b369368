import type { Db } from '../platform/index.ts';
import { normaliseAddress } from './rules/email-address.ts';
import type { SubscriberState } from './rules/states.ts';
import {
  type Consent,
  findIdByKey,
  findSubscriber,
  readConsents,
  readNextHour,
  readPage,
  type Subscriber,
} from './store-read.ts';

// A page is some hundred kilobytes in memory; the whole list never is.
const PAGE = 1000;

/** All subscribers, oldest first, read a page at a time while the caller consumes them. */
export async function* listSubscribers(
  db: Db,
  options: { state?: SubscriberState } = {},
): AsyncGenerator<Subscriber> {
  let after = 0;
  for (;;) {
    const page = await readPage(db, options.state ?? null, after, PAGE);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.id;
  }
}

/** One subscriber with the record of consent, oldest row first; null when the address is malformed or not known. */
export async function showSubscriber(
  db: Db,
  email: string,
): Promise<(Subscriber & { consents: Consent[] }) | null> {
  const address = normaliseAddress(email);
  const id = address.ok ? await findIdByKey(db, address.key) : undefined;
  const subscriber = id === undefined ? undefined : await findSubscriber(db, id);
  return subscriber ? { ...subscriber, consents: await readConsents(db, subscriber.id) } : null;
}

/**
 * When this reader's next digest can come at the earliest: that of the next edition to open, at the chosen local hour on a
 * chosen day, after a pause.
 *
 * @param options.editionAtMinutes - when editions open, in minutes after midnight UTC (default 0)
 * @throws Error when there is no such subscriber
 */
export async function nextDigestAt(
  db: Db,
  subscriberId: number,
  now: Date,
  options: { editionAtMinutes?: number } = {},
): Promise<Date> {
  const at = await readNextHour(db, subscriberId, now, options.editionAtMinutes ?? 0);
  if (!at) throw new Error(`There is no subscriber ${subscriberId}.`);
  return at;
}
