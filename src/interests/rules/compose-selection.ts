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
  /** By which wishes are ordered. */
  total: number;
  /** Interests that found it; the two strongest are named. */
  found: number;
  first: string;
  second: string;
}

const byStrength = (a: MatchedInterest, b: MatchedInterest) =>
  STRENGTH[b.kind] - STRENGTH[a.kind] || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0);

/** What a place in the list is worth, 0.2 to 0. */
const trendingScore = (place: number, size: number) => TRENDING * (1 - place / size);

/** The papers that a reader's interests and votes found, none of them had or unwanted, best first. */
function wishesOf(size: number, reader: SelectionReader, isFree: (place: number) => boolean): Wish[] {
  const byPlace = new Map<number, Wish>();
  const wishes: Wish[] = [];
  const add = (place: number, followed: number, near: number, found: number, first: string) => {
    const wish = { place, followed, near, total: 0, found, first, second: '' };
    byPlace.set(place, wish);
    wishes.push(wish);
  };
  // The strongest first: its strength is the paper's, and its label comes first.
  for (const { kind, label, places } of [...reader.interests].sort(byStrength))
    for (const place of places) {
      const wish = byPlace.get(place);
      if (!wish) {
        if (place < size && isFree(place)) add(place, STRENGTH[kind], 0, 1, label);
        continue;
      }
      if (wish.found <= CROSSINGS_MAX) wish.followed += CROSSING;
      if (wish.found === 1) wish.second = label;
      wish.found += 1;
    }
  for (const { place, score } of reader.near) {
    if (place >= size || score < NEAR_MIN) continue;
    const near = Math.min(NEAR_SCALE * score, 1);
    const wish = byPlace.get(place);
    if (wish) wish.near = near;
    else if (isFree(place)) add(place, 0, near, 0, '');
  }
  for (const wish of wishes) wish.total = wish.followed + wish.near + trendingScore(wish.place, size);
  return wishes.sort((a, b) => b.total - a.total || a.place - b.place);
}

function whyWished({ found, near, first, second }: Wish): string[] {
  if (found === 0) return [WHY_NEAR];
  if (found === 1) return near > 0 ? [first, WHY_NEAR] : [first];
  return near > 0 ? [first, second, WHY_NEAR] : [first, second];
}

/** What is trending is the same for all readers. */
const trendingCards = new WeakMap<Pool, Selected[]>();

function trendingCardsOf(pool: Pool): readonly Selected[] {
  let cards = trendingCards.get(pool);
  if (!cards) {
    const { papers } = pool;
    cards = papers.slice(0, pool.cards).map(({ id }, place) => ({
      place,
      paperId: id,
      part: 'trending',
      reasons: NONE,
      score: { followed: 0, near: 0, trending: trendingScore(place, papers.length) },
    }));
    trendingCards.set(pool, cards);
  }
  return cards;
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
  const { had, unwanted } = reader;
  // Of most readers nothing is left out, which is quicker known once.
  const isAllFree = had.size === 0 && unwanted.size === 0;
  const isFree = (place: number) => isAllFree || !(had.has(place) || unwanted.has(place));
  const all = trendingCardsOf(pool);
  const trending = isAllFree ? all : all.filter(({ place }) => isFree(place));
  if (!reader.personal) return { cards: trending.slice(0, limit), matched: 0, personal: false };
  const wishes = wishesOf(size, reader, isFree);

  const explores = limit >= EXPLORATION_FROM;
  const room = explores ? limit - 1 : limit;
  const chosen = new Set<number>();
  const choose = (from: readonly { place: number }[], upTo: number) => {
    for (const { place } of from) {
      if (chosen.size >= upTo) break;
      chosen.add(place);
    }
  };
  choose(trending, Math.round(room / TRENDING_SHARE));
  choose(wishes, room);
  choose(trending, room);

  const cards: Selected[] = [];
  const push = (place: number, part: Part, reasons: readonly string[], followed: number, near: number) =>
    cards.push({
      place,
      paperId: pool.papers[place]?.id ?? '',
      part,
      reasons,
      score: { followed, near, trending: trendingScore(place, size) },
    });
  const wished = new Set<number>();
  for (const wish of wishes) {
    const { place, followed, near } = wish;
    wished.add(place);
    if (chosen.has(place)) push(place, followed > 0 ? 'followed' : 'near', whyWished(wish), followed, near);
  }
  for (const card of trending) if (chosen.has(card.place) && !wished.has(card.place)) cards.push(card);
  if (explores) {
    const others: number[] = [];
    for (let place = 0; place < size && others.length < EXPLORATION_AMONG; place += 1)
      if (isFree(place) && !chosen.has(place) && !wished.has(place)) others.push(place);
    const drawn = others[draw(pool.editionId, reader.id, Math.max(others.length, 1))];
    if (drawn !== undefined) push(drawn, 'exploration', [WHY_EXPLORATION], 0, 0);
  }
  return { cards, matched: wishes.length, personal: true };
}
