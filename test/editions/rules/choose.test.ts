import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byVotes,
  type Candidate,
  chooseDaily,
  chooseWeekly,
  type DailyCandidate,
  LATE_DAYS,
} from '../../../src/editions/rules/choose.ts';
import { addDays, type Day } from '../../../src/editions/rules/dates.ts';

const candidate = (id: string, changes: Partial<DailyCandidate> = {}): DailyCandidate => ({
  id,
  upvotes: 1,
  comments: 0,
  listedOn: ['2026-06-10'],
  sources: ['huggingface'],
  carried: false,
  ...changes,
});

const idsOf = (choice: ReturnType<typeof chooseDaily<DailyCandidate>>) =>
  'nothing' in choice ? choice.nothing : [...choice.cards, ...choice.more].map(({ id }) => id);

describe('byVotes', () => {
  it('puts votes first, then comments, then the id', () => {
    const papers = [
      candidate('2606.2', { upvotes: 5 }),
      candidate('2606.1', { upvotes: 5 }),
      candidate('2606.3', { upvotes: 5, comments: 2 }),
      candidate('2606.4', { upvotes: 9 }),
    ];
    expect(papers.sort(byVotes).map(({ id }) => id)).toEqual(['2606.4', '2606.3', '2606.1', '2606.2']);
  });

  it('is a total order: any shuffle sorts to the same', () => {
    const papers = fc.uniqueArray(
      fc.record({
        id: fc.stringMatching(/^26\d\d\.\d{5}$/),
        upvotes: fc.nat(3),
        comments: fc.nat(2),
      }),
      { selector: ({ id }) => id, maxLength: 30 },
    );
    fc.assert(
      fc.property(papers, fc.infiniteStream(fc.nat()), (list: Candidate[], noise) => {
        const shuffled = list
          .map((paper) => ({ paper, at: noise.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ paper }) => paper);
        expect(shuffled.sort(byVotes)).toEqual([...list].sort(byVotes));
        for (const a of list) for (const b of list) expect(byVotes(a, b) === 0).toBe(a === b);
      }),
    );
  });
});

describe('chooseDaily', () => {
  it('makes the first of the order cards and the rest "more"', () => {
    const papers = ['a', 'b', 'c'].map((id, index) => candidate(id, { upvotes: index }));
    const choice = chooseDaily('2026-06-10', papers, [], 2);
    expect(choice).toEqual({ cards: [papers[2], papers[1]], more: [papers[0]] });
  });

  it('takes late papers of closed days, at most 14 days old, with what is listed on the day', () => {
    const papers = [
      candidate('today', { upvotes: 9 }),
      candidate('late', { listedOn: ['2026-06-09'] }),
      candidate('old', { listedOn: ['2026-05-26'] }),
      candidate('too-late', { listedOn: ['2026-05-27'], carried: true }),
    ];
    expect(idsOf(chooseDaily('2026-06-10', papers, ['2026-06-09'], 12))).toEqual(['today', 'late']);
    // A skipped weekend closes the Friday before it as well.
    const friday = [
      candidate('monday', { listedOn: ['2026-06-15'] }),
      candidate('f', { listedOn: ['2026-06-12'] }),
    ];
    expect(idsOf(chooseDaily('2026-06-15', friday, ['2026-06-13', '2026-06-14'], 12))).toEqual([
      'f',
      'monday',
    ]);
  });

  it('does not take earlier papers of days that no edition or skip closed: a fresh house floods nobody', () => {
    const papers = [candidate('today'), candidate('before', { listedOn: ['2026-06-09'] })];
    expect(idsOf(chooseDaily('2026-06-10', papers, [], 12))).toEqual(['today']);
    expect(idsOf(chooseDaily('2026-06-10', papers, ['2026-06-08', '2026-06-10'], 12))).toEqual(['today']);
  });

  it('says why there is nothing', () => {
    expect(idsOf(chooseDaily('2026-06-10', [], [], 12))).toBe('unlisted');
    const late = candidate('late', { listedOn: ['2026-06-09'] });
    expect(idsOf(chooseDaily('2026-06-10', [late], ['2026-06-09'], 12))).toBe('unlisted');
    const carried = candidate('again', { carried: true, listedOn: ['2026-06-04', '2026-06-10'] });
    expect(idsOf(chooseDaily('2026-06-10', [carried, late], ['2026-06-09'], 12))).toBe('carried');
  });

  it('over any run of days carries no paper twice, and every paper listed by its closing once', () => {
    const firstDay = '2026-06-01';
    const listing = fc.record({
      paper: fc.nat(25),
      /** The day that the source names. */
      listed: fc.nat(12),
      /** Days until our ingest saw it. */
      delay: fc.constantFrom(0, 0, 0, 1, 3),
    });
    fc.assert(
      fc.property(fc.array(listing, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (listings, size) => {
        const carried = new Map<string, Day>();
        const closed: Day[] = [];
        for (let index = 0; index < 20; index++) {
          const day = addDays(firstDay, index);
          const known = new Map<string, DailyCandidate>();
          for (const { paper, listed, delay } of listings) {
            const listedOn = addDays(firstDay, listed);
            if (listed + delay > index || listedOn > day || listedOn < addDays(day, -LATE_DAYS)) continue;
            const id = `2606.${paper}`;
            const before = known.get(id)?.listedOn ?? [];
            known.set(id, candidate(id, { listedOn: [...before, listedOn], carried: carried.has(id) }));
          }
          const choice = chooseDaily(day, [...known.values()], closed, size);
          if (!('nothing' in choice)) {
            expect(choice.cards.length).toBeLessThanOrEqual(size);
            expect(choice.more.length === 0 || choice.cards.length === size).toBe(true);
            for (const { id } of [...choice.cards, ...choice.more]) {
              expect(carried.get(id)).toBeUndefined();
              carried.set(id, day);
            }
          }
          for (const { listedOn, id } of known.values())
            if (listedOn.includes(day)) expect(carried.has(id)).toBe(true);
          closed.push(day);
        }
      }),
    );
  });
});

describe('chooseWeekly', () => {
  it('leaves out what a weekly edition carried', () => {
    const papers = [candidate('a'), candidate('b', { carried: true }), candidate('c', { upvotes: 3 })];
    expect(idsOf(chooseWeekly(papers, 12))).toEqual(['c', 'a']);
    expect(idsOf(chooseWeekly([candidate('b', { carried: true })], 12))).toBe('carried');
    expect(idsOf(chooseWeekly([], 12))).toBe('unlisted');
  });
});
