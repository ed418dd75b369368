import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createSources,
  findPaper,
  ingest,
  latestListedDay,
  listDay,
  type Source,
  SourceError,
  sourceHealth,
} from '../../src/papers/index.ts';
import {
  createHttpClient,
  createLog,
  readConfig,
  type StoppedClock,
  stoppedClock,
} from '../../src/platform/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { sharedDays } from '../support/shared-data.ts';
import { makeItem, makeItems, startUpstream, type Upstream } from '../support/upstream.ts';

const wednesday = '2026-06-10';
const thursday = '2026-06-11';
const real = { sample: false };
const log = createLog('silent');
let database: TestDatabase;
let upstream: Upstream;
let clock: StoppedClock;
let sources: Source[];

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.query('test: empty', 'truncate papers, source_cursors cascade');
  // Days are asked for while they last and after; a week on, when all of a test's days are over.
  clock = stoppedClock(new Date('2026-06-17T09:00:00Z'));
  upstream = await startUpstream();
  sources = sourcesOf();
});
afterEach(() => upstream.close());

function sourcesOf(): Source[] {
  const http = createHttpClient({ log, userAgent: 'Paperboy/test', sleep: async () => undefined });
  const config = readConfig({ environment: { HUGGINGFACE_URL: upstream.url } });
  return createSources({ config, http, db: database.db, clock });
}

function ingestDays(...days: string[]) {
  return ingest({ db: database.db, clock, log, sources }, { days });
}

function later(hours = 1) {
  clock.set(new Date(clock.now().getTime() + hours * 3_600_000));
}

const rows = <Row>(text: string) => database.db.query<Row>('test: rows', text);
const sightingsOf = (id: string) =>
  rows<{ upvotes: number; comments: number }>(
    `select upvotes, comments from sightings where paper_id = '${id}' order by seen_at`,
  );
/** Everything but the cursors, whose times move with each request. */
const everything = () =>
  rows(`select 'p' as what, id as a, (p.*)::text as b from papers p
        union all select 'l', paper_id, (l.*)::text from listings l
        union all select 's', paper_id, (s.*)::text from sightings s order by 1, 2, 3`);

