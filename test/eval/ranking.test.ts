import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compare, placesOf, recallAt, spearman } from './measures.ts';

it('gives equal values the mean of their places, and correlates places', () => {
  expect(placesOf([10, 30, 10, 20])).toEqual([1.5, 4, 1.5, 3]);
  expect(spearman([1, 2, 3, 4], [10, 20, 30, 1000])).toBe(1);
  expect(spearman([1, 2, 3, 4], [4, 3, 2, 1])).toBe(-1);
  // By hand: places 1 2 3 4 5 and 2 1 4 3 5, differences 1 1 1 1 0, so 1 - 6 * 4 / 120.
  expect(spearman([1, 2, 3, 4, 5], [20, 10, 40, 30, 50])).toBeCloseTo(0.8, 12);
  expect(spearman([1, 2], [3, 3])).toBeUndefined();
});

it('recalls by settled votes, ties with the last included', () => {
  expect(recallAt(2, [9, 8, 1], [5, 1, 7])).toBe(0.5);
  expect(recallAt(2, [9, 8, 1], [5, 5, 7])).toBe(1);
  expect(recallAt(3, [9, 8, 1], [5, 5, 7])).toBeUndefined();
});

it('has an interval of nothing between a rule and itself, and the same one for the same seed', () => {
  const days = [0.2, 0.4, undefined, 0.9];
  const options = { resamples: 200, seed: 7 };
  expect(compare(days, days, options)).toEqual({ days: 3, mean: 0.5, more: 0, low: 0, high: 0 });
  const other = [0.1, 0.5, 0.5, 0.5];
  expect(compare(days, other, options)).toEqual(compare(days, other, options));
});

/** The command in a process of its own: its exit code and all that it wrote. */
const run = (...words: string[]) =>
  new Promise<{ code: number; said: string }>((done) => {
    const script = join(import.meta.dirname, 'ranking.ts');
    execFile(process.execPath, ['--import', 'tsx', script, ...words], (error, out, err) =>
      done({ code: error ? Number(error.code) : 0, said: out + err }),
    );
  });

it('says what it measured, and ends as it should on what it cannot measure', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'paperboy-ranking-'));
  try {
    const [good, bad] = [join(folder, 'good.json'), join(folder, 'bad.json')];
    const pairs = Array.from({ length: 8 * 14 }, (_, index) => ({
      day: `2026-06-0${1 + (index % 8)}`,
      id: `2606.${10_000 + index}`,
      early: (index * 7) % 31,
      final: ((index * 7) % 31) * 3 + (index % 5),
      earlyComments: index % 3,
      finalComments: 4,
    }));
    await writeFile(good, JSON.stringify(pairs));
    await writeFile(bad, JSON.stringify([{ ...pairs[0], early: -1 }]));
    const [told, refused, unused] = await Promise.all([run(good), run(bad), run()]);
    expect(told).toEqual({
      code: 0,
      said: expect.stringMatching(/seed 1\.[\s\S]*8 days, 112 papers[\s\S]*4 days/),
    });
    expect(told.said).toContain('used: votes, comments, id');
    expect(refused).toEqual({
      code: 1,
      said: expect.stringContaining('is no list of pairs of votes: at 0.early'),
    });
    expect(unused.code).toBe(2);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
