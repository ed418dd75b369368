import type { Clock, Db } from '../platform/index.ts';
import { PICK_SIZE, type PickPaper, pickVaried } from './rules/pick.ts';
import { deleteLikes, markProfile, readKnownIds, writeLikes } from './store-library.ts';
import { readPickPapers } from './store-pick.ts';

/** A paper that a reader is offered to pick. */
export interface Pick extends PickPaper {
  authors: string[];
  organisation: string | null;
}

/** Twenty varied papers of the last editions of which the reader has not said anything yet; the same all day (UTC). */
export async function offerPicks(
  { db, clock }: { db: Db; clock: Clock },
  subscriberId: number,
): Promise<Pick[]> {
  const papers = await readPickPapers(db, subscriberId);
  return pickVaried(papers, `${subscriberId} ${clock.now().toISOString().slice(0, 10)}`);
}

/**
 * Records `more` for what was picked, where the reader had not said anything of it.
 *
 * @param paperIds - the first twenty count; unknown ones are passed over
 * @returns those that this recorded, for `undoPicks`; `unknown`: none of them is a paper here
 */
export const recordPicks = (
  { db, clock }: { db: Db; clock: Clock },
  subscriberId: number,
  paperIds: readonly string[],
): Promise<string[] | 'unknown'> =>
  db.transaction(async (tx) => {
    const known = await readKnownIds(tx, paperIds.slice(0, PICK_SIZE));
    if (known.length === 0) return 'unknown';
    const at = clock.now();
    const recorded = await writeLikes(tx, subscriberId, known, at);
    if (recorded.length > 0) await markProfile(tx, subscriberId, at);
    return recorded;
  });

/** Takes these picks back. How many were there. */
export const undoPicks = (
  { db, clock }: { db: Db; clock: Clock },
  subscriberId: number,
  paperIds: readonly string[],
): Promise<number> =>
  db.transaction(async (tx) => {
    const gone = await deleteLikes(tx, subscriberId, paperIds.slice(0, PICK_SIZE));
    if (gone > 0) await markProfile(tx, subscriberId, clock.now());
    return gone;
  });
