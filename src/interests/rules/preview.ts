import { type Candidates, matchInterest } from './candidates.ts';
import {
  composeSelection,
  type MatchedInterest,
  type Pool,
  type SelectionReader,
} from './compose-selection.ts';
import { type Interest, wantedOf, whyInterest } from './interest.ts';

/** An edition that digests are tried on; what was found once is kept. */
export interface PreviewEdition {
  pool: Pool;
  candidates: Candidates;
  /** Places by kind and value. */
  found: Map<string, readonly number[]>;
}

/** Results kept of an edition: all topics and some hundred searches that are just being typed. */
const FOUND_MAX = 1000;

/** The papers of the edition that an interest finds, by their places. */
export function findPlaces({ candidates, found }: PreviewEdition, interest: Interest): readonly number[] {
  const key = `${interest.kind} ${interest.value}`;
  const known = found.get(key);
  if (known) return known;
  const wanted = wantedOf(interest);
  const places = wanted === null ? [] : matchInterest(candidates, wanted);
  if (found.size >= FOUND_MAX) found.clear();
  found.set(key, places);
  return places;
}

/** What is known of a reader beside the interests. */
export type KnownReader = Pick<SelectionReader, 'id' | 'near' | 'had'> & {
  /** Something was learnt from votes. */
  learnt: boolean;
  unwantedAuthors: readonly string[];
};

/** Somebody who is no reader yet. */
export const STRANGER: KnownReader = { id: 0, near: [], had: new Set(), learnt: false, unwantedAuthors: [] };

/** What each interest found: how many papers of how many. */
export interface Found extends Interest {
  papers: number;
}

/** The digest that these interests would have given, by the rules that digests are chosen by. */
export function tryInterests(
  edition: PreviewEdition,
  interests: readonly Interest[],
  {
    maxPapers,
    cadence,
    reader,
  }: { maxPapers: number | null; cadence: 'daily' | 'weekly'; reader: KnownReader },
) {
  const matched: MatchedInterest[] = interests.map((interest) => ({
    kind: interest.kind,
    label: whyInterest(interest),
    places: findPlaces(edition, interest),
  }));
  // Who follows a name wants its papers, whoever else wrote them.
  const wanted = new Set(matched.filter(({ kind }) => kind === 'author').flatMap(({ places }) => places));
  const unwanted = reader.unwantedAuthors.flatMap((value) => findPlaces(edition, { kind: 'author', value }));
  const { near, id, learnt } = reader;
  const personal = learnt || interests.length > 0;
  // As the ledger's claim has it: no daily edition holds what an earlier one did.
  const had = personal || cadence === 'weekly' ? reader.had : STRANGER.had;
  const selection = composeSelection(edition.pool, {
    id,
    near,
    had,
    maxPapers,
    personal,
    interests: matched.filter(({ places }) => places.length > 0),
    unwanted: new Set(unwanted.filter((place) => !wanted.has(place))),
  });
  return {
    cards: selection.cards,
    matched: selection.matched,
    personal,
    found: interests.map((interest, at): Found => ({ ...interest, papers: matched[at]?.places.length ?? 0 })),
  };
}
