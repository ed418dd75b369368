import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { makeItem, makeItems, startUpstream, type Upstream } from '../support/upstream.ts';
import { paperboyHere } from './run.ts';

let folder: string;
let database: TestDatabase;
let upstream: Upstream;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paperboy-ingest-'));
  database = await testDatabase();
  upstream = await startUpstream();
});
afterAll(async () => {
  await upstream.close();
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

const run = (words: string) =>
  paperboyHere(words, {
    folder,
    environment: {
      DATABASE_URL: database.url,
      HUGGINGFACE_URL: upstream.url,
      ARXIV_URL: upstream.url,
      ARXIV_CATEGORIES: 'cs.CL',
      DATA_DIR: join(folder, 'data'),
    },
  });

describe('ingest over several days', () => {
  it('tells of each day as it comes, ends with counts, and goes on where it stopped', async () => {
    upstream.setDay('2026-06-10', makeItems(3, '2026-06-10', '2601'));
    upstream.setDay('2026-06-12', makeItems(2, '2026-06-12', '2602'));
    // The default list on a Sunday.
    upstream.setDay('2026-06-14', [makeItem({ id: '2602.00001', day: '2026-06-12' })]);
    const first = await run('ingest --date 2026-06-10..2026-06-14');
    expect(first.code).toBe(0);
    expect(first.err).toBe(
      [
        '1/5 huggingface 2026-06-10: stored, 3 papers',
        '2/5 huggingface 2026-06-11: empty, 0 papers',
        '3/5 huggingface 2026-06-12: stored, 2 papers',
        '4/5 huggingface 2026-06-13: empty, 0 papers',
        '5/5 huggingface 2026-06-14: empty, 0 papers',
        'huggingface 2026-06-14: left out 1 items that belong to another day.',
        '',
      ].join('\n'),
    );
    expect(first.out).toContain('5 asked: 2 stored, 3 empty. 5 papers, 5 fresh, 0 faults, 1 of other days.');
    expect(upstream.requests).toHaveLength(5);

    const second = await run('ingest --date 2026-06-09..2026-06-14');
    expect(second.out).toContain('6 asked: 5 unchanged, 1 empty. 5 papers, 0 fresh');
    expect(upstream.requests).toHaveLength(6);
    const again = await run('ingest --date 2026-06-10..2026-06-12 --again');
    expect(again.out).toContain('3 asked: 2 stored, 1 empty. 5 papers, 0 fresh');
  });

  it('asks arXiv by name, though SOURCES does not have it', async () => {
    upstream.setArchive([{ id: '2606.00001', published: '2026-06-09T10:00:00Z' }]);
    const { code, out } = await run('ingest --source arxiv --date 2026-06-10');
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/arxiv +2026-06-10 +stored +1 +1 +0/),
    });
  });

  it('reads a folder, passing over files that it has read', async () => {
    for (const day of ['2026-05-04', '2026-05-05', '2026-05-06'])
      await writeFile(
        join(folder, `${day}.json`),
        JSON.stringify(makeItems(2, day, day.slice(2).replaceAll('-', '').slice(0, 4))),
      );
    await writeFile(join(folder, '2026-05-07.json'), '[{"paper":');
    const first = await run(`ingest --file ${folder}`);
    expect(first.code).toBe(1);
    expect(first.out).toContain('4 asked: 3 stored, 1 failed. 6 papers');
    expect(first.err).toMatch(/3 .*2026-05-06\.json: stored, 2 papers\n4 .*2026-05-07\.json: failed/);
    expect((await run(`ingest --file ${folder}`)).out).toContain('3 unchanged, 1 failed. 6 papers, 0 fresh');
  });

  it.each([
    ['2026-06-10..', 'A day is written YYYY-MM-DD'],
    ['2026-06-10..2026-06-09', 'must not come after'],
    ['2026-06-10..2026-06-11..2026-06-12', 'YYYY-MM-DD..YYYY-MM-DD'],
  ])('refuses --date %s', async (days, words) => {
    expect(await run(`ingest --date ${days}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining(words),
    });
  });
});
