import type { InterestKind } from './interest.ts';

/** A candidate of an edition, in the edition's order. */
export interface PoolPaper {
  id: string;
  title: string;
  /** Why it is in the edition: `3rd on Hugging Face`. Plain text. */
  why: string;
}

/** What a digest is chosen from: the same for all readers of an edition. */
export interface Pool {
  editionId: number;
  /** Best first. */
  papers: readonly PoolPaper[];
  /** How many of the first are the edition's cards: what a reader without interests gets. */
  cards: number;
}

/** One interest that found something, shared by all who have it. */
export interface MatchedInterest {
  kind: InterestKind;
  /** `You follow Ada Lovelace`. Plain text. */
  label: string;
  /** In the pool, ascending. */
  places: readonly number[];
}

/** What of a reader decides. Places are those of the pool. */
export interface SelectionReader {
  id: number;
  /** 1 to 100; null: as many as the edition has cards. */
  maxPapers: number | null;
  /** Follows something or has voted, whether or not anything was found; others get the edition's cards. */
  personal: boolean;
  interests: readonly MatchedInterest[];
  /** Papers near those that the reader liked, with scores of `scorePapers`. */
  near: readonly { place: number; score: number }[];
  /** Had before, in any digest. */
  had: ReadonlySet<number>;
  /** By authors that the reader does not want. */
  unwanted: ReadonlySet<number>;
}

export type Part = 'followed' | 'near' | 'trending' | 'exploration';

/** One card of a reader's digest. */
export interface Selected {
  place: number;
  paperId: string;
  part: Part;
  /** Why this reader gets it; none where it is what everybody reads, and the edition's own why says it all. Plain text. */
  reasons: readonly string[];
  /** What put it here: of its interests, of what was learnt, and of its place; 0 to about 3. For the curious. */
  score: { followed: number; near: number; trending: number };
}

export interface Selection {
  cards: Selected[];
  /** How many papers of the edition, shown or not, the reader asked for (by interests or votes) and never had. */
  matched: number;
  /** False: these are the edition's cards, since the reader follows nothing and has not voted. */
  personal: boolean;
}

/** What an interest says: a person most, since there are few; a category hardly more than a place in the list. */
const STRENGTH: Readonly<Record<InterestKind, number>> = {
  author: 1,
  search: 0.9,
  organisation: 0.7,
  topic: 0.5,
  category: 0.4,
};
/** Each further interest adds this, up to three of them, so that a paper at a crossing comes before. */
const CROSSING = 0.1;
const CROSSINGS_MAX = 3;
/** Below it, a paper is as near as most: by the text alone, half of what readers picked is above it, and a 20th of the rest. */
export const NEAR_MIN = 0.01;
/** Texts that are alike score about 0.1, a shared author 0.5 and more: this puts them between a topic and a person. */
const NEAR_SCALE = 5;
/** The place in the list, from 0 to this: decides among equals. */
const TRENDING = 0.2;
/** A third of a personal digest is what everybody reads; nothing of a digest of one paper. */
const TRENDING_SHARE = 3;
/** A digest this long has room for one card that nobody asked for. */
const EXPLORATION_FROM = 5;
/** It is drawn from so many of the best that remain. */
const EXPLORATION_AMONG = 20;
/** Interests named of one paper. */
const WHY_MAX = 2;

const NONE: readonly string[] = [];
export const WHY_NEAR = 'Near papers you liked';
export const WHY_EXPLORATION = 'Something different, drawn by lot';

/** A draw that is the same whenever it is repeated: from two whole numbers, one below `size` (murmur3's last mixing). */
export function draw(editionId: number, readerId: number, size: number): number {
  let hash =
    Math.imul(editionId | 0, 0x9e3779b1) ^
    Math.imul(readerId | 0, 0x85ebca6b) ^
    Math.floor(readerId / 2 ** 32);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % size;
}

/** What a reader's interests and votes say of a paper. */
interface Wish {
  place: number;
  followed: number;
  near: number;
  reasons: string[];
  /** Interests that found it. */
  found: number;
}

const byStrength = (a: MatchedInterest, b: MatchedInterest) =>
  STRENGTH[b.kind] - STRENGTH[a.kind] || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0);

