import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  findPaper,
  type IngestOptions,
  ingest,
  listDay,
  readHistory,
  type Source,
} from '../../src/papers/index.ts';
import { createArxivSource } from '../../src/papers/sources/arxiv.ts';
import { createHuggingFaceSource } from '../../src/papers/sources/hugging-face.ts';
import { createHttpClient, createLog, type StoppedClock, stoppedClock } from '../../src/platform/index.ts';
import { tickIngest } from '../../workers/clock.ts';
import { startTestApp } from '../support/app.ts';
import { type ArxivPaper, arxivError, makeAtom, makeFeed } from '../support/arxiv.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { makeItem, startUpstream, type Upstream } from '../support/upstream.ts';

const tuesday = '2026-06-09';
const wednesday = '2026-06-10';
const thursday = '2026-06-11';
const friday = '2026-06-12';
const monday = '2026-06-15';
const log = createLog('silent');
let database: TestDatabase;
let upstream: Upstream;
let clock: StoppedClock;
let arxiv: Source;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.query('test: empty', 'truncate papers, source_cursors, source_gates cascade');
  // Feeds are made at midnight in New York: 04:00 UTC in summer.
  clock = stoppedClock(new Date('2026-06-10T04:05:00Z'));
  upstream = await startUpstream();
  arxiv = source();
});
afterEach(() => upstream.close());

function source(options: { spacingMs?: number; feedMax?: number } = {}): Source {
  const http = createHttpClient({ log, userAgent: 'Paperboy/test', sleep: async () => undefined });
  const { db } = database;
  return createArxivSource({
    apiUrl: upstream.url,
    rssUrl: upstream.url,
    categories: ['cs.AI', 'cs.CL'],
    http,
    db,
    clock,
    spacingMs: 0,
    ...options,
  });
}

const ask = (days: string | string[], options: Partial<IngestOptions> = {}, sources = [arxiv]) =>
  ingest({ db: database.db, clock, log, sources }, { days: [days].flat(), ...options });
const rows = <Row>(text: string) => database.db.query<Row>('test: rows', text);
const at = (time: string) => clock.set(new Date(time));
const idsOf = async (day: string) =>
  (await listDay(database.db, day, { sample: false })).map((paper) => paper.id).sort();
const urls = () => upstream.arxivRequests.map((request) => request.url);

async function askHuggingFace(day: string, ...items: unknown[]) {
  upstream.setDay(day, items);
  const http = createHttpClient({ log, userAgent: 'Paperboy/test' });
  return ask(day, {}, [createHuggingFaceSource({ url: upstream.url, http })]);
}

const papers: ArxivPaper[] = [
  { id: '2606.00001', creator: "Leconte J\\'er\\'emy, Bo Sample" },
  { id: '2606.00002', type: 'cross' },
  { id: '2601.00003', type: 'replace', version: 2 },
];

