import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHuggingFaceSource } from '../../src/papers/sources/hugging-face.ts';
import { type SourceAnswer, SourceError } from '../../src/papers/sources/source.ts';
import { createHttpClient, createLog } from '../../src/platform/index.ts';
import { makeItem, makeItems, startUpstream, type Upstream } from '../support/upstream.ts';

const day = '2026-06-10';
let upstream: Upstream;

beforeEach(async () => {
  upstream = await startUpstream();
});
afterEach(() => upstream.close());

function source(timeoutMs = 5000) {
  const http = createHttpClient({
    log: createLog('silent'),
    userAgent: 'Paperboy/test',
    timeoutMs,
    sleep: async () => undefined,
  });
  return createHuggingFaceSource({ url: upstream.url, http });
}

type Papers = Extract<SourceAnswer, { kind: 'papers' }>;

async function papersOf(asked = day, etag: string | null = null): Promise<Papers> {
  const answer = await source().fetchDay(asked, etag);
  if (answer.kind !== 'papers') throw new Error('expected papers');
  return answer;
}

async function faultOf(asked = day, timeoutMs?: number): Promise<SourceError> {
  const error: unknown = await source(timeoutMs)
    .fetchDay(asked, null)
    .catch((thrown: unknown) => thrown);
  if (!(error instanceof SourceError)) throw new Error(`expected a SourceError, not ${String(error)}`);
  expect(error.message).toMatch(/^Hugging Face.*\.$/);
  return error;
}

const pages = () => upstream.requests.map((request) => request.page);

describe('asking for a day', () => {
  it('sends the date, the highest limit and the page', async () => {
    upstream.setDay(day, makeItems(35, day));
    expect((await papersOf()).items).toHaveLength(35);
    expect(upstream.requests).toEqual([
      {
        path: '/api/daily_papers',
        day,
        page: 0,
        limit: 100,
        ifNoneMatch: undefined,
        userAgent: 'Paperboy/test',
      },
    ]);
  });

  it('takes an empty list for an answer, as at weekends', async () => {
    expect(await papersOf('2026-06-13')).toMatchObject({ items: [], faults: [], strays: 0 });
  });

  it.each([
    [49, [0]],
    [50, [0, 1]],
    [82, [0]],
    [99, [0]],
    [100, [0, 1]],
    [101, [0, 1]],
    [250, [0, 1, 2]],
  ])('reads all pages of %i papers', async (count, expected) => {
    upstream.setDay(day, makeItems(count, day));
    const { items } = await papersOf();
    expect(new Set(items.map((paper) => paper.id)).size).toBe(count);
    expect(pages()).toEqual(expected);
  });

  it('loses nothing where the server does not know `limit`', async () => {
    upstream.ignore({ limit: true });
    upstream.setDay(day, makeItems(82, day));
    expect((await papersOf()).items).toHaveLength(82);
  });

  it('ends where the server does not know `p`', async () => {
    upstream.ignore({ page: true });
    upstream.setDay(day, makeItems(100, day));
    expect((await papersOf()).items).toHaveLength(100);
    expect(pages()).toEqual([0, 1]);
  });

  it('ends where there is always one more page', async () => {
    upstream.setDay(day, makeItems(5000, day));
    await papersOf();
    expect(upstream.requests).toHaveLength(20);
  });

  it('counts a paper once that moved to the next page between two requests', async () => {
    const items = makeItems(130, day);
    const moved = makeItem({ id: '2601.00001', day, upvotes: 500 });
    upstream.setDay(day, [...items.slice(0, 110), moved, ...items.slice(110)]);
    const { items: papers } = await papersOf();
    expect(papers).toHaveLength(130);
    expect(papers.find((paper) => paper.id === '2601.00001')?.upvotes).toBe(500);
  });

  it("leaves out papers of another day, so that a Sunday never becomes Friday's again", async () => {
    upstream.setDay('2026-06-14', makeItems(20, '2026-06-12'));
    expect(await papersOf('2026-06-14')).toMatchObject({ items: [], strays: 20, etag: null });
  });
});

