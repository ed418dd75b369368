import type { Clock, Db } from '../platform/index.ts';
import { type Origin, storableOrigin } from './evidence.ts';
import { normaliseAddress } from './rules/email-address.ts';
import type { Links } from './rules/links.ts';
import type { Preferences } from './rules/preferences.ts';
import { CONFIRMATION_PAUSE_MS, isMailOwed, stateAfterRequest } from './rules/states.ts';
import { appendConsent, isTimezoneKnown, lockOrCreate, readRequestFacts, setState } from './store.ts';

/** A request for a subscription, by whoever typed the address. */
export interface SubscriptionRequest extends Origin {
  /** As typed. */
  email: string;
  preferences: Preferences;
  /** The full text that the person saw. */
  wording: string;
}

/**
 * Records that somebody asked for a subscription. Nothing is mailed until the reader confirms, but for one mail with the link: it is owed
 * (and planned by the deliveries room) unless the reader is active, the address is suppressed, or a mail was owed within the last hour.
 * An existing reader's preferences and an active one's state are not touched; the request carries the preferences until it is confirmed.
 *
 * Every address costs the same statements in the same order, so that the time of the answer does not tell a known one from another.
 * A time zone that Node knows and this Postgres does not becomes UTC; the welcome page shows the hour that holds.
 *
 * @returns `accepted` for every address, known or not; `malformed` with a sentence for what is no address
 */
export async function subscribe(
  { db, clock, links }: { db: Db; clock: Clock; links: Links },
  request: SubscriptionRequest,
): Promise<'accepted' | { malformed: string }> {
  const address = normaliseAddress(request.email);
  if (!address.ok) return { malformed: address.fault };
  const now = clock.now();
  const hashes = links.addressHashes(address.key);
  const known = await isTimezoneKnown(db, request.preferences.timezone);
  const preferences = known ? request.preferences : { ...request.preferences, timezone: 'UTC' };

  await db.transaction(async (tx) => {
    const { id, state } = await lockOrCreate(tx, address, now);
    const facts = await readRequestFacts(tx, id, hashes, new Date(now.getTime() - CONFIRMATION_PAUSE_MS));
    await setState(tx, id, stateAfterRequest(state), now);
    await appendConsent(tx, {
      ...storableOrigin(request),
      subscriberId: id,
      step: 'requested',
      at: now,
      wording: request.wording,
      emailTyped: request.email,
      email: address.email,
      preferences,
      mailWanted: isMailOwed({ state, ...facts }, now),
      requestId: null,
    });
  });
  return 'accepted';
}
