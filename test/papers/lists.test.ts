import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  countRange,
  ensureSamples,
  findPaper,
  hasPapers,
  ingest,
  latestListedDay,
  listDay,
  listRange,
  neighbourDays,
  readArxivId,
  type Source,
} from '../../src/papers/index.ts';
import { isDay } from '../../src/papers/rules/day.ts';
import { parseDailyPapers } from '../../src/papers/rules/parse-hugging-face.ts';
import samples from '../../src/papers/samples/papers.json' with { type: 'json' };
import { createLog, type Db, openDatabase, stoppedClock } from '../../src/platform/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { makeItem, makeItems } from '../support/upstream.ts';

const real = { sample: false };
const sample = { sample: true };
const clock = stoppedClock(new Date());
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.query('test: empty', 'truncate papers, source_cursors cascade');
  clock.set(new Date('2026-06-12T09:00:00Z'));
});

/** Stores lists the way any source does. */
async function store(days: Record<string, unknown[]>, name = 'test', db: Db = database.db) {
  const source: Source = {
    name,
    async fetchDay(day) {
      const { papers, faults, strays, withdrawn } = parseDailyPapers(days[day] ?? [], day);
      return { kind: 'papers', items: papers, faults, strays, withdrawn, etag: null };
    },
  };
  const deps = { db, clock, log: createLog('silent'), sources: [source] };
  await ingest(deps, { days: Object.keys(days) });
}

const load = () => ensureSamples({ db: database.db, clock });
const ids = (papers: { id: string }[]) => papers.map((paper) => paper.id);

