import type { Clock, Db } from '../platform/index.ts';
import { type Origin, storableOrigin } from './evidence.ts';
import { normaliseAddress } from './rules/email-address.ts';
import type { Links } from './rules/links.ts';
import { preferencesSchema } from './rules/preferences.ts';
import { judgeConfirmation } from './rules/states.ts';
import {
  activate,
  appendConsent,
  findRequest,
  lockSubscriber,
  readStanding,
  replaceInterests,
  setPreferences,
} from './store.ts';
import { liftOwnSuppression } from './store-erase.ts';

/** How pressing a confirmation link's button ended. */
export interface Confirmation {
  /** `already`: the reader was active; nothing changed. `expired`: too old, or from before the reader left. `unknown`: no such link. */
  outcome: 'confirmed' | 'already' | 'expired' | 'unknown';
  /** With `confirmed` and `already`. */
  subscriberId?: number;
}

/** The text on the button's page, kept with the confirmation. */
const WORDING = 'Pressed the button "Confirm" on the page of the link in the confirmation mail.';

/**
 * Makes the reader of a request active, with the preferences of that request. A link works for 7 days and any number of times; pressed
 * twice, also at once, it confirms once. One from before the reader last left is expired (see `judgeConfirmation`).
 */
export async function confirm(
  { db, clock, links }: { db: Db; clock: Clock; links: Links },
  token: string,
  origin: Origin,
): Promise<Confirmation> {
  const requestId = links.read('confirm', token);
  if (requestId === null) return { outcome: 'unknown' };
  return db.transaction(async (tx): Promise<Confirmation> => {
    const request = await findRequest(tx, requestId);
    const subscriber = request && (await lockSubscriber(tx, request.subscriberId));
    const standing = subscriber && (await readStanding(tx, subscriber.id));
    if (!standing) return { outcome: 'unknown' };

    const now = clock.now();
    const verdict = judgeConfirmation({ ...request, ...standing }, now);
    if (verdict === 'expired') return { outcome: 'expired' };
    if (verdict === 'already') return { outcome: 'already', subscriberId: subscriber.id };

    // What `subscribe` stored; anything else is a bug and may throw.
    const preferences = preferencesSchema.parse(request.preferences);
    const address = normaliseAddress(subscriber.email);
    if (address.ok) await liftOwnSuppression(tx, links.addressHashes(address.key));
    await activate(tx, subscriber.id, now);
    await setPreferences(tx, subscriber.id, preferences, now);
    await replaceInterests(tx, subscriber.id, preferences);
    await appendConsent(tx, {
      ...storableOrigin(origin),
      subscriberId: subscriber.id,
      step: 'confirmed',
      at: now,
      wording: WORDING,
      emailTyped: null,
      email: subscriber.email,
      preferences,
      mailWanted: false,
      requestId,
    });
    return { outcome: 'confirmed', subscriberId: subscriber.id };
  });
}

/** What the page of a confirmation link should show; changes nothing. `open`: the button. `confirmed`: the reader is active. */
export async function lookAtConfirmation(
  { db, clock, links }: { db: Db; clock: Clock; links: Links },
  token: string,
): Promise<'open' | 'confirmed' | 'expired' | 'unknown'> {
  const requestId = links.read('confirm', token);
  const request = requestId === null ? undefined : await findRequest(db, requestId);
  const standing = request && (await readStanding(db, request.subscriberId));
  if (!standing) return 'unknown';
  const verdict = judgeConfirmation({ ...request, ...standing }, clock.now());
  return verdict === 'already' ? 'confirmed' : verdict;
}
