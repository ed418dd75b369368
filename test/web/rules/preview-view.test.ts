import { expect, test } from 'vitest';
import { type Tried, viewPreview } from '../../../src/web/rules/preview-view.ts';

const NOW = new Date('2026-06-11T09:00Z');
const card = (part: string) => ({ paperId: 'cs/0112017', title: 'T', part, reasons: ['R'], why: 'W' });
const tried = (over: Partial<Tried> = {}): Tried => ({
  issueDate: '2026-06-10',
  papers: 40,
  cards: [card('followed'), card('trending')],
  matched: 1,
  personal: true,
  found: [],
  ...over,
});
const view = (one: Tried | null, cadence: 'daily' | 'weekly' = 'daily', minMatches: number | null = null) =>
  viewPreview(one, { cadence, minMatches }, { now: NOW, asked: false, faults: [] });

test.each([
  ['daily', '2026-06-11', 'Today this would', '/editions/2026-06-11'],
  ['daily', '2026-06-10', 'Yesterday this would', '/editions/2026-06-10'],
  ['daily', '2026-06-05', 'On Friday, 5 June 2026, this would', '/editions/2026-06-05'],
  ['weekly', '2026-06-01', 'Last week this would', '/editions/week/2026-W23'],
  ['weekly', '2026-05-04', 'In week 19 of 2026 this would', '/editions/week/2026-W19'],
] as const)('a %s edition of %s', (cadence, issueDate, words, href) => {
  const seen = view(tried({ issueDate }), cadence);
  expect(seen.line).toBe(`${words} have sent you these 2 papers, 1 of them by your choices.`);
  expect(seen.href).toBe(href);
  expect(seen.cards[0]?.href).toBe('/papers/cs/0112017');
});

test('says whose choice it was, and where no mail would have come', () => {
  const both = [card('followed'), card('near')];
  expect(view(tried({ cards: both, matched: 9 })).line).toMatch(/these 2 papers, by your choices\.$/);
  expect(view(tried({ cards: [card('trending')], matched: 0 })).line).toMatch(
    /this one paper, none of them by/,
  );
  expect(view(tried({ personal: false })).line).toMatch(/those with most votes\.$/);
  expect(view(tried({ cards: [] })).line).toMatch(/no mail: nothing new for you\.$/);
  expect(view(tried({ matched: 2 }), 'daily', 3)).toMatchObject({
    line: 'Yesterday there would have been no mail, since only 2 of at least 3 matched.',
    cards: [],
  });
  // Who follows nothing gets the edition, whatever the least number is.
  expect(view(tried({ personal: false, matched: 0 }), 'daily', 3).cards).toHaveLength(2);
  expect(view(null, 'weekly').line).toBe('There is no weekly edition yet to try this on.');
});

test('hints at what finds everything and what finds nothing, and does not go on about it', () => {
  const found = (kind: 'topic' | 'search', value: string, papers: number) => ({ kind, value, papers });
  expect(
    view(tried({ found: [found('search', 'the', 40), found('topic', '3d', 0), found('search', 'zebra', 0)] }))
      .hints,
  ).toEqual([
    '“the” finds all 40 papers: as good as no filter.',
    "“3D and graphics” and “zebra” find none of yesterday's papers.",
  ]);
  const many = Array.from({ length: 20 }, (_, at) => found('search', `w${at}`, 0));
  expect(view(tried({ found: many })).hints).toEqual([
    "“w0”, “w1”, “w2”, “w3”, “w4” and 15 more find none of yesterday's papers.",
  ]);
  expect(view(tried({ papers: 2, found: [found('search', 'the', 2)] })).hints).toEqual([]);
});
