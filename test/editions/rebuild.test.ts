import { tmpdir } from 'node:os';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assemble, rebuild } from '../../src/editions/index.ts';
import { paperboyHere } from '../cli/run.ts';
import { startWorld, type World } from './world.ts';

let world: World;
const request = { cadence: 'daily', date: '2026-06-10' } as const;
const change = (statement: string) => world.database.db.query('test.change', statement);
const differences = async () => {
  const rebuilt = await rebuild(world.database.db, request);
  return rebuilt.outcome === 'differs' ? rebuilt.differences : rebuilt.outcome;
};

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  await change(
    'truncate papers, listings, source_cursors, editions, edition_papers, edition_records, edition_skips restart identity cascade',
  );
  world.list('2026-06-10', { '10001': 9, '10002': 7, '10003': 5, '10004': 3, '10005': 1 });
  await world.tick('11T02:00');
});

describe('rebuild', () => {
  it('makes the same of what was recorded, whatever sources have changed since', async () => {
    const same = { outcome: 'same', cards: 3, more: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) };
    expect(await rebuild(world.database.db, request)).toMatchObject(same);
    world.list('2026-06-10', { '10001': 9, '10002': 700, '10003': 5, '10004': 3, '10006': 99 });
    await world.tick('11T12:00');
    await change(
      `update papers set title = 'Another title', abstract = '', authors = '{}', organisation = null`,
    );
    expect(await rebuild(world.database.db, request)).toMatchObject(same);
  });

  it('keeps the cursors, counts and checksums that it was closed with', async () => {
    const [record] = await world.database.db.query(
      'test.record',
      `select closed, sources->0->>'state' as state, cursors->0->>'source' as source, cursors->0->>'papers' as papers,
              listed, jsonb_array_length(papers) as printed, length(templates_sha256) as length
       from edition_records`,
    );
    expect(record).toEqual({
      closed: 'ready',
      state: 'ready',
      source: 'huggingface',
      papers: '5',
      listed: 5,
      printed: 5,
      length: 64,
    });
  });

  it('finds what was changed behind its back, and names it', async () => {
    await change(`update edition_papers set html = jsonb_set(html, '{parts,0}', '"other"') where rank = 2`);
    expect(await differences()).toEqual(['The stored pieces of the mail are not those that were recorded.']);
    await change('update edition_papers set upvotes = upvotes + 1 where rank = 5');
    expect(await differences()).toContain(
      'The stored papers (their order, votes or comments) are not those that were recorded.',
    );
    await change(`update edition_records set candidates = candidates - 0`);
    expect(await differences()).toContain('The rules choose other papers now from the same candidates.');
  });

  it('tells templates that changed from a program that changed', async () => {
    // Anything else that is printed stands for either.
    await change(`update edition_records set site = jsonb_set(site, '{postalAddress}', '"Elsewhere"')`);
    expect(await differences()).toEqual([
      'The templates are the same, but the program makes other mail of them now.',
    ]);
    await change(`update edition_records set templates_sha256 = 'older'`);
    expect(await differences()).toEqual(['The templates have changed since.']);
  });

  it('says so of an edition of an earlier version, whose record has the papers of its cards alone', async () => {
    await change(
      `update edition_records set papers = jsonb_path_query_array(papers::jsonb, '$[0 to 2]'), templates_sha256 = 'older'`,
    );
    expect(await differences()).toContain(
      'It was made by an earlier version, which kept the papers of its cards alone.',
    );
  });

  it('says so where there is nothing to make it from', async () => {
    await change('delete from edition_records');
    expect(await differences()).toBe('unrecorded');
    expect(await rebuild(world.database.db, { ...request, date: '2026-06-09' })).toEqual({
      outcome: 'unknown',
    });
  });

  it('serves editions that an operator made early, weekly ones and samples', async () => {
    world.list('2026-06-11', { '11001': 1 });
    await world.tick('11T12:00');
    await change(
      `insert into papers (id, title, sample, first_seen_at, updated_at) values ('1706.03762', 'A sample', true, now(), now())`,
    );
    for (const cadence of ['daily', 'weekly', 'sample'] as const) {
      const other = { cadence, date: '2026-06-11' };
      expect(await assemble(world.context, { ...other, force: true })).toMatchObject({
        outcome: 'made',
        note: null,
      });
      expect(await rebuild(world.database.db, other)).toMatchObject({ outcome: 'same' });
    }
  });
});

describe('assemble --check', () => {
  const check = (words: string) =>
    paperboyHere(`assemble ${words}`, {
      folder: tmpdir(),
      environment: {
        DATABASE_URL: world.database.url,
        SECRET_KEY: 'a key for these tests that signs nothing real',
        ADMIN_TOKEN: 'a token for these tests',
        DATA_DIR: tmpdir(),
      },
    });

  it('ends with 0 where all is the same and with 1 where it is not, and says what', async () => {
    expect(await check('--check --date 2026-06-10')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/is the same to the byte .* 3 cards and 2 more, sha256 [0-9a-f]{64}\./),
    });
    await change('update edition_papers set comments = 77 where rank = 1');
    expect(await check('--check --date 2026-06-10')).toMatchObject({
      code: 1,
      out: expect.stringContaining('The stored papers (their order, votes or comments)'),
    });
    expect(JSON.parse((await check('--check --date 2026-06-10 --json')).out)).toMatchObject({
      outcome: 'differs',
    });
    expect(await check('--check --date 2026-06-09')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no daily edition of 2026-06-09.'),
    });
    expect(await check('--check --dry-run --date 2026-06-10')).toMatchObject({ code: 2 });
  });
});