describe("today's feed", () => {
  it('lists what is new and new to a category, once, and asks no more while it is fresh', async () => {
    upstream.setFeed(wednesday, papers);
    expect(await ask([tuesday, wednesday].slice(1))).toMatchObject([
      { outcome: 'stored', papers: 2, fresh: 2 },
    ]);
    expect(urls()).toEqual(['/rss/cs.AI cs.CL']);
    expect(await idsOf(wednesday)).toEqual(['2606.00001', '2606.00002']);
    expect(await findPaper(database.db, '2606.00001')).toMatchObject({
      authors: ['Leconte Jérémy', 'Bo Sample'],
      upvotes: 0,
      listedOn: [wednesday],
    });
    expect(await findPaper(database.db, '2601.00003')).toBeNull();
    expect(await rows('select from sightings')).toHaveLength(0);
    for (const time of ['04:15', '05:00', '09:04']) {
      at(`2026-06-10T${time}:00Z`);
      expect(await ask(wednesday)).toMatchObject([{ outcome: 'unchanged', papers: 2 }]);
    }
    expect(urls()).toHaveLength(1);
    at('2026-06-10T09:06:00Z');
    await ask(wednesday);
    expect(upstream.arxivRequests.at(-1)?.ifNoneMatch).toMatch(/^"/);
    // The next day it is settled, without a request.
    at('2026-06-11T12:00:00Z');
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'unchanged', papers: 2 }]);
    expect(urls()).toHaveLength(2);
  });

  it('that is partly there brings the rest when it comes', async () => {
    upstream.setFeed(wednesday, papers.slice(0, 1));
    await ask(wednesday);
    upstream.setFeed(wednesday, papers);
    at('2026-06-10T12:00:00Z');
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'stored', papers: 2, fresh: 1 }]);
  });

  it('that is late is pending: nothing is listed and nothing is closed, until it comes', async () => {
    upstream.setFeed(tuesday, papers);
    for (let n = 0; n < 2; n += 1) expect(await ask(wednesday)).toMatchObject([{ outcome: 'pending' }]);
    expect(upstream.arxivRequests.map((request) => request.ifNoneMatch)).toEqual([
      undefined,
      expect.stringMatching(/^"/),
    ]);
    expect(await rows('select from source_cursors')).toHaveLength(0);
    expect(await rows('select from papers')).toHaveLength(0);
    at('2026-06-10T06:05:00Z');
    upstream.setFeed(wednesday, papers);
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'stored', fresh: 2 }]);
  });

  it('without items is a holiday or a late one: an answer, asked again in an hour', async () => {
    upstream.setFeed(wednesday, []);
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'empty' }]);
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'unchanged', papers: 0 }]);
    expect(urls()).toHaveLength(1);
    at('2026-06-10T05:06:00Z');
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'empty' }]);
    upstream.setFeed(wednesday, papers);
    at('2026-06-10T06:07:00Z');
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'stored', fresh: 2 }]);
  });

  it('is not asked for at weekends, before midnight in New York, or for days to come', async () => {
    at('2026-06-14T23:00:00Z');
    expect(await ask(['2026-06-13', '2026-06-14'])).toMatchObject([
      { outcome: 'empty' },
      { outcome: 'empty' },
    ]);
    at('2026-06-15T03:59:59Z');
    expect(await ask([monday, '2026-06-16'])).toMatchObject([
      { outcome: 'pending' },
      { outcome: 'failed', error: expect.stringContaining('in the future') },
    ]);
    expect(urls()).toEqual([]);
  });

  it('of the most items there can be is asked for by category', async () => {
    upstream.setFeed(wednesday, papers);
    expect(await ask(wednesday, {}, [source({ feedMax: 3 })])).toMatchObject([
      { outcome: 'stored', papers: 2 },
    ]);
    expect(urls()).toEqual(['/rss/cs.AI cs.CL', '/rss/cs.AI', '/rss/cs.CL']);
  });

  it('that does not exist is replaced by the API', async () => {
    upstream.setArchive([{ id: '2606.00001', published: '2026-06-09T10:00:00Z' }]);
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'stored', papers: 1 }]);
    expect(urls()).toHaveLength(2);
  });
});

