import {
  composeSelection,
  type EditionPool,
  loadPool,
  type ReaderChoice,
  readChoices,
  type Selection,
  toReader,
} from '../interests/index.ts';
import type { Db } from '../platform/index.ts';

/** Chooses the digests of readers who follow something; what is the same for all readers of an edition is loaded once and kept. */
export interface Chooser {
  /**
   * The digest of an edition that these choices give; null: the edition is gone.
   *
   * @param had - papers that the reader had before
   */
  choose(db: Db, editionId: number, choice: ReaderChoice, had: readonly string[]): Promise<Selection | null>;
  /** The same for a reader by number; null also for one who was erased. */
  chooseFor(
    db: Db,
    editionId: number,
    subscriberId: number,
    had: readonly string[],
  ): Promise<Selection | null>;
}

/** One for each process. @param kept - editions whose pools are kept (default: 6, as many as the mailroom keeps) */
export function createChooser(kept = 6): Chooser {
  const pools = new Map<number, Promise<EditionPool | null>>();

  function load(db: Db, editionId: number): Promise<EditionPool | null> {
    const pool = loadPool(db, editionId);
    const forget = () => {
      if (pools.get(editionId) === pool) pools.delete(editionId);
    };
    // What failed or was not there is asked for again.
    pool.then((found) => found ?? forget(), forget);
    pools.set(editionId, pool);
    for (const oldest of pools.keys()) {
      if (pools.size <= kept) break;
      pools.delete(oldest);
    }
    return pool;
  }

  /** The edition's pool, not older than the revision. */
  async function poolOf(db: Db, editionId: number, revision: number): Promise<EditionPool | null> {
    const before = pools.get(editionId);
    const pool = await (before ?? load(db, editionId));
    if (!pool || pool.revision >= revision) return pool;
    // More was found since. Of many who see it at once one loads it anew.
    const newer = pools.get(editionId);
    return newer && newer !== before ? newer : load(db, editionId);
  }

  const choose: Chooser['choose'] = async (db, editionId, choice, had) => {
    const pool = await poolOf(db, editionId, choice.revision);
    return pool && composeSelection(pool.pool, toReader(choice, had, pool));
  };

  return {
    choose,
    async chooseFor(db, editionId, subscriberId, had) {
      const [choice] = await readChoices(db, [subscriberId], editionId);
      return choice ? choose(db, editionId, choice, had) : null;
    },
  };
}
