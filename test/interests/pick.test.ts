import { describe, expect, it } from 'vitest';
import { type PickPaper, pickVaried } from '../../src/interests/rules/pick.ts';

/** Nine in ten are of one topic, as most of a day's papers are about language models. */
const papers = (count: number): PickPaper[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `2606.${10_000 + at}`,
    title:
      at % 10 === 0
        ? (['A robotic arm', 'Speech recognition', 'Protein folding'][(at / 10) % 3] ?? '')
        : `A language model, ${at}`,
    keywords: [],
    categories: [],
    rank: (at % 30) + 1,
  }));
const ids = (list: readonly PickPaper[]) => list.map(({ id }) => id);

describe('twenty papers to pick from', () => {
  it('are of as many fields as there are', () => {
    const picked = pickVaried(papers(120), 'reader 1');
    expect(new Set(ids(picked)).size).toBe(20);
    for (const word of ['robotic', 'Speech', 'Protein'])
      expect(picked.filter(({ title }) => title.includes(word)).length).toBeGreaterThanOrEqual(3);
  });

  it('are the same for a reader and day in whatever order papers come, and others for another', () => {
    const all = papers(120);
    expect(ids(pickVaried([...all].reverse(), 'reader 1'))).toEqual(ids(pickVaried(all, 'reader 1')));
    expect(ids(pickVaried(all, 'reader 2'))).not.toEqual(ids(pickVaried(all, 'reader 1')));
  });

  it('are fewer where there are fewer', () => {
    expect(pickVaried([], 's')).toEqual([]);
    expect(ids(pickVaried(papers(3), 's')).sort()).toEqual(ids(papers(3)));
  });
});