describe('lists', () => {
  it('are ordered by votes, then comments, then id', async () => {
    const day = '2026-06-10';
    const item = (id: string, upvotes: number, comments: number) => makeItem({ id, day, upvotes, comments });
    await store({
      [day]: [
        item('2606.00003', 1, 1),
        item('2606.00002', 1, 1),
        item('2606.00004', 1, 2),
        item('2606.00001', 0, 9),
        item('cs/0112017', 1, 1),
        item('2606.00005', 10, 0),
      ],
    });
    const expected = ['2606.00005', '2606.00004', '2606.00002', '2606.00003', 'cs/0112017', '2606.00001'];
    expect(ids(await listDay(database.db, day, real))).toEqual(expected);
    expect(ids(await listRange(database.db, day, day, { ...real, limit: 2, offset: 1 }))).toEqual([
      '2606.00004',
      '2606.00002',
    ]);
  });

  it('of a week have each paper once, however often and by whomever it was listed', async () => {
    const again = (day: string) => makeItem({ id: '2606.00009', day, upvotes: 50 });
    await store({
      '2026-06-08': [...makeItems(3, '2026-06-08', '2608'), again('2026-06-08')],
      '2026-06-14': [again('2026-06-14')],
      '2026-06-15': makeItems(1, '2026-06-15', '2615'),
    });
    await store({ '2026-06-08': makeItems(3, '2026-06-08', '2608') }, 'another');
    expect(ids(await listRange(database.db, '2026-06-08', '2026-06-14', real))).toEqual([
      '2606.00009',
      '2608.00001',
      '2608.00002',
      '2608.00003',
    ]);
    expect(await countRange(database.db, '2026-06-08', '2026-06-14', real)).toBe(4);
    expect(await listDay(database.db, '2026-06-09', real)).toEqual([]);
  });

  it('lead from day to day over gaps', async () => {
    expect(await latestListedDay(database.db, real)).toBeNull();
    expect(await hasPapers(database.db, real)).toBe(false);
    await store({
      '2026-06-05': makeItems(1, '2026-06-05', '2605'),
      '2026-06-08': makeItems(1, '2026-06-08', '2608'),
    });
    expect(await latestListedDay(database.db, real)).toBe('2026-06-08');
    expect(await latestListedDay(database.db, { ...real, onOrBefore: '2026-06-07' })).toBe('2026-06-05');
    expect(await latestListedDay(database.db, { ...real, onOrBefore: '2026-06-04' })).toBeNull();
    expect(await neighbourDays(database.db, '2026-06-07', real)).toEqual({
      before: '2026-06-05',
      after: '2026-06-08',
    });
    expect(await neighbourDays(database.db, '2026-06-05', real)).toEqual({
      before: null,
      after: '2026-06-08',
    });
    expect(await neighbourDays(database.db, '2026-06-08', real)).toEqual({
      before: '2026-06-05',
      after: null,
    });
    expect(await hasPapers(database.db, real)).toBe(true);
    expect(await hasPapers(database.db, sample)).toBe(false);
    expect(await findPaper(database.db, '9999.99999')).toBeNull();
  });

  it('are found without reading whole tables of 100,000 papers', async () => {
    // What the search keeps of them is of no matter here, and takes a minute.
    await database.db.query('test: no words', 'alter table listings disable trigger listings_words');
    await database.db.query(
      'test: many papers',
      `insert into papers (id, title, first_seen_at, updated_at, upvotes)
       select to_char(n / 40 + 1000, 'FM0000') || '.' || to_char(n, 'FM00000'), 'Paper ' || n, now(), now(), n % 200
       from generate_series(0, 99999) n`,
    );
    await database.db.query(
      'test: many listings',
      `insert into listings
       select 'test', id, date '2020-01-01' + (row_number() over (order by id) / 40)::int, now() from papers`,
    );
    await database.db.query('test: words again', 'alter table listings enable trigger listings_words');
    await load();
    await database.db.query('test: analyze', 'analyze papers, listings');
    // One connection, so that its statistics can be told to show what it has read.
    const db = openDatabase({ url: database.url, max: 1 });
    const rowsScanned = async () => {
      await db.query('test: flush statistics', 'select pg_stat_force_next_flush()');
      const [row] = await db.query<{ n: number }>(
        'test: statistics',
        `select sum(seq_tup_read)::int8 as n from pg_stat_user_tables where relname in ('papers', 'listings')`,
      );
      return row?.n ?? Number.NaN;
    };
    try {
      const before = await rowsScanned();
      expect(await listDay(db, '2024-05-05', real)).toHaveLength(40);
      expect(await listDay(db, '2026-06-10', sample)).not.toHaveLength(0);
      expect(await latestListedDay(db, real)).toBe('2026-11-05');
      expect(await latestListedDay(db, sample)).toBe('2026-06-11');
      expect(await neighbourDays(db, '2023-01-01', real)).toEqual({
        before: '2022-12-31',
        after: '2023-01-02',
      });
      expect(await hasPapers(db, sample)).toBe(true);
      expect(await findPaper(db, '1000.00001')).not.toBeNull();
      await store({ '2026-11-05': makeItems(100, '2026-11-05', '2611') }, 'test', db);
      expect((await rowsScanned()) - before).toBe(0);
    } finally {
      await db.close();
    }
  });
});

