import type { Db } from '../platform/index.ts';
import {
  type MatchedInterest,
  type Pool,
  type SelectionReader,
  whyTrending,
} from './rules/compose-selection.ts';
import { whyInterest } from './rules/interest.ts';
import {
  type CandidateRow,
  type ReaderRow,
  readCandidates,
  readMatches,
  readReaders,
} from './store-match.ts';

/** All of an edition that choosing needs: loaded once, then kept for all its readers. */
export interface EditionPool {
  pool: Pool;
  /** By the id of what is followed. */
  found: ReadonlyMap<number, MatchedInterest>;
  placeOf: ReadonlyMap<string, number>;
  placeOfRank: ReadonlyMap<number, number>;
  since: Date;
}

function whyOf({ ranked, source, upvotes }: CandidateRow, rankHere: number): string {
  if (ranked) return whyTrending(rankHere, 'Hugging Face', upvotes);
  return source === 'arxiv'
    ? 'new on arXiv'
    : `in this edition, ${upvotes} ${upvotes === 1 ? 'vote' : 'votes'}`;
}

/** What an edition's digests are chosen from; null: no such edition. Before `matchEdition`, nothing is found for anybody. */
export async function loadPool(db: Db, editionId: number): Promise<EditionPool | null> {
  const [candidates, matches] = await Promise.all([
    readCandidates(db, editionId),
    readMatches(db, editionId),
  ]);
  const [first] = candidates;
  if (!first) return null;
  const placeOfRank = new Map(candidates.map(({ rank }, place) => [rank, place]));
  let ranked = 0;
  const papers = candidates.map((candidate) => {
    if (candidate.ranked) ranked += 1;
    return { id: candidate.id, why: whyOf(candidate, ranked) };
  });
  const placesOf = (ranks: readonly number[]) =>
    ranks.flatMap((rank) => placeOfRank.get(rank) ?? []).sort((a, b) => a - b);
  return {
    pool: { editionId, papers, cards: candidates.filter(({ card }) => card).length },
    found: new Map(
      matches.map(({ id, kind, value, ranks }) => [
        id,
        { kind, label: whyInterest({ kind, value }), places: placesOf(ranks) },
      ]),
    ),
    placeOfRank,
    placeOf: new Map(candidates.map(({ id }, place) => [id, place])),
    since: new Date(Math.min(...candidates.map(({ firstSeenAt }) => firstSeenAt.getTime()))),
  };
}

function toReader(row: ReaderRow, { found, placeOf, placeOfRank }: EditionPool): SelectionReader {
  const interests = (row.followed ?? []).flatMap((id) => found.get(id) ?? []);
  // Who follows a name wants its papers, whoever else wrote them.
  const wanted = new Set(interests.filter(({ kind }) => kind === 'author').flatMap(({ places }) => places));
  const unwanted = (row.unwanted ?? []).flatMap((id) => found.get(id)?.places ?? []);
  return {
    id: row.id,
    maxPapers: row.maxPapers,
    personal: row.personal,
    interests,
    near: (row.ranks ?? []).flatMap((rank, at) => {
      const place = placeOfRank.get(rank);
      return place === undefined ? [] : [{ place, score: row.scores?.[at] ?? 0 }];
    }),
    had: new Set((row.had ?? []).flatMap((id) => placeOf.get(id) ?? [])),
    unwanted: new Set(unwanted.filter((place) => !wanted.has(place))),
  };
}

/**
 * Readers as `composeSelection` needs them, in one statement; erased ones are left out.
 *
 * @param pool - of `loadPool`
 */
export async function loadReaders(
  db: Db,
  subscriberIds: readonly number[],
  pool: EditionPool,
): Promise<Map<number, SelectionReader>> {
  const rows = await readReaders(db, subscriberIds, {
    id: pool.pool.editionId,
    papers: [...pool.placeOf.keys()],
    since: pool.since,
  });
  return new Map(rows.map((row) => [row.id, toReader(row, pool)]));
}
