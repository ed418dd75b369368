import { describe, expect, it } from 'vitest';
import {
  composeSelection,
  draw,
  type MatchedInterest,
  type Pool,
  type SelectionReader,
  WHY_EXPLORATION,
  WHY_NEAR,
} from '../../src/interests/rules/compose-selection.ts';
import { numbers } from './papers.ts';

const poolOf = (size: number, cards = 12, editionId = 7): Pool => ({
  editionId,
  cards: Math.min(cards, size),
  papers: Array.from({ length: size }, (_, place) => ({
    id: `2606.${10_000 + place}`,
    title: `Paper ${place + 1}`,
    why: `${place + 1} on Hugging Face`,
  })),
});
const readerOf = (over: Partial<SelectionReader> = {}): SelectionReader => ({
  id: 1,
  maxPapers: null,
  personal: true,
  interests: [],
  near: [],
  had: new Set(),
  unwanted: new Set(),
  ...over,
});
const ada: MatchedInterest = { kind: 'author', label: 'You follow Ada Lovelace', places: [15] };
const policy: MatchedInterest = { kind: 'search', label: 'Matches "diffusion policy"', places: [0, 25] };
const places = (reader: SelectionReader, pool = poolOf(40)) =>
  composeSelection(pool, reader).cards.map(({ place }) => place);

