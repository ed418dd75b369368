import type { Db } from '../platform/index.ts';
import type { MatchedInterest, Pool, SelectionReader } from './rules/compose-selection.ts';
import { whyInterest } from './rules/interest.ts';
import { type ReaderChoice, readMatches, readPool, readRevision } from './store-match.ts';

/** All of an edition that choosing needs: loaded once, then kept for all its readers. */
export interface EditionPool {
  pool: Pool;
  /** By the id of what is followed. */
  found: ReadonlyMap<number, MatchedInterest>;
  placeOf: ReadonlyMap<string, number>;
  placeOfRank: ReadonlyMap<number, number>;
  /** Of the matching that `found` comes from: a later one may have found more. */
  revision: number;
}

/** What an edition's digests are chosen from; null: no such edition. Before `matchEdition`, nothing is found for anybody. */
export async function loadPool(db: Db, editionId: number): Promise<EditionPool | null> {
  // Before the matches: what is found in between is then asked for once more.
  const revision = await readRevision(db, editionId);
  const [papers, matches] = await Promise.all([readPool(db, editionId), readMatches(db, editionId)]);
  if (papers.length === 0) return null;
  const placeOfRank = new Map(papers.map(({ rank }, place) => [rank, place]));
  const placesOf = (ranks: readonly number[]) =>
    ranks.flatMap((rank) => placeOfRank.get(rank) ?? []).sort((a, b) => a - b);
  return {
    pool: { editionId, papers, cards: papers.filter(({ card }) => card).length },
    found: new Map(
      matches.map(({ id, kind, value, ranks }) => [
        id,
        { kind, label: whyInterest({ kind, value }), places: placesOf(ranks) },
      ]),
    ),
    placeOfRank,
    placeOf: new Map(papers.map(({ id }, place) => [id, place])),
    revision,
  };
}

const NOTHING: readonly number[] = [];

/**
 * A reader as `composeSelection` needs one.
 *
 * @param pool - of `loadPool`, of a revision that is not older than the choice's
 * @param had - papers that the reader had in any digest before
 */
export function toReader(
  choice: ReaderChoice,
  had: readonly string[],
  { found, placeOf, placeOfRank }: EditionPool,
): SelectionReader {
  const interests: MatchedInterest[] = [];
  for (const id of choice.followed ?? []) {
    const interest = found.get(id);
    if (interest) interests.push(interest);
  }
  const unwanted = new Set((choice.unwanted ?? NOTHING).flatMap((id) => found.get(id)?.places ?? []));
  // Who follows a name wants its papers, whoever else wrote them.
  if (unwanted.size > 0)
    for (const { kind, places } of interests)
      if (kind === 'author') for (const place of places) unwanted.delete(place);
  return {
    id: choice.subscriberId,
    maxPapers: choice.maxPapers,
    personal: choice.personal,
    interests,
    near: (choice.ranks ?? NOTHING).flatMap((rank, at) => {
      const place = placeOfRank.get(rank);
      return place === undefined ? [] : [{ place, score: choice.scores?.[at] ?? 0 }];
    }),
    had: new Set(had.flatMap((id) => placeOf.get(id) ?? [])),
    unwanted,
  };
}
