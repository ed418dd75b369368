import type { Clock, Db } from '../platform/index.ts';
import type { Links } from './rules/links.ts';
import type { PreferencesChange } from './rules/sign-up.ts';
import { isTimezoneKnown, lockSubscriber, replaceInterests, setPause, setPreferences } from './store.ts';
import { findSubscriber, type Subscriber } from './store-read.ts';

/** The reader of a preferences link, or null for a link that is not ours or whose reader was erased. */
export async function readPreferences(
  { db, links }: { db: Db; links: Links },
  token: string,
): Promise<Subscriber | null> {
  const subscriberId = links.read('preferences', token);
  return subscriberId === null ? null : ((await findSubscriber(db, subscriberId)) ?? null);
}

/**
 * Replaces a reader's preferences and pause. The state is untouched: a reader who left may change them and still gets nothing.
 *
 * @param change - what shall be; a function is asked with the reader as they are by then, so that of two changes at once of
 *   different things both are kept
 * @returns `malformed` with a sentence when this database does not know the time zone
 */
export async function changePreferences(
  { db, clock, links }: { db: Db; clock: Clock; links: Links },
  token: string,
  change: PreferencesChange | ((reader: Subscriber) => PreferencesChange),
): Promise<'changed' | 'unknown' | { malformed: string }> {
  const subscriberId = links.read('preferences', token);
  if (subscriberId === null) return 'unknown';
  return db.transaction(async (tx) => {
    if (!(await lockSubscriber(tx, subscriberId))) return 'unknown';
    const reader = await findSubscriber(tx, subscriberId);
    if (!reader) return 'unknown';
    const { preferences, pausedUntil } = typeof change === 'function' ? change(reader) : change;
    if (!(await isTimezoneKnown(tx, preferences.timezone)))
      return { malformed: 'This time zone is not known here yet; choose another with the same time.' };
    await setPause(tx, subscriberId, pausedUntil);
    await setPreferences(tx, subscriberId, preferences, clock.now());
    await replaceInterests(tx, subscriberId, preferences);
    return 'changed';
  });
}