describe('a past day', () => {
  it('comes from the API, page by page, by the time of submission', async () => {
    const times = [
      '2026-06-08T17:59:59Z',
      '2026-06-08T18:00:00Z',
      '2026-06-09T17:59:59Z',
      '2026-06-09T18:00:00Z',
    ];
    upstream.setArchive([
      ...times.map((published, n) => ({ id: `2606.0000${n}`, published })),
      ...Array.from({ length: 600 }, (_, n) => ({
        id: `2606.${10_000 + n}`,
        published: '2026-06-09T10:00:00Z',
      })),
    ]);
    at('2026-06-12T12:00:00Z');
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'stored', papers: 602, fresh: 602, strays: 0 }]);
    expect(urls()).toEqual([
      '/api/query?search_query=(cat:cs.AI OR cat:cs.CL) AND submittedDate:[202606081800 TO 202606091759]&start=0&max_results=500&sortBy=submittedDate&sortOrder=ascending',
      expect.stringContaining('start=500'),
    ]);
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'unchanged', papers: 602 }]);
    expect(urls()).toHaveLength(2);
  });

  it('of which a page is short is asked again, and stored whole or not at all', async () => {
    at('2026-06-12T12:00:00Z');
    const known = { id: '2606.00001', published: '2026-06-09T10:00:00Z' };
    upstream.setArchive([known]);
    upstream.answerNext(2, makeAtom([], 1));
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'stored', papers: 1 }]);
    upstream.answerNext(3, makeAtom([known], 40));
    expect(await ask(wednesday, { again: true })).toMatchObject([
      { outcome: 'failed', error: expect.stringContaining('1 entries from 0 on, of 40') },
    ]);
    expect(await idsOf(wednesday)).toEqual(['2606.00001']);
  });

  it('without a single paper is asked for again a day later', async () => {
    at('2026-06-12T12:00:00Z');
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'empty' }]);
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'unchanged' }]);
    upstream.setArchive([{ id: '2606.00001', published: '2026-06-09T10:00:00Z' }]);
    at('2026-06-13T12:00:01Z');
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'stored', papers: 1 }]);
  });

  it('that was announced another day is not listed twice', async () => {
    // Held back by a moderator: submitted for Wednesday, announced on Thursday.
    at('2026-06-11T04:05:00Z');
    upstream.setFeed(thursday, [{ id: '2606.00001' }]);
    await ask(thursday);
    upstream.setArchive([{ id: '2606.00001', published: '2026-06-09T10:00:00Z' }]);
    at('2026-06-12T12:00:00Z');
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'stored', papers: 1, fresh: 0 }]);
    expect(await findPaper(database.db, '2606.00001')).toMatchObject({
      listedOn: [thursday],
      publishedOn: tuesday,
    });
  });

  it('of a range is passed over when it was had, and a range that was broken off goes on', async () => {
    at('2026-06-13T12:00:00Z');
    upstream.setArchive([
      { id: '2606.00001', published: '2026-06-09T10:00:00Z' },
      { id: '2606.00002', published: '2026-06-10T10:00:00Z' },
    ]);
    const days = [wednesday, thursday, friday];
    const stop = new AbortController();
    const told: string[] = [];
    const broken = await ask(days, {
      signal: stop.signal,
      onRow: (row) => {
        told.push(row.day);
        if (row.day === thursday) stop.abort();
      },
    });
    expect(broken.map((row) => row.day)).toEqual([wednesday, thursday]);
    expect(told).toEqual([wednesday, thursday]);
    upstream.arxivRequests.length = 0;
    expect((await ask(days, { skipHad: true })).map((row) => row.outcome)).toEqual([
      'unchanged',
      'unchanged',
      'empty',
    ]);
    expect(urls()).toHaveLength(1);
    expect((await ask(days, { again: true })).map((row) => row.outcome)).toEqual([
      'stored',
      'stored',
      'empty',
    ]);
  });
});