/** The papers that a reader's interests and votes found, by place; most of a pool's papers are in none. */
function wishesOf(size: number, reader: SelectionReader): Map<number, Wish> {
  const wishes = new Map<number, Wish>();
  // The strongest first: its strength is the paper's, and its label comes first.
  for (const { kind, label, places } of [...reader.interests].sort(byStrength))
    for (const place of places) {
      const wish = wishes.get(place);
      if (wish) {
        if (wish.found <= CROSSINGS_MAX) wish.followed += CROSSING;
        if (wish.found < WHY_MAX) wish.reasons.push(label);
        wish.found += 1;
      } else if (place < size)
        wishes.set(place, { place, followed: STRENGTH[kind], near: 0, reasons: [label], found: 1 });
    }
  for (const { place, score } of reader.near) {
    if (place >= size || score < NEAR_MIN) continue;
    const near = Math.min(NEAR_SCALE * score, 1);
    const wish = wishes.get(place);
    if (wish) {
      wish.near = near;
      wish.reasons.push(WHY_NEAR);
    } else wishes.set(place, { place, followed: 0, near, reasons: [WHY_NEAR], found: 0 });
  }
  return wishes;
}

/**
 * A reader's digest of an edition. Without interests and votes: the edition's cards, as many as asked for, but for what the
 * reader does not want or had. Else, of
 * what this reader never had: a third by the edition's order; the rest by what is followed and what is near to liked
 * papers; where that is not enough, more of the edition's cards; and, in digests of five or more, one drawn by lot. What
 * the reader asked for comes first, then what is trending, the lot last. The same inputs give the same digest.
 */
export function composeSelection(pool: Pool, reader: SelectionReader): Selection {
  const size = pool.papers.length;
  const limit = Math.min(reader.maxPapers ?? pool.cards, size);
  const trendingOf = (place: number) => TRENDING * (1 - place / size);
  const card = (
    place: number,
    part: Part,
    reasons: readonly string[] = NONE,
    followed = 0,
    near = 0,
  ): Selected => ({
    place,
    paperId: pool.papers[place]?.id ?? '',
    part,
    reasons,
    score: { followed, near, trending: trendingOf(place) },
  });
  const first = Array.from({ length: pool.cards }, (_, place) => place);
  const isFree = (place: number) => !reader.had.has(place) && !reader.unwanted.has(place);
  if (!reader.personal) {
    const cards = first.filter(isFree).slice(0, limit);
    return { cards: cards.map((place) => card(place, 'trending')), matched: 0, personal: false };
  }
  const scoreOf = ({ place, followed, near }: Wish) => followed + near + trendingOf(place);
  const wishes = wishesOf(size, reader);
  const wished = [...wishes.values()]
    .filter(({ place }) => isFree(place))
    .sort((a, b) => scoreOf(b) - scoreOf(a) || a.place - b.place);
  const trending = first.filter(isFree);

  const explores = limit >= EXPLORATION_FROM;
  const room = explores ? limit - 1 : limit;
  const chosen = new Set(trending.slice(0, Math.round(room / TRENDING_SHARE)));
  for (const { place } of wished) if (chosen.size < room) chosen.add(place);
  for (const place of trending) if (chosen.size < room) chosen.add(place);

  const cards = wished
    .filter(({ place }) => chosen.has(place))
    .map(({ place, followed, near, reasons }) =>
      card(place, followed > 0 ? 'followed' : 'near', reasons, followed, near),
    );
  for (const place of trending)
    if (chosen.has(place) && !wishes.has(place)) cards.push(card(place, 'trending'));
  if (explores) {
    const others: number[] = [];
    for (let place = 0; place < size && others.length < EXPLORATION_AMONG; place += 1)
      if (isFree(place) && !chosen.has(place) && !wishes.has(place)) others.push(place);
    const drawn = others[draw(pool.editionId, reader.id, Math.max(others.length, 1))];
    if (drawn !== undefined) cards.push(card(drawn, 'exploration', [WHY_EXPLORATION]));
  }
  return { cards, matched: wished.length, personal: true };
}
