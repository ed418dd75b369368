import type { Clock, Db } from '../platform/index.ts';
import { readyCandidates } from './rules/candidates.ts';
import type { Part } from './rules/compose-selection.ts';
import type { Interest } from './rules/interest.ts';
import {
  type Found,
  type KnownReader,
  type PreviewEdition,
  STRANGER,
  tryInterests,
} from './rules/preview.ts';
import { readCandidates, readPool } from './store-match.ts';
import { type NewestEdition, readLearnt, readNewestEdition } from './store-preview.ts';

/** Choices that are tried, not stored. */
export interface PreviewRequest {
  /** Checked by `readInterests`. */
  interests: readonly Interest[];
  /** 1 to 100; null: as many as the edition has cards. */
  maxPapers: number | null;
  cadence: 'daily' | 'weekly';
  /** Whose votes and unwanted authors count as well (default: nobody's). */
  subscriberId?: number;
  /** Papers that this reader had in other editions than the one named by its id (default: none). */
  readHad?(editionId: number): Promise<readonly string[]>;
}

/** The digest of the newest edition that these choices would have given. */
export interface Preview {
  issueDate: string;
  /** All papers of the edition. */
  papers: number;
  cards: { paperId: string; title: string; part: Part; reasons: readonly string[]; why: string }[];
  /** Papers that were asked for, by interests or votes, shown or not. */
  matched: number;
  /** Follows something or voted; others get the edition's cards. */
  personal: boolean;
  /** By interest, in the order given. */
  found: Found[];
}

type ReadyEdition = PreviewEdition & { placeOfRank: ReadonlyMap<number, number> };
interface Kept {
  edition: NewestEdition;
  ready: Promise<ReadyEdition | null>;
}

/** The last edition of each cadence, ready for matching: making 500 candidates ready takes 0.1 s. */
const kept = new WeakMap<Db, Map<string, Kept>>();

async function makeReady(db: Db, editionId: number): Promise<ReadyEdition | null> {
  const [papers, candidates] = await Promise.all([readPool(db, editionId), readCandidates(db, editionId)]);
  if (papers.length === 0) return null;
  return {
    pool: { editionId, papers, cards: papers.filter(({ card }) => card).length },
    candidates: readyCandidates(candidates),
    found: new Map(),
    placeOfRank: new Map(papers.map(({ rank }, place) => [rank, place])),
  };
}

function readyEdition(db: Db, cadence: string, edition: NewestEdition): Kept['ready'] {
  const byCadence = kept.get(db) ?? new Map<string, Kept>();
  kept.set(db, byCadence);
  const last = byCadence.get(cadence);
  const isSame =
    last?.edition.id === edition.id && last.edition.assembledAt.getTime() === edition.assembledAt.getTime();
  if (last && isSame) return last.ready;
  const ready = makeReady(db, edition.id);
  byCadence.set(cadence, { edition, ready });
  // What could not be read is asked for again the next time.
  ready.catch(() => byCadence.delete(cadence));
  return ready;
}

async function readKnown(
  db: Db,
  subscriberId: number,
  { pool, placeOfRank }: ReadyEdition,
  readHad: (editionId: number) => Promise<readonly string[]>,
): Promise<KnownReader> {
  const [row, papers] = await Promise.all([
    readLearnt(db, subscriberId, pool.editionId),
    readHad(pool.editionId),
  ]);
  const had = new Set(papers);
  return {
    id: subscriberId,
    learnt: row?.learnt ?? false,
    near: (row?.ranks ?? []).flatMap((rank, at) => {
      const place = placeOfRank.get(rank);
      return place === undefined ? [] : [{ place, score: row?.scores?.[at] ?? 0 }];
    }),
    had: new Set(pool.papers.flatMap(({ id }, place) => (had.has(id) ? [place] : []))),
    unwantedAuthors: row?.unwanted ?? [],
  };
}

/**
 * Tries interests on the newest open edition of a cadence, in memory: nothing is written. Null: there is no edition yet.
 */
export async function previewDigest(
  { db, clock }: { db: Db; clock: Clock },
  { interests, maxPapers, cadence, subscriberId, readHad = async () => [] }: PreviewRequest,
): Promise<Preview | null> {
  const edition = await readNewestEdition(db, cadence, clock.now());
  const ready = edition && (await readyEdition(db, cadence, edition));
  if (!edition || !ready) return null;
  const reader = subscriberId === undefined ? STRANGER : await readKnown(db, subscriberId, ready, readHad);
  const tried = tryInterests(ready, interests, { maxPapers, cadence, reader });
  const { papers } = ready.pool;
  return {
    ...tried,
    issueDate: edition.issueDate,
    papers: papers.length,
    cards: tried.cards.map(({ place, paperId, part, reasons }) => ({
      paperId,
      part,
      reasons,
      title: papers[place]?.title ?? '',
      why: papers[place]?.why ?? '',
    })),
  };
}