describe('one paper', () => {
  const id = '2606.00001';

  it('of Hugging Face and arXiv is the same whichever came first, and keeps its votes', async () => {
    const announce = () => {
      const categories = ['cs.CL', 'math-ph', '68T50'];
      upstream.setFeed(wednesday, [
        { id, title: 'Raw $L^2$', abstract: 'arXiv says.', creator: 'Only One', categories },
      ]);
      return ask(wednesday);
    };
    const listIt = () =>
      askHuggingFace(wednesday, makeItem({ id, day: wednesday, upvotes: 30, comments: 4 }));
    await announce();
    expect(await findPaper(database.db, id)).toMatchObject({ title: 'Raw $L^2$', upvotes: 0 });
    await listIt();
    const first = await findPaper(database.db, id);
    await rows('truncate papers, source_cursors cascade');
    await listIt();
    await announce();
    expect(await findPaper(database.db, id)).toEqual(first);
    expect(first).toMatchObject({ title: `On the matter of ${id}`, upvotes: 30, comments: 4, codeStars: 7 });
    expect(first).toMatchObject({ categories: ['cs.CL', 'math-ph'], version: 1 });
    expect(await rows('select source, upvotes, comments, code_stars from sightings')).toEqual([
      { source: 'huggingface', upvotes: 30, comments: 4, code_stars: 7 },
    ]);
    expect(await rows('select first_source from papers')).toEqual([{ first_source: 'huggingface' }]);
    expect(await listDay(database.db, wednesday, { sample: false })).toHaveLength(1);
  });

  it('gets from arXiv what Hugging Face left out', async () => {
    await askHuggingFace(wednesday, { paper: { id, title: 'Bare', upvotes: 3 } });
    upstream.setFeed(wednesday, [{ id, title: 'Other', abstract: 'arXiv says.' }]);
    await ask(wednesday);
    expect(await findPaper(database.db, id)).toMatchObject({
      title: 'Bare',
      abstract: 'arXiv says.',
      authors: ['Ada Example', 'Bo Sample'],
      upvotes: 3,
    });
  });

  it('keeps growing in votes on its list when arXiv announces it to a category later', async () => {
    await askHuggingFace(wednesday, makeItem({ id, day: wednesday, upvotes: 3 }));
    at('2026-06-11T04:05:00Z');
    upstream.setFeed(thursday, [{ id, type: 'cross' }]);
    await ask(thursday);
    await askHuggingFace(wednesday, makeItem({ id, day: wednesday, upvotes: 50 }));
    expect(await findPaper(database.db, id)).toMatchObject({ upvotes: 50, listedOn: [wednesday, thursday] });
  });

  it('in version 2, or new to another category, is described anew and not listed again', async () => {
    upstream.setFeed(wednesday, [{ id, abstract: 'First.' }]);
    await ask(wednesday);
    at('2026-06-11T04:05:00Z');
    upstream.setFeed(thursday, [{ id, version: 2, type: 'replace', abstract: 'Second.' }]);
    expect(await ask(thursday)).toMatchObject([{ outcome: 'empty', papers: 0 }]);
    expect(await findPaper(database.db, id)).toMatchObject({ abstract: 'Second.', listedOn: [wednesday] });
    at('2026-06-12T04:05:00Z');
    upstream.setFeed(friday, [{ id, version: 2, type: 'cross' }]);
    expect(await ask(friday)).toMatchObject([{ outcome: 'stored', papers: 1, fresh: 0 }]);
    expect(await findPaper(database.db, id)).toMatchObject({ listedOn: [wednesday], version: 2 });
    expect(await readHistory(database.db, id)).toMatchObject({
      versions: [{ version: 2, seenAt: new Date('2026-06-11T04:05:00Z') }],
    });
  });

  it('keeps its newest version and categories when an older answer comes later', async () => {
    upstream.setFeed(wednesday, [{ id, version: 3, categories: ['cs.AI', 'cs.CL'] }]);
    await ask(wednesday);
    at('2026-06-11T04:05:00Z');
    upstream.setFeed(thursday, [{ id, version: 2, type: 'replace', categories: [] }]);
    await ask(thursday);
    expect(await findPaper(database.db, id)).toMatchObject({ version: 3, categories: ['cs.AI', 'cs.CL'] });
  });

  it('that is withdrawn leaves the list, with its words as they were', async () => {
    upstream.setFeed(wednesday, [{ id, abstract: 'First.' }]);
    await ask(wednesday);
    at('2026-06-11T04:05:00Z');
    const abstract = 'This paper has been withdrawn by the author.';
    upstream.setFeed(thursday, [{ id, version: 2, type: 'replace', abstract }]);
    await ask(thursday);
    expect(await findPaper(database.db, id)).toMatchObject({ abstract: 'First.', listedOn: [] });
  });
});

describe('the gate', () => {
  it('lets one request through at a time, the given time apart, for all that ask', async () => {
    at('2026-06-13T12:00:00Z');
    upstream.slow(10);
    const days = [[wednesday], [thursday], [friday]];
    const reports = await Promise.all(days.map((day) => ask(day, {}, [source({ spacingMs: 60 })])));
    expect(reports.flat().map((row) => row.outcome)).toEqual(['empty', 'empty', 'empty']);
    const times = upstream.arxivRequests.map((request) => request.at).sort((a, b) => a - b);
    expect(times).toHaveLength(3);
    for (const [n, time] of times.slice(1).entries())
      expect(time - (times[n] ?? 0)).toBeGreaterThanOrEqual(60);
    expect(upstream.arxivAtOnce()).toBe(1);
  });

  it('stays shut after a refusal, over restarts, longer each time, and as long as asked', async () => {
    upstream.failNext(1, 429);
    expect(await ask([tuesday, wednesday])).toMatchObject([
      { outcome: 'failed', error: expect.stringContaining('asks to be left alone (429)') },
      { outcome: 'failed' },
    ]);
    arxiv = source();
    expect(await ask(wednesday)).toMatchObject([
      { outcome: 'failed', error: expect.stringMatching(/^arXiv is left alone until 20.*Z, /) },
    ]);
    expect(urls()).toHaveLength(1);
    const minutesLeft = async () =>
      (
        await rows<{ m: number }>(
          'select round(extract(epoch from open_at - clock_timestamp()) / 60)::int as m from source_gates',
        )
      )[0]?.m;
    expect(await minutesLeft()).toBe(15);
    await rows("update source_gates set open_at = '-infinity'");
    upstream.failNext(1, 429, { 'retry-after': '7200' });
    await ask(wednesday);
    expect(await minutesLeft()).toBe(120);
    await rows("update source_gates set open_at = '-infinity'");
    upstream.failNext(1, 503);
    await ask(wednesday);
    expect(await minutesLeft()).toBe(60);
    await rows("update source_gates set open_at = '-infinity'");
    upstream.setFeed(wednesday, papers);
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'stored' }]);
    expect(await rows('select refusals from source_gates')).toEqual([{ refusals: 0 }]);
  });

  it('asks once and not again at once when arXiv breaks', async () => {
    upstream.failNext(1, 500);
    expect(await ask(wednesday)).toMatchObject([{ outcome: 'failed' }]);
    expect(urls()).toHaveLength(1);
  });
});

