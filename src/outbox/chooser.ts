import {
  composeSelection,
  type EditionPool,
  loadPool,
  loadReaders,
  type ReaderRequest,
  type Selection,
} from '../interests/index.ts';
import type { Db } from '../platform/index.ts';

/** Chooses the digests of readers who follow something; what is the same for all readers of an edition is loaded once and kept. */
export interface Chooser {
  /**
   * The digests of these readers, by subscriber; two statements where the edition is new or more was found in it, else one.
   * Who was erased, or an edition that is gone, has none.
   */
  choose(db: Db, editionId: number, readers: readonly ReaderRequest[]): Promise<Map<number, Selection>>;
}

/** As many as the mailroom keeps. */
const POOLS_KEPT = 6;
/** More may be found while the pool is loaded; a third time is a fault of ours. */
const TRIES = 3;

/** One chooser for each process. */
export function createChooser(): Chooser {
  const pools = new Map<number, Promise<EditionPool | null>>();

  function poolOf(db: Db, editionId: number): Promise<EditionPool | null> {
    let pool = pools.get(editionId);
    if (!pool) {
      pool = loadPool(db, editionId);
      pool.then(
        (found) => found ?? pools.delete(editionId),
        () => pools.delete(editionId),
      );
      pools.set(editionId, pool);
      for (const oldest of pools.keys()) {
        if (pools.size <= POOLS_KEPT) break;
        pools.delete(oldest);
      }
    }
    return pool;
  }

  return {
    async choose(db, editionId, requests) {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const pool = await poolOf(db, editionId);
        if (!pool) return new Map();
        const readers = await loadReaders(db, requests, pool);
        if (readers !== 'outdated')
          return new Map([...readers].map(([id, reader]) => [id, composeSelection(pool.pool, reader)]));
        // Another lane may have loaded it anew already.
        if ((await pools.get(editionId)) === pool) pools.delete(editionId);
      }
      throw new Error(`Edition ${editionId} was matched anew each time it was loaded.`);
    },
  };
}