describe('the sample papers', () => {
  it('are well formed, and each of the three days has enough for an edition', () => {
    expect(samples.length).toBeGreaterThanOrEqual(40);
    expect(new Set(ids(samples)).size).toBe(samples.length);
    for (const paper of samples) {
      expect(readArxivId(paper.id)).toBe(paper.id);
      expect(isDay(paper.publishedOn)).toBe(true);
      // An arXiv id begins with the year and month of its first version, give or take the end of a month.
      const idMonth = `20${paper.id.slice(0, 2)}-${paper.id.slice(2, 4)}`;
      const days =
        (Date.parse(`${paper.publishedOn}T00:00Z`) - Date.parse(`${idMonth}-01T00:00Z`)) / 86_400_000;
      expect(days).toBeGreaterThanOrEqual(-3);
      expect(days).toBeLessThanOrEqual(31);
      expect(paper.authors.length).toBeGreaterThan(0);
      expect(new Set(paper.authors).size).toBe(paper.authors.length);
      expect(paper.abstract.split('. ').length).toBeGreaterThanOrEqual(2);
      expect(paper.summary).toMatch(/\.$/);
      // They pass the same rules as what comes from outside, unchanged.
      const item = {
        paper: {
          id: paper.id,
          title: paper.title,
          summary: paper.abstract,
          authors: paper.authors,
          ai_summary: paper.summary,
          ai_keywords: paper.keywords,
          githubRepo: paper.codeUrl,
        },
      };
      expect(parseDailyPapers([item], '2026-06-10').papers[0]).toMatchObject({
        title: paper.title,
        abstract: paper.abstract,
        authors: paper.authors,
        summary: paper.summary,
        keywords: paper.keywords,
        codeUrl: paper.codeUrl,
      });
    }
    for (const daysAgo of [1, 2, 3])
      expect(samples.filter((paper) => paper.daysAgo === daysAgo).length).toBeGreaterThan(12);
  });

  it('are loaded once, for the days before today', async () => {
    expect(await load()).toBe(samples.length);
    expect(await load()).toBe(0);
    expect(await latestListedDay(database.db, sample)).toBe('2026-06-11');
    expect(await neighbourDays(database.db, '2026-06-11', sample)).toEqual({
      before: '2026-06-10',
      after: null,
    });
    expect((await listDay(database.db, '2026-06-11', sample)).every((paper) => paper.sample)).toBe(true);
    expect(await findPaper(database.db, '1706.03762')).toMatchObject({
      title: 'Attention Is All You Need',
      sample: true,
      publishedOn: '2017-06-12',
      listedOn: ['2026-06-11'],
    });
  });

  it('stay on their days for a week, then move', async () => {
    await load();
    clock.set(new Date('2026-06-17T23:59:59Z'));
    await load();
    expect(await latestListedDay(database.db, sample)).toBe('2026-06-11');
    clock.set(new Date('2026-06-18T00:00:00Z'));
    expect(await load()).toBe(0);
    expect(await latestListedDay(database.db, sample)).toBe('2026-06-17');
    // A replay of an earlier day must not find them in its future.
    clock.set(new Date('2026-01-02T12:00:00Z'));
    await load();
    expect(await latestListedDay(database.db, sample)).toBe('2026-01-01');
    expect(await countRange(database.db, '2020-01-01', '2030-01-01', sample)).toBe(samples.length);
  });

  it('never mix with real papers', async () => {
    await load();
    expect(await hasPapers(database.db, real)).toBe(false);
    expect(await latestListedDay(database.db, real)).toBeNull();
    await store({ '2026-06-11': makeItems(2, '2026-06-11') });
    expect(await listDay(database.db, '2026-06-11', real)).toHaveLength(2);
    const shown = await listDay(database.db, '2026-06-11', sample);
    expect(shown.some((paper) => paper.id.startsWith('2601.'))).toBe(false);
    expect(await listRange(database.db, '2026-06-01', '2026-06-30', real)).toHaveLength(2);
  });

  it('become real when a real source lists them, with nothing left that was invented', async () => {
    await load();
    clock.set(new Date('2026-06-12T10:00:00Z'));
    await store({
      '2026-06-10': [{ paper: { id: '1706.03762', title: 'Attention Is All You Need', upvotes: 1 } }],
    });
    expect(await findPaper(database.db, '1706.03762')).toMatchObject({
      sample: false,
      upvotes: 1,
      comments: 0,
      abstract: '',
      summary: null,
      authors: [],
      organisation: null,
      listedOn: ['2026-06-10'],
    });
    await load();
    expect(await findPaper(database.db, '1706.03762')).toMatchObject({
      sample: false,
      listedOn: ['2026-06-10'],
    });
    expect(ids(await listDay(database.db, '2026-06-11', sample))).not.toContain('1706.03762');
  });

  it('are loaded once by two processes, beside an ingest', async () => {
    const loaded = await Promise.all([
      load(),
      load(),
      store({ '2026-06-11': [makeItem({ id: '1706.03762', day: '2026-06-11' })] }),
      load(),
    ]);
    expect(Math.max(...loaded.map(Number).filter(Number.isFinite))).toBeGreaterThanOrEqual(
      samples.length - 1,
    );
    expect(await findPaper(database.db, '1706.03762')).toMatchObject({
      sample: false,
      listedOn: ['2026-06-11'],
    });
  });
});
