import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trendingScore, trendingScoreSql } from '../../../src/papers/rules/score.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const now = new Date('2026-06-11T12:00:00Z');
const at = (upvotes: number, seen: string) => trendingScore(upvotes, new Date(`${seen}T12:00:00Z`), now);

describe('trendingScore', () => {
  it('makes a week as heavy as half the votes', () => {
    expect(at(99, '2026-06-11')).toBeCloseTo(at(199, '2026-06-04'), 9);
    expect(at(100, '2026-06-11')).toBeGreaterThan(at(199, '2026-06-04'));
  });

  it('puts papers without votes in order of age, and holds for very old ones', () => {
    expect(at(0, '2026-06-11')).toBeGreaterThan(at(0, '2026-06-10'));
    expect(at(0, '1992-01-02')).toBeGreaterThan(at(0, '1992-01-01'));
    expect(at(-3, '2026-06-11')).toBe(at(0, '2026-06-11'));
  });

  it('is the same order in SQL, now and later', async () => {
    const papers = Array.from({ length: 60 }, (_, index) => ({
      upvotes: [0, 1, 3, 40, 665][index % 5] ?? 0,
      seen: new Date(now.getTime() - ((index * 7919) % 40_000) * 3_600_000),
    }));
    const rows = await database.db.query<{ score: number }>(
      'test.score',
      `select ${trendingScoreSql('r.upvotes', 'r.seen')} as score
       from unnest($1::int[], $2::timestamptz[]) with ordinality as r (upvotes, seen, place) order by r.place`,
      [papers.map((paper) => paper.upvotes), papers.map((paper) => paper.seen)],
    );
    const epoch = new Date(0);
    for (const [index, { upvotes, seen }] of papers.entries())
      expect(rows[index]?.score).toBeCloseTo(trendingScore(upvotes, seen, epoch), 6);
    const order = (when: Date) =>
      papers
        .map((paper, index) => ({ index, score: trendingScore(paper.upvotes, paper.seen, when) }))
        .sort((a, b) => b.score - a.score)
        .map(({ index }) => index);
    expect(order(now)).toEqual(order(epoch));
  });

  it('can be indexed', async () => {
    await database.db.query(
      'test.index',
      `create index papers_trending_test on papers (${trendingScoreSql('upvotes', 'first_seen_at')})`,
    );
    const [row] = await database.db.query<{ found: boolean }>(
      'test.found',
      `select to_regclass('papers_trending_test') is not null as found`,
    );
    expect(row?.found).toBe(true);
  });
});
