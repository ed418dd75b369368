import type { Db } from '../platform/index.ts';
import { type Interest, type InterestFault, readInterests } from './rules/interest.ts';
import { readInterestRows, replaceInterests } from './store.ts';

/** What became of it; `refused`: nothing was changed, and each fault is a sentence for the reader. */
export type Followed =
  | { outcome: 'set'; interests: Interest[] }
  | { outcome: 'refused'; faults: InterestFault[] }
  | { outcome: 'unknown' };

/** Makes what a reader follows exactly this list: at most 50, each understood, or nothing is changed. */
export async function setInterests(
  db: Db,
  subscriberId: number,
  list: readonly { kind: string; value: string }[],
): Promise<Followed> {
  const reading = readInterests(list);
  if (!reading.ok) return { outcome: 'refused', faults: reading.faults };
  const known = await replaceInterests(db, subscriberId, reading.interests);
  return known ? { outcome: 'set', interests: reading.interests } : { outcome: 'unknown' };
}

/** What a reader follows, by kind and value; empty for nobody. */
export const listInterests = (db: Db, subscriberId: number): Promise<Interest[]> =>
  readInterestRows(db, subscriberId);
