import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { raw } from './raw.ts';
import { insertEdition, insertPaper, startTestWeb, type TestWeb } from './support.ts';

interface List {
  total: number;
  page: number | null;
  date: string | null;
  next_cursor: string | null;
  papers: { id: string }[];
}
interface Problem {
  status: number;
  detail: string;
  errors?: { parameter: string; detail: string }[];
}

let web: TestWeb;
const get = (path: string) => fetch(`${web.url}/api/v1${path}`);
const json = async <Body>(path: string) => (await (await get(path)).json()) as Body;
const idsOf = ({ papers }: List) => papers.map(({ id }) => id);

beforeAll(async () => {
  web = await startTestWeb();
  for (let at = 1; at <= 7; at += 1)
    await insertPaper(web, {
      id: `2606.1000${at}`,
      day: '2026-06-10',
      upvotes: Math.floor(at / 2),
      keywords: ['GRPO'],
    });
  await insertPaper(web, { id: 'cs/0112017', day: '2026-06-09', upvotes: 90, title: 'Of the old numbering' });
  for (const day of ['2026-06-08', '2026-06-09', '2026-06-10'])
    await insertEdition(web, { cadence: 'daily', date: day, papers: ['cs/0112017'] });
  await insertEdition(web, { cadence: 'weekly', date: '2026-06-08', papers: ['cs/0112017'] });
});
afterAll(() => web.close());

describe('paging by cursor', () => {
  const ORDER = [
    '2606.10006',
    '2606.10007',
    '2606.10004',
    '2606.10005',
    '2606.10002',
    '2606.10003',
    '2606.10001',
  ];

  test('gives each paper once, though others come in between', async () => {
    const seen: string[] = [];
    let path = '/papers?date=2026-06-10&limit=2';
    for (let page = 0; page < 10; page += 1) {
      const list = await json<List>(path);
      seen.push(...idsOf(list));
      // It stands before all that were seen, so that a page by number would repeat one.
      if (page === 1) await insertPaper(web, { id: '2606.19999', day: '2026-06-10', upvotes: 99 });
      if (list.next_cursor === null) break;
      path = `/papers?date=2026-06-10&limit=2&cursor=${list.next_cursor}`;
    }
    expect(seen).toEqual(ORDER);
    await web.database.db.query('test: remove', "delete from papers where id = '2606.19999'");
  });

  test('the latest day stays the same day while somebody pages; the Link header has the way', async () => {
    const first = await get('/papers?limit=4');
    const next =
      /^<http:\/\/papers\.test\/api\/v1(.*)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    await insertPaper(web, { id: '2606.20001', day: '2026-06-11' });
    const second = await get(next);
    const list = (await second.json()) as List;
    expect(list).toMatchObject({ date: '2026-06-10', page: null, next_cursor: null });
    expect(idsOf(list)).toEqual(ORDER.slice(4));
    expect(second.headers.get('link')).toBeNull();
    await web.database.db.query('test: remove', "delete from papers where id = '2606.20001'");
  });

  test('of several days, of a keyword and of a search', async () => {
    for (const query of [
      'from=2026-06-09&to=2026-06-10',
      'from=2026-06-09',
      'keyword=grpo',
      'topic=GRPO',
      'q=paper',
    ]) {
      const seen: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const list: List = await json<List>(`/papers?${query}&limit=3${cursor && `&cursor=${cursor}`}`);
        seen.push(...idsOf(list));
        cursor = list.next_cursor;
        expect(list.total).toBe(query.startsWith('from') ? 8 : 7);
      }
      expect([query, [...seen].sort()]).toEqual([
        query,
        [...ORDER, ...(query.startsWith('from') ? ['cs/0112017'] : [])].sort(),
      ]);
    }
  });

  test('pages by number go on working', async () => {
    const list = await json<List>('/papers?date=2026-06-10&limit=3&page=3');
    expect(list).toMatchObject({ total: 7, page: 3, next_cursor: null });
    expect(idsOf(list)).toEqual(ORDER.slice(6));
  });

  test('of editions, by cursor and by day', async () => {
    interface Editions {
      editions: { date: string; cadence: string }[];
      next_before: string | null;
      next_cursor: string | null;
    }
    const first = await json<Editions>('/editions?limit=2');
    expect(first.editions.map(({ date }) => date)).toEqual(['2026-06-10', '2026-06-09']);
    const byCursor = await json<Editions>(`/editions?limit=2&cursor=${first.next_cursor}`);
    expect(byCursor).toEqual(await json<Editions>(`/editions?limit=2&before=${first.next_before}`));
    expect(byCursor.editions.map(({ cadence }) => cadence)).toEqual(['daily', 'weekly']);
    expect(byCursor.next_cursor).toBeNull();
  });

  test('tells what was missing when an edition was closed', async () => {
    const note = 'arXiv had not answered for all of 9 June 2026 when this edition was closed.';
    await web.database.db.query(
      'test: note',
      "update editions set note = $1 where issue_date = '2026-06-09'",
      [note],
    );
    expect(await json('/editions/2026-06-09')).toMatchObject({ note });
    expect(await json('/editions/2026-06-10')).toMatchObject({ note: null });
  });
});

