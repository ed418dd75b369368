import type { Clock, Db } from '../platform/index.ts';
import { type BibFault, readBibtex } from './rules/bibtex.ts';
import { LIBRARY_MAX, type ListedWork, readWork } from './rules/library.ts';
import {
  countLibrary,
  deleteAddedAt,
  deleteLibrary,
  lockLibrary,
  markProfile,
  readKnownIds,
  readListedKeys,
  writeLibrary,
  writeLikes,
} from './store-library.ts';

/** Characters of one list. About 1,000 entries without abstracts; read in 0.1 s. */
export const LIST_MAX = 500_000;

/** What became of a list, in numbers of entries. */
export interface LibraryReport {
  /** Entries that could be read, each paper once. */
  read: number;
  /** Of them, those that are collected here: they count as liked. */
  known: number;
  /** Of them, those that were new to what this reader said or listed: `known` ones first, then others. */
  voted: number;
  kept: number;
  /** Not kept, since 500 are kept of a reader. */
  full: number;
  /** What could not be read, and why. */
  faults: BibFault[];
  /** Only the first 500 entries were read. */
  cut: boolean;
  /** What `undoLibrary` takes; null: nothing was added. */
  addedAt: Date | null;
}

export type LibraryOutcome = LibraryReport | 'unknown' | 'empty' | 'too-long';

function readWorks(text: string) {
  const { entries, faults, cut } = readBibtex(text);
  const works = new Map<string, ListedWork>();
  for (const entry of entries) {
    const work = readWork(entry);
    const id = work?.arxivId ?? work?.key ?? '';
    // Of two entries of one paper the first counts, unless only the second has an abstract.
    if (work && (!works.has(id) || (!works.get(id)?.abstract && work.abstract))) works.set(id, work);
    if (!work)
      faults.push({ line: entry.line, key: entry.key, reason: 'it has neither a title nor an arXiv id' });
  }
  faults.sort((a, b) => a.line - b.line);
  return { works: [...works.values()], faults, cut };
}

/**
 * Takes in a reader's own list of papers as BibTeX. Papers that are collected here count as liked, where the reader has not said
 * otherwise; the others are kept, 500 at most, and learnt from like liked ones. The same list twice is no more than once.
 *
 * @returns `empty` when there is no entry in it, not even a broken one
 */
export async function importLibrary(
  { db, clock }: { db: Db; clock: Clock },
  subscriberId: number,
  text: string,
): Promise<LibraryOutcome> {
  if (text.length > LIST_MAX) return 'too-long';
  const { works, faults, cut } = readWorks(text);
  if (works.length + faults.length === 0) return 'empty';
  const at = clock.now();
  return db.transaction(async (tx) => {
    if (!(await lockLibrary(tx, subscriberId))) return 'unknown';
    const known = new Set(
      await readKnownIds(
        tx,
        works.flatMap(({ arxivId }) => arxivId ?? []),
      ),
    );
    const isKnown = ({ arxivId }: ListedWork) => arxivId !== null && known.has(arxivId);
    const voted = await writeLikes(tx, subscriberId, [...known], at);
    const others = works.filter((work) => !isKnown(work) && work.key !== '');
    const keys = [...new Set(others.map(({ key }) => key))];
    const there = await readListedKeys(tx, subscriberId, keys);
    const room = LIBRARY_MAX - (await countLibrary(tx, subscriberId));
    const kept = await writeLibrary(tx, subscriberId, others, { at, room });
    const added = voted.length + kept;
    if (added > 0) await markProfile(tx, subscriberId, at);
    return {
      read: works.length,
      known: works.filter(isKnown).length,
      voted: voted.length,
      kept,
      full: keys.length - there.length - kept,
      faults,
      cut,
      addedAt: added > 0 ? at : null,
    };
  });
}

/** Takes back what one list added. */
export const undoLibrary = (
  { db, clock }: { db: Db; clock: Clock },
  subscriberId: number,
  addedAt: Date,
): Promise<'undone' | 'nothing'> =>
  db.transaction(async (tx) => {
    if ((await deleteAddedAt(tx, subscriberId, addedAt)) === 0) return 'nothing';
    await markProfile(tx, subscriberId, clock.now());
    return 'undone';
  });

/** Takes away all papers of a reader's lists; votes stay. How many they were. */
export const removeLibrary = (
  { db, clock }: { db: Db; clock: Clock },
  subscriberId: number,
): Promise<number> =>
  db.transaction(async (tx) => {
    const gone = await deleteLibrary(tx, subscriberId);
    if (gone > 0) await markProfile(tx, subscriberId, clock.now());
    return gone;
  });

/** How many papers of a reader's own lists are kept. */
export const sizeOfLibrary = countLibrary;