describe('a bad answer', () => {
  const bomb = `<!DOCTYPE rss [<!ENTITY a "${'a'.repeat(1000)}">]><rss><channel><title>&a;</title></channel></rss>`;

  it.each([
    ['half a page', makeFeed(wednesday, papers).slice(0, -300), 'broken or unfinished XML'],
    ['a web page', '<!doctype html><html></html>', 'a web page instead of a feed'],
    ['nothing', '', 'nothing'],
    ['an error with status 200', arxivError('bad category'), 'XML that is no RSS feed'],
    ['a bomb', bomb, 'XML that defines its own entities'],
    ['a feed of tomorrow', makeFeed(thursday, papers), 'is dated 2026-06-11, after 2026-06-10'],
  ])('to the feed, %s, changes nothing and names arXiv', async (_, body, words) => {
    upstream.setFeed(wednesday, papers);
    await ask(wednesday);
    upstream.answerNext(1, body);
    expect(await ask(wednesday, { again: true })).toMatchObject([
      { outcome: 'failed', error: expect.stringMatching(/^arXiv.*the papers known so far stay.*\.$/) },
    ]);
    expect(await rows('select failure from source_cursors')).toEqual([
      { failure: expect.stringContaining(words) },
    ]);
    expect(await idsOf(wednesday)).toHaveLength(2);
  });

  it.each([
    ['an error with status 200', 200, arxivError('bad query'), 'the error "bad query"'],
    ['an error with status 400', 400, arxivError('bad query'), 'the error "bad query" (400)'],
    [
      'papers of other days',
      200,
      makeAtom([{ id: '2606.00009', published: '2020-01-01T00:00:00Z' }]),
      'papers of other days or categories alone',
    ],
    ['a feed', 200, makeFeed(wednesday, papers), 'XML that is no Atom feed'],
  ])('to a query, %s, changes nothing', async (_, status, body, words) => {
    at('2026-06-12T12:00:00Z');
    upstream.answerNext(1, body, 'application/atom+xml', status);
    expect(await ask(wednesday)).toMatchObject([
      { outcome: 'failed', error: expect.stringContaining(words) },
    ]);
    expect(await rows('select from papers')).toHaveLength(0);
  });
});

it('is one of SOURCES: the clock asks it beside Hugging Face, and all of it at ARXIV_URL', async () => {
  upstream.setFeed(monday, [{ id: '2606.00001' }, { id: '2606.00002' }]);
  const app = await startTestApp({
    now: new Date('2026-06-15T04:05:00Z'),
    settings: { SOURCES: 'huggingface,arxiv', ARXIV_URL: upstream.url, ARXIV_CATEGORIES: 'cs.CL' },
    days: { [monday]: [makeItem({ id: '2606.00001', day: monday, upvotes: 8 })] },
  });
  try {
    for (let n = 0; n < 2; n += 1) await tickIngest(app, false);
    const listed = await listDay(app.db, monday, { sample: false });
    expect(listed.map(({ id, upvotes }) => [id, upvotes])).toEqual([
      ['2606.00001', 8],
      ['2606.00002', 0],
    ]);
    expect(urls()).toEqual(['/rss/cs.CL']);
  } finally {
    await app.end();
  }
});
