import type { Clock, Db } from '../platform/index.ts';
import { storableText } from './evidence.ts';
import { normaliseAddress } from './rules/email-address.ts';
import type { Links } from './rules/links.ts';
import { defaultPreferences, type Preferences } from './rules/preferences.ts';
import { isTimezoneKnown } from './store.ts';
import { importBatch, readStandings, readSuppressed } from './store-import.ts';

/** A reader whose consent the operator states. */
export interface NewSubscriber {
  email: string;
  preferences?: Preferences;
  /** How the reader agreed, in the operator's words; kept in the record of consent. */
  wording?: string;
  /** A demo reader: gets sample editions only (default: no). */
  sample?: boolean;
}

/** `left`: unsubscribed before, and is not brought back. `suppressed`: bounced or complained. */
export type Adding =
  | { outcome: 'added' | 'exists' | 'left' | 'suppressed'; subscriberId?: number }
  | { outcome: 'malformed'; fault: string };

export const ADD_WORDING =
  'Added by the operator of this service, who states that the reader asked for the digest.';

/**
 * Makes a reader active at once, without a confirmation mail; for operators. A pending reader becomes active; an active one stays as is.
 */
export async function addSubscriber(
  { db, clock, links }: { db: Db; clock: Clock; links: Links },
  subscriber: NewSubscriber,
): Promise<Adding> {
  const address = normaliseAddress(subscriber.email);
  if (!address.ok) return { outcome: 'malformed', fault: address.fault };
  const preferences = subscriber.preferences ?? defaultPreferences;
  if (!(await isTimezoneKnown(db, preferences.timezone)))
    return {
      outcome: 'malformed',
      fault: `The time zone ${preferences.timezone} is not known to this Postgres; use another with the same time.`,
    };
  return db.transaction(async (tx): Promise<Adding> => {
    const suppressed = await readSuppressed(tx, links.addressHashes(address.key));
    if (suppressed.size > 0) return { outcome: 'suppressed' };
    const saved = await importBatch(
      tx,
      [{ ...address, typed: subscriber.email, preferences, pausedUntil: null }],
      {
        wording: storableText(subscriber.wording ?? ADD_WORDING, 2000),
        page: 'cli',
        sample: subscriber.sample ?? false,
      },
      clock.now(),
    );
    const id = saved.get(address.key);
    if (id !== undefined) return { outcome: 'added', subscriberId: id };
    const standing = (await readStandings(tx, [address.key])).get(address.key);
    return { outcome: standing?.state === 'active' ? 'exists' : 'left' };
  });
}