describe('a reader without interests', () => {
  it('gets exactly the edition, but for what was had or is not wanted', () => {
    expect(places(readerOf({ personal: false }))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const reader = readerOf({ personal: false, had: new Set([0, 1]), unwanted: new Set([2]) });
    expect(places(reader)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('gets as many as asked for, and never more than there are cards', () => {
    expect(places(readerOf({ personal: false, maxPapers: 3 }))).toEqual([0, 1, 2]);
    expect(places(readerOf({ personal: false, maxPapers: 30 }))).toHaveLength(12);
  });
});

describe('a reader with interests', () => {
  it('gets what was asked for first, then what is trending, then one by lot', () => {
    const { cards, matched } = composeSelection(poolOf(40), readerOf({ interests: [ada, policy] }));
    expect(cards.map(({ part }) => part).slice(0, 4)).toEqual([
      'followed',
      'followed',
      'followed',
      'trending',
    ]);
    expect(cards.map(({ place }) => place).slice(0, 3)).toEqual([15, 0, 25]);
    expect(cards).toHaveLength(12);
    expect(matched).toBe(3);
    expect(cards.at(-1)).toMatchObject({ part: 'exploration', reasons: [WHY_EXPLORATION] });
  });

  it('says of one paper all that brought it', () => {
    const reader = readerOf({ interests: [policy], near: [{ place: 0, score: 0.1 }] });
    const card = composeSelection(poolOf(40), reader).cards.find(({ place }) => place === 0);
    expect(card?.reasons).toEqual(['Matches "diffusion policy"', WHY_NEAR]);
    expect(card?.score).toEqual({ followed: 0.9, near: 0.5, trending: 0.2 });
  });

  it('keeps a third for what is trending, however much was asked for', () => {
    const everything: MatchedInterest = {
      kind: 'category',
      label: 'cs',
      places: Array.from({ length: 28 }, (_, n) => n + 12),
    };
    const { cards } = composeSelection(poolOf(40), readerOf({ interests: [everything] }));
    expect(cards.filter(({ part }) => part === 'trending').map(({ place }) => place)).toEqual([0, 1, 2, 3]);
    expect(cards.filter(({ part }) => part === 'followed')).toHaveLength(7);
  });

  it('leaves out near papers that are no nearer than most', () => {
    const { matched } = composeSelection(poolOf(40), readerOf({ near: [{ place: 30, score: 0.009 }] }));
    expect(matched).toBe(0);
  });

  it('has no lot in a digest of four', () => {
    const { cards } = composeSelection(poolOf(40), readerOf({ interests: [ada], maxPapers: 4 }));
    expect(cards.map(({ part }) => part)).not.toContain('exploration');
  });

  it('gets nothing where all was had', () => {
    const had = new Set(Array.from({ length: 40 }, (_, place) => place));
    expect(composeSelection(poolOf(40), readerOf({ interests: [ada], had })).cards).toEqual([]);
  });
});

/** Readers and pools of all sorts, the same in each run. */
function* cases(count: number): Generator<[Pool, SelectionReader]> {
  const below = numbers(5);
  const some = (size: number, share: number) => {
    const set = new Set<number>();
    for (let place = 0; place < size; place += 1) if (below(100) < share) set.add(place);
    return set;
  };
  const kinds = ['topic', 'search', 'author', 'organisation', 'category'] as const;
  for (let n = 0; n < count; n += 1) {
    const size = 1 + below(60);
    const interests = Array.from({ length: below(6) }, (_, at) => ({
      kind: kinds[below(5)] ?? 'topic',
      label: `interest ${at}`,
      places: [...some(size, below(60))],
    }));
    const near = [...some(size, below(40))].map((place) => ({ place, score: below(100) / 80 - 0.1 }));
    const reader = readerOf({
      id: below(1e9),
      maxPapers: below(3) === 0 ? null : 1 + below(30),
      personal: interests.length > 0 || below(2) === 0,
      interests,
      near,
      had: some(size, below(100)),
      unwanted: some(size, below(30)),
    });
    yield [poolOf(size, 1 + below(14), below(1e6)), reader];
  }
}

describe('whatever the reader and the edition', () => {
  it('a digest repeats nothing, stays within its limit, and says why', () => {
    let explored = 0;
    for (const [pool, reader] of cases(800)) {
      const { cards, matched } = composeSelection(pool, reader);
      const ids = cards.map(({ paperId }) => paperId);
      expect(new Set(ids).size).toBe(ids.length);
      expect(cards.length).toBeLessThanOrEqual(reader.maxPapers ?? pool.cards);
      expect(cards.every(({ place, paperId }) => pool.papers[place]?.id === paperId)).toBe(true);
      // What everybody reads needs no reason of the reader's own.
      expect(cards.every(({ reasons, part }) => (reasons.length === 0) === (part === 'trending'))).toBe(true);
      const lots = cards.filter(({ part }) => part === 'exploration');
      explored += lots.length;
      expect(lots.length).toBeLessThanOrEqual(1);
      const asked = cards.filter(({ part }) => part === 'followed' || part === 'near').length;
      expect(matched).toBeGreaterThanOrEqual(asked);
      // What was asked for is left out only where the digest is full, but for the lot.
      if (matched > asked) expect(cards.length).toBeGreaterThanOrEqual((reader.maxPapers ?? pool.cards) - 1);
      expect(cards.some(({ place }) => reader.had.has(place) || reader.unwanted.has(place))).toBe(false);
      if (!reader.personal)
        expect(cards.every(({ part, place }) => part === 'trending' && place < pool.cards)).toBe(true);
    }
    expect(explored).toBeGreaterThan(30);
  });

  it('the same inputs give the same digest, in whatever order interests come', () => {
    for (const [pool, reader] of cases(300)) {
      const first = composeSelection(pool, reader);
      expect(composeSelection(pool, reader)).toEqual(first);
      const turned = {
        ...reader,
        interests: [...reader.interests].reverse(),
        near: [...reader.near].reverse(),
      };
      expect(composeSelection(pool, turned)).toEqual(first);
    }
  });

  it('a card that fits is never left out while one by lot is in', () => {
    for (const [pool, reader] of cases(300)) {
      const { cards } = composeSelection(pool, reader);
      const lot = cards.find(({ part }) => part === 'exploration');
      if (lot) expect(lot.score).toMatchObject({ followed: 0, near: 0 });
    }
  });
});

describe('the lot', () => {
  it('falls on each place about as often, and differs between editions', () => {
    const counts = new Array<number>(10).fill(0);
    for (let reader = 0; reader < 20_000; reader += 1) {
      const place = draw(3, reader, 10);
      counts[place] = (counts[place] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(1800);
    expect(Math.max(...counts)).toBeLessThan(2200);
    expect(
      new Set(Array.from({ length: 50 }, (_, edition) => draw(edition, 12_345, 10))).size,
    ).toBeGreaterThan(5);
  });
});