describe('the ETag', () => {
  it('stands for a day of one page', async () => {
    upstream.setDay(day, makeItems(35, day));
    const { etag } = await papersOf();
    expect(etag).toMatch(/^W\/"/);
    expect(await source().fetchDay(day, etag)).toEqual({ kind: 'unchanged' });
    upstream.setDay(day, makeItems(36, day));
    expect((await papersOf(day, etag)).items).toHaveLength(36);
  });

  it('is not kept for a day of several pages: an unchanged first page says nothing of the second', async () => {
    const items = makeItems(130, day);
    upstream.setDay(day, items);
    expect((await papersOf()).etag).toBeNull();
    upstream.setDay(day, [...items, makeItem({ id: '2602.00001', day })]);
    expect((await papersOf()).items).toHaveLength(131);
  });

  it('of a first page is asked with that page only', async () => {
    upstream.setDay(day, makeItems(130, day));
    await papersOf(day, '"old"');
    expect(upstream.requests.map((request) => request.ifNoneMatch)).toEqual(['"old"', undefined]);
  });

  it('is not kept while something was left out', async () => {
    upstream.setDay(day, [...makeItems(3, day), null]);
    expect((await papersOf()).etag).toBeNull();
  });
});

describe('a failing source', () => {
  it('says that the date is bad', async () => {
    const error = await faultOf('2026-02-30');
    expect(error.message).toContain('400 for 2026-02-30');
    expect(error.away).toBe(false);
    expect(upstream.requests).toHaveLength(1);
  });

  it('says that a web page came', async () => {
    upstream.answerHtml(1);
    expect((await faultOf()).message).toContain('a web page instead of JSON');
  });

  it.each([
    ['[{"paper":{"id":"26', 'broken or unfinished JSON'],
    ['', 'nothing'],
    ['{"error":"maintenance"}', 'JSON that is not a list'],
  ])('says what came instead of a list: %j', async (body, words) => {
    upstream.answerNext(1, body);
    expect((await faultOf()).message).toContain(words);
  });

  it('says that it broke, after several tries', async () => {
    upstream.failNext(99, 503);
    expect((await faultOf()).message).toContain('503 for 2026-06-10 after 4 tries');
    expect(upstream.requests).toHaveLength(4);
  });

  it('gives the papers after a passing fault', async () => {
    upstream.setDay(day, makeItems(3, day));
    upstream.failNext(1, 502);
    upstream.dropNext(1);
    upstream.failNext(1, 429, { ratelimit: '"api";r=0;t=5' });
    expect((await papersOf()).items).toHaveLength(3);
    expect(upstream.requests).toHaveLength(4);
  });

  it('is left alone when it asks to, and the wait is named', async () => {
    upstream.failNext(1, 429, {
      ratelimit: '"api";r=0;t=240',
      'ratelimit-policy': '"fixed window";"api";q=500;w=300',
    });
    const error = await faultOf();
    expect(error.message).toContain('left alone for 240 s');
    expect(error.away).toBe(true);
    expect(upstream.requests).toHaveLength(1);
  });

  it('is away when nobody answers', async () => {
    upstream.hangNext(99);
    const slow = await faultOf(day, 30);
    expect(slow.message).toContain('did not answer within 0.03 s');
    expect(slow.away).toBe(true);
    await upstream.close();
    const gone = await faultOf();
    expect(gone.message).toContain(
      'could not be reached (ECONNREFUSED); check the network and HUGGINGFACE_URL',
    );
    expect(gone.away).toBe(true);
  });

  it('on its second page gives nothing, rather than half a day', async () => {
    upstream.setDay(day, makeItems(130, day));
    upstream.answerNext(1, JSON.stringify(makeItems(100, day)));
    upstream.answerHtml(1);
    expect((await faultOf()).message).toContain('a web page');
  });

  it('names a wrong address', async () => {
    upstream.failNext(1, 404);
    expect((await faultOf()).message).toContain('404 for 2026-06-10; check HUGGINGFACE_URL');
  });
});