describe('what is not understood is refused by name', () => {
  const other = 'WyJBQUFBQUFBQSIseyJkYXkiOm51bGx9XQ';
  test.each([
    ['/papers?colour=blue', 'colour'],
    ['/papers?date=2026-02-30', 'date'],
    ['/papers?date=2026-06-10&date=2026-06-09', 'date'],
    ['/papers?date=', 'date'],
    ['/papers?date=2026-06-10&from=2026-06-09', 'date'],
    ['/papers?from=2026-06-10&to=2026-06-09', 'from'],
    ['/papers?limit=0', 'limit'],
    ['/papers?limit=101', 'limit'],
    ['/papers?limit=1e1', 'limit'],
    ['/papers?limit=%2B5', 'limit'],
    ['/papers?page=0', 'page'],
    ['/papers?page=2&q=x', 'page'],
    ['/papers?q=', 'q'],
    ['/papers?q=%22open', 'q'],
    ['/papers?q=-only', 'q'],
    [`/papers?q=${'x'.repeat(5000)}`, 'q'],
    ['/papers?q=x&date=2026-06-10', 'date'],
    ['/papers?keyword=%20', 'keyword'],
    ['/papers?topic=a&keyword=b', 'topic'],
    ['/papers?cursor=x', 'cursor'],
    ['/papers?cursor=%00', 'cursor'],
    [`/papers?cursor=${other}`, 'cursor'],
    [`/papers?q=x&cursor=${other}`, 'cursor'],
    [`/editions?cursor=${other}`, 'cursor'],
    [`/editions?cursor=${other}&before=2026-06-10`, 'before'],
    ['/editions?before=x', 'before'],
    ['/editions?cadence=monthly', 'cadence'],
    ['/editions?page=2', 'page'],
    ['/editions/2026-06-10?cadence=x', 'cadence'],
    ['/editions/2026-02-30', 'date'],
    ['/papers/2606.10001?fields=title', 'fields'],
    ['/papers?__proto__=x', '__proto__'],
  ])('%s', async (path, parameter) => {
    const response = await get(path);
    const problem = (await response.json()) as Problem;
    expect([response.status, problem.errors?.[0]?.parameter]).toEqual([400, parameter]);
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(problem.errors?.[0]?.detail).toMatch(/\.$/);
  });

  test('a cursor goes with its own question only', async () => {
    const { next_cursor } = await json<List>('/papers?date=2026-06-10&limit=2');
    expect((await get(`/papers?date=2026-06-10&limit=3&cursor=${next_cursor}`)).status).toBe(200);
    for (const query of ['date=2026-06-09', 'from=2026-06-09', 'q=paper', 'keyword=GRPO'])
      expect((await get(`/papers?${query}&cursor=${next_cursor}`)).status, query).toBe(400);
  });
});

describe('one paper', () => {
  test('by its id, with or without a version, old ids with their slash', async () => {
    const paper = await json('/papers/2606.10001v3');
    expect(paper).toMatchObject({ id: '2606.10001', listed_on: ['2026-06-10'], sample: false });
    expect(await json('/papers/cs%2F0112017')).toMatchObject({ id: 'cs/0112017' });
    expect(await json('/papers/cs/0112017')).toMatchObject({ url: 'http://papers.test/papers/cs/0112017' });
    for (const id of ['2606.99999', 'x', '%00', '..%2f..%2fetc'])
      expect((await get(`/papers/${id}`)).status, id).toBe(404);
    expect((await get('/papers?topic=knitting')).status).toBe(404);
  });
});

describe('other sites and caches', () => {
  test('public answers may be read from anywhere, also what was refused; asking for a digest may not', async () => {
    for (const path of ['/papers', '/papers?limit=0', '/editions', '/papers/2606.99999']) {
      const { headers } = await get(path);
      expect(headers.get('access-control-allow-origin'), path).toBe('*');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
    const post = await raw(web.url, '/api/v1/subscriptions', {
      method: 'POST',
      headers: { origin: 'https://evil.test' },
    });
    expect([post.status, post.headers['access-control-allow-origin']]).toEqual([422, undefined]);
    expect((await fetch(`${web.url}/preferences/x`)).headers.get('access-control-allow-origin')).toBeNull();
    expect((await fetch(`${web.url}/`)).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('tagged, so that asking again is cheap; compressed', async () => {
    const first = await raw(web.url, '/api/v1/papers', { headers: { 'accept-encoding': 'gzip' } });
    expect(first.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'application/json; charset=utf-8',
    });
    const again = { 'accept-encoding': 'gzip', 'if-none-match': first.headers.etag ?? '' };
    expect((await raw(web.url, '/api/v1/papers', { headers: again })).status).toBe(304);
  });
});