describe('a day', () => {
  it('is stored with its papers, listings and first sightings', async () => {
    upstream.setDay(wednesday, [
      makeItem({ id: '2606.00002', day: wednesday, upvotes: 9, comments: 2 }),
      makeItem({ id: '2606.00001v2', day: wednesday, upvotes: 9, comments: 2 }),
      makeItem({ id: '2606.00003', day: wednesday, upvotes: 40 }),
    ]);
    expect(await ingestDays(wednesday)).toEqual([
      {
        source: 'huggingface',
        day: wednesday,
        outcome: 'stored',
        papers: 3,
        fresh: 3,
        faults: [],
        strays: 0,
      },
    ]);
    const papers = await listDay(database.db, wednesday, real);
    expect(papers.map((paper) => paper.id)).toEqual(['2606.00003', '2606.00001', '2606.00002']);
    expect(await findPaper(database.db, '2606.00002')).toEqual({
      id: '2606.00002',
      title: 'On the matter of 2606.00002',
      abstract: 'We study the matter of 2606.00002 and find that it can be done. Code is available.',
      summary: 'A short account of 2606.00002.',
      authors: ['Ada Example', 'Bo Sample'],
      organisation: 'Example Laboratory',
      keywords: ['examples', 'samples'],
      categories: [],
      version: null,
      publishedOn: wednesday,
      codeUrl: 'https://github.com/example/matter',
      codeStars: 7,
      projectUrl: null,
      upvotes: 9,
      comments: 2,
      sample: false,
      listedOn: [wednesday],
    });
    expect(await sightingsOf('2606.00003')).toEqual([{ upvotes: 40, comments: 0 }]);
  });

  it('that has not changed changes nothing, and is asked for by its ETag', async () => {
    upstream.setDay(wednesday, makeItems(30, wednesday));
    await ingestDays(wednesday);
    const before = await everything();
    later();
    expect(await ingestDays(wednesday)).toMatchObject([{ outcome: 'unchanged', papers: 30, fresh: 0 }]);
    expect(await everything()).toEqual(before);
    expect(upstream.requests.at(-1)?.ifNoneMatch).toMatch(/^W\//);
    expect(await sourceHealth(database.db)).toEqual([
      { source: 'huggingface', lastSucceededAt: clock.now(), lastFailedAt: null, failure: null },
    ]);
  });

  it('of several pages that has not changed changes nothing either', async () => {
    upstream.setDay(wednesday, makeItems(250, wednesday));
    expect(await ingestDays(wednesday)).toMatchObject([{ outcome: 'stored', papers: 250, fresh: 250 }]);
    const before = await everything();
    later();
    expect(await ingestDays(wednesday)).toMatchObject([{ outcome: 'stored', papers: 250, fresh: 0 }]);
    expect(await everything()).toEqual(before);
  });

  it('that grows brings what is new, and keeps when we first saw the rest', async () => {
    const old = makeItem({ id: '2606.00001', day: wednesday, upvotes: 2 });
    upstream.setDay(wednesday, [old]);
    await ingestDays(wednesday);
    const firstSeen = clock.now();
    later();
    upstream.setDay(wednesday, [makeItem({ id: '2606.00002', day: wednesday }), old]);
    expect(await ingestDays(wednesday)).toMatchObject([{ outcome: 'stored', papers: 2, fresh: 1 }]);
    expect(await rows('select paper_id as id, first_seen_at as at from listings order by 1')).toEqual([
      { id: '2606.00001', at: firstSeen },
      { id: '2606.00002', at: clock.now() },
    ]);
  });

  it('keeps a sighting only when votes or comments changed', async () => {
    const show = async (upvotes: number, comments: number, title = 'Same') => {
      upstream.setDay(wednesday, [makeItem({ id: '2606.00001', day: wednesday, upvotes, comments, title })]);
      await ingestDays(wednesday);
      later();
    };
    await show(1, 0);
    await show(1, 0, 'Better title');
    await show(5, 0, 'Better title');
    await show(5, 1, 'Better title');
    await show(1, 0, 'Better title');
    expect(await sightingsOf('2606.00001')).toEqual([
      { upvotes: 1, comments: 0 },
      { upvotes: 5, comments: 0 },
      { upvotes: 5, comments: 1 },
      { upvotes: 1, comments: 0 },
    ]);
    expect(await findPaper(database.db, '2606.00001')).toMatchObject({
      title: 'Better title',
      upvotes: 1,
      comments: 0,
    });
  });

  it('keeps the stars of the code over time, and does not lose them where a source leaves them out', async () => {
    for (const githubStars of [7, 9, undefined, 9]) {
      upstream.setDay(wednesday, [makeItem({ id: '2606.00001', day: wednesday, paper: { githubStars } })]);
      await ingestDays(wednesday);
      later();
    }
    expect(await rows('select upvotes, code_stars from sightings order by seen_at')).toEqual([
      { upvotes: 1, code_stars: 7 },
      { upvotes: 1, code_stars: 9 },
    ]);
  });

  it('keeps what a later answer leaves out', async () => {
    upstream.setDay(wednesday, [makeItem({ id: '2606.00001', day: wednesday })]);
    await ingestDays(wednesday);
    upstream.setDay(wednesday, [{ paper: { id: '2606.00001', title: 'New title', upvotes: 3 } }]);
    await ingestDays(wednesday);
    expect(await findPaper(database.db, '2606.00001')).toMatchObject({
      title: 'New title',
      upvotes: 3,
      authors: ['Ada Example', 'Bo Sample'],
      summary: 'A short account of 2606.00001.',
      organisation: 'Example Laboratory',
    });
  });

  it('without papers is empty, not failed; items of Friday are not listed on Sunday', async () => {
    upstream.setDay('2026-06-12', makeItems(5, '2026-06-12'));
    upstream.setDay('2026-06-14', makeItems(5, '2026-06-12'));
    expect(await ingestDays('2026-06-12', '2026-06-13', '2026-06-14')).toMatchObject([
      { day: '2026-06-12', outcome: 'stored', papers: 5 },
      { day: '2026-06-13', outcome: 'empty', papers: 0 },
      { day: '2026-06-14', outcome: 'empty', papers: 0, strays: 5 },
    ]);
    expect(await latestListedDay(database.db, real)).toBe('2026-06-12');
  });

  it('takes hostile texts, and Postgres with it', async () => {
    const title = `\0<script>"'\u202e\ud800${'x'.repeat(10_000)}`;
    const authors = Array.from({ length: 573 }, (_, n) => ({ name: `Ädä \0"{},\\ ${n}` }));
    const ai_keywords = ['{a,b}', 'NULL', '"', '\\'];
    upstream.setDay(wednesday, [
      makeItem({ id: '2606.00001', day: wednesday, title, paper: { authors, ai_keywords, summary: '\0' } }),
    ]);
    expect(await ingestDays(wednesday)).toMatchObject([{ outcome: 'stored', papers: 1, faults: [] }]);
    const paper = await findPaper(database.db, '2606.00001');
    expect(paper?.title.startsWith(`<script>"'xxx`)).toBe(true);
    expect(paper?.authors[572]).toBe('Ädä "{},\\ 572');
    expect(paper?.keywords).toEqual(ai_keywords);
  });
});

describe('an old copy', () => {
  const show = (...votes: number[]) =>
    upstream.setDay(
      wednesday,
      votes.map((upvotes, n) => makeItem({ id: `2606.0000${n}`, day: wednesday, upvotes })),
    );

  it.each([
    ['fewer papers with fewer votes', [4, 9]],
    ['all papers with fewer votes', [4, 9, 2]],
  ])('of the list, %s, changes nothing and names the source', async (_, old) => {
    show(5, 10, 2);
    await ingestDays(wednesday);
    const before = await everything();
    later();
    show(...old);
    expect(await ingestDays(wednesday)).toMatchObject([
      { outcome: 'failed', error: expect.stringMatching(/^huggingface gave an older list for 2026-06-10/) },
    ]);
    expect(await everything()).toEqual(before);
    show(5, 11, 2);
    expect(await ingestDays(wednesday)).toMatchObject([{ outcome: 'stored' }]);
  });

  it.each([
    ['a vote taken back', [5, 9, 2]],
    ['votes taken back and given', [4, 9, 3]],
    ['a paper that was moved to another day', [5, 10]],
    ['a new paper', [4, 9, 2, 0]],
  ])('is not what %s is', async (_, now) => {
    show(5, 10, 2);
    await ingestDays(wednesday);
    later();
    show(...now);
    expect(await ingestDays(wednesday)).toMatchObject([{ outcome: 'stored', papers: now.length }]);
    expect(await listDay(database.db, wednesday, real)).toHaveLength(Math.max(3, now.length));
  });
});

it('a day to come is not asked for, whatever the source would say', async () => {
  upstream.setDay('2026-06-18', makeItems(3, '2026-06-18'));
  expect(await ingestDays('2026-06-18')).toMatchObject([
    { outcome: 'failed', error: 'huggingface was not asked for 2026-06-18, which is in the future.' },
  ]);
  expect(upstream.requests).toEqual([]);
});

it('a range passes over days that were answered after they were over, unless all is asked for again', async () => {
  clock.set(new Date('2026-06-11T09:00:00Z'));
  upstream.setDay(wednesday, makeItems(2, wednesday, '2601'));
  upstream.setDay(thursday, makeItems(2, thursday, '2602'));
  const days = [wednesday, thursday];
  const range = (options: { again?: boolean }) =>
    ingest({ db: database.db, clock, log, sources }, { days, skipHad: true, ...options });
  await range({});
  later();
  upstream.requests.length = 0;
  await range({});
  // Thursday is not over.
  expect(upstream.requests.map((request) => request.day)).toEqual([thursday]);
  expect((await range({ again: true })).map((row) => row.outcome)).toEqual(['stored', 'stored']);
  expect(upstream.requests.slice(1).map((request) => request.ifNoneMatch)).toEqual([undefined, undefined]);
});

describe('a malformed item', () => {
  it('is reported and costs only itself', async () => {
    upstream.setDay(wednesday, [
      makeItem({ id: '2606.00001', day: wednesday }),
      makeItem({ id: '2606.00002', day: wednesday, paper: { upvotes: 'many' } }),
      'nonsense',
      makeItem({ id: '2606.00004', day: wednesday }),
    ]);
    expect(await ingestDays(wednesday)).toMatchObject([
      {
        outcome: 'stored',
        papers: 2,
        faults: [{ place: 'item 2 (2606.00002)', reason: expect.any(String) }, { place: 'item 3' }],
      },
    ]);
  });

  it('fails the day when there is nothing else, since then the format has changed', async () => {
    upstream.setDay(wednesday, [{ id: '2606.00001', title: 'unwrapped' }]);
    expect(await ingestDays(wednesday)).toMatchObject([
      {
        outcome: 'failed',
        error: expect.stringContaining('nothing usable for 2026-06-10: 1 malformed items'),
      },
    ]);
  });
});

describe('a failing source', () => {
  it('keeps its old papers, tells why, and recovers at the next call', async () => {
    upstream.setDay(wednesday, makeItems(4, wednesday));
    await ingestDays(wednesday);
    const before = await everything();
    const succeededAt = clock.now();
    later();
    upstream.answerHtml(1);
    expect(await ingestDays(wednesday)).toMatchObject([
      { outcome: 'failed', papers: 0, error: expect.stringContaining('a web page instead of JSON') },
    ]);
    expect(await everything()).toEqual(before);
    expect(await sourceHealth(database.db)).toEqual([
      {
        source: 'huggingface',
        lastSucceededAt: succeededAt,
        lastFailedAt: clock.now(),
        failure: expect.stringContaining('a web page instead of JSON'),
      },
    ]);
    later();
    expect(await ingestDays(wednesday)).toMatchObject([{ outcome: 'unchanged', papers: 4 }]);
    expect(await sourceHealth(database.db)).toMatchObject([{ lastSucceededAt: clock.now(), failure: null }]);
  });

  it('that is away is not asked for the other days', async () => {
    upstream.failNext(1, 429, { 'retry-after': '300' });
    const report = await ingestDays(wednesday, thursday, '2026-06-12');
    expect(report.map((row) => row.outcome)).toEqual(['failed', 'failed', 'failed']);
    expect(upstream.requests).toHaveLength(1);
  });

  it('on one day gives the other days', async () => {
    upstream.setDay(thursday, makeItems(2, thursday));
    upstream.answerHtml(1);
    expect(await ingestDays(thursday, wednesday)).toMatchObject([
      { day: wednesday, outcome: 'failed' },
      { day: thursday, outcome: 'stored' },
    ]);
  });

  it('does not stop another', async () => {
    upstream.setDay(wednesday, makeItems(2, wednesday));
    const broken: Source = {
      name: 'broken',
      fetchDay: async () => {
        throw new SourceError('The broken source\0 is broken; mend it.');
      },
    };
    sources = [broken, ...sources];
    expect(await ingestDays(wednesday)).toMatchObject([
      { source: 'broken', outcome: 'failed', error: 'The broken source is broken; mend it.' },
      { source: 'huggingface', outcome: 'stored' },
    ]);
    expect(await sourceHealth(database.db)).toMatchObject([
      { source: 'broken', lastSucceededAt: null, failure: 'The broken source is broken; mend it.' },
      { source: 'huggingface', lastFailedAt: null },
    ]);
  });

  it('is not asked for a day that is none', async () => {
    expect(await ingestDays('2026-02-30', 'today')).toMatchObject([
      { outcome: 'failed', error: '"2026-02-30" is no day; ask for one as YYYY-MM-DD.' },
      { outcome: 'failed' },
    ]);
    expect(upstream.requests).toEqual([]);
  });

  it('with a bug says so loudly', async () => {
    const buggy: Source = { name: 'buggy', fetchDay: () => Promise.reject(new TypeError('a bug')) };
    upstream.setDay(wednesday, makeItems(1, wednesday));
    sources = [buggy, ...sources];
    await expect(ingestDays(wednesday)).rejects.toThrow('a bug');
    expect(await listDay(database.db, wednesday, real)).toHaveLength(1);
  });
});

describe('a paper that is listed again on a later day', () => {
  it('is on both days, and the newest listing speaks for it', async () => {
    const first = makeItem({ id: '2606.00001', day: wednesday, upvotes: 2, title: 'First' });
    const again = makeItem({ id: '2606.00001', day: thursday, upvotes: 54, title: 'Again' });
    upstream.setDay(wednesday, [first]);
    upstream.setDay(thursday, [again]);
    await ingestDays(wednesday);
    later(24);
    await ingestDays(thursday, wednesday);
    const before = await everything();
    expect(await findPaper(database.db, '2606.00001')).toMatchObject({
      title: 'Again',
      upvotes: 54,
      listedOn: [wednesday, thursday],
    });
    later();
    // Asked in full once more, as after a restart without ETags.
    await rows('update source_cursors set etag = null');
    await ingestDays(wednesday, thursday);
    await ingestDays(wednesday);
    expect(await everything()).toEqual(before);
    expect(await sightingsOf('2606.00001')).toHaveLength(2);
  });
});

describe('a withdrawn paper', () => {
  it('leaves the list', async () => {
    const items = makeItems(2, wednesday);
    upstream.setDay(wednesday, items);
    await ingestDays(wednesday);
    const withdrawn = makeItem({
      id: '2601.00001',
      day: wednesday,
      paper: { withdrawnAt: '2026-06-10T10:00:00Z' },
    });
    upstream.setDay(wednesday, [withdrawn, ...items.slice(1)]);
    expect(await ingestDays(wednesday)).toMatchObject([
      { outcome: 'stored', papers: 1, fresh: 0, faults: [] },
    ]);
    expect((await listDay(database.db, wednesday, real)).map((paper) => paper.id)).toEqual(['2601.00002']);
    expect(await findPaper(database.db, '2601.00001')).toMatchObject({ listedOn: [] });
  });
});

describe('two processes', () => {
  it('that read the same days at once store each thing once', async () => {
    for (const day of [wednesday, thursday, '2026-06-12'])
      upstream.setDay(day, [
        ...makeItems(120, day, '2601'),
        ...makeItems(30, day, day === thursday ? '2602' : '2603'),
      ]);
    const days = [wednesday, thursday, '2026-06-12'];
    const reports = await Promise.all([ingestDays(...days), ingestDays(...days), ingestDays(...days)]);
    const all = reports.flat();
    expect(all.every((row) => row.outcome === 'stored' && row.papers === 150)).toBe(true);
    for (const day of days)
      expect(all.filter((row) => row.day === day).reduce((sum, row) => sum + row.fresh, 0)).toBe(150);
    expect(await rows('select count(*) as n from listings')).toEqual([{ n: 450 }]);
    expect(await rows('select count(*) as n from papers')).toEqual([{ n: 180 }]);
    expect(await listDay(database.db, wednesday, real)).toHaveLength(150);
  });
});

it('reads all real days that stand beside the project, twice, with the same result', async () => {
  const days = sharedDays();
  clock.set(new Date('2026-07-18T09:00:00Z'));
  for (const [day, items] of days) upstream.setDay(day, items);
  const asked = [...days.keys()];
  const report = await ingestDays(...asked);
  expect(report.map((row) => [row.day, row.outcome, row.papers, row.fresh, row.faults.length])).toEqual(
    [...days].map(([day, items]) => [day, 'stored', items.length, items.length, 0]),
  );
  for (const [day, items] of days) {
    const votes = (item: unknown) => (item as { paper: { upvotes: number } }).paper.upvotes;
    const listed = await listDay(database.db, day, real);
    expect(listed).toHaveLength(items.length);
    expect(listed[0]?.upvotes).toBeGreaterThanOrEqual(Math.max(...items.map(votes)));
  }
  const before = await everything();
  await rows('update source_cursors set etag = null');
  later();
  await ingestDays(...asked);
  expect(await everything()).toEqual(before);
});
