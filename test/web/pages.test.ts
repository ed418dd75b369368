import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertEdition, insertPaper, startTestWeb, type TestWeb } from './support.ts';

let web: TestWeb;
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${web.url}${path}`, { headers, redirect: 'manual' });
const read = async (path: string) => (await get(path)).text();

/** A request as written, without a client's clean-up of its path. */
function raw(path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(web.url);
    httpRequest({ hostname, port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

describe('before there are papers', () => {
  test('an honest empty page, then samples marked as such', async () => {
    const empty = await get('/');
    expect(empty.status).toBe(200);
    expect(await empty.text()).toContain('No papers yet');

    await insertPaper(web, {
      id: '1706.03762',
      day: '2026-01-05',
      title: 'A sample of its kind',
      sample: true,
    });
    const page = await read('/');
    expect(page).toContain('A sample of its kind');
    expect(page).toContain('role="note"');
    expect(page).toMatch(/votes and comments are invented/);
    expect(await read('/papers/1706.03762')).toContain('role="note"');
    expect(await (await get('/api/v1/papers')).json()).toMatchObject({ sample: true, total: 1 });
  });
});

describe('with papers', () => {
  const hostile = `<script>alert('x')</script> "quoted" & </h2> {{ site.name }} {% raw %} \u202egnp.exe $X^{2}$ ${'long'.repeat(2500)}`;

  beforeAll(async () => {
    await insertPaper(web, {
      id: '2606.10001',
      day: '2026-06-10',
      upvotes: 5,
      comments: 1,
      title: 'Five votes',
    });
    await insertPaper(web, {
      id: '2606.10002',
      day: '2026-06-10',
      upvotes: 9,
      title: "Let's <think> about LLM Reasoning",
      abstract: '</p><img src=x onerror=alert(1)>',
      authors: ['<b>Eve</b>', 'Mallory "M"'],
      organisation: '<i>lab</i>',
      keywords: ['<u>key</u>'],
      codeUrl: 'https://github.com/example/code',
      codeStars: 1234,
      projectUrl: 'javascript:alert(1)',
    });
    await insertPaper(web, { id: 'cs/0112017', day: '2026-06-09', title: 'Of the old numbering' });
    await insertPaper(web, { id: '2606.10003', day: '2026-06-05', title: hostile, summary: hostile });
    await insertPaper(web, { id: '2606.10004', day: '2027-01-01', title: 'From the far future' });
    await insertEdition(web, {
      cadence: 'daily',
      date: '2026-06-10',
      papers: ['2606.10002', '2606.10001'],
      more: 1,
    });
    await insertEdition(web, { cadence: 'weekly', date: '2026-06-08', papers: ['2606.10002'] });
  });

  test('the home page shows the latest day that is not in the future, by votes, and no sample', async () => {
    const response = await get('/');
    const page = await response.text();
    expect(page).toContain('<h1>Wednesday, 10 June 2026</h1>');
    expect(page.indexOf('&lt;think&gt;')).toBeLessThan(page.indexOf('Five votes'));
    expect(page).not.toContain('A sample of its kind');
    expect(page).not.toContain('far future');
    expect(page).toContain('href="/papers?date=2026-06-09"');
    expect(page).toContain('href="/papers?week=2026-W24"');
    expect(page).toContain('action="/subscribe"');
    expect(page).toMatch(/Code<\/a> .*1\.2k/);
  });

  test('everything that a source wrote is text', async () => {
    for (const path of [
      '/',
      '/papers/2606.10002',
      '/papers/2606.10003',
      '/papers?date=2026-06-05',
      '/editions/2026-06-10',
    ]) {
      const page = await read(path);
      expect(page.match(/<script/g), path).toHaveLength(1);
      expect(page, path).not.toMatch(/<img|<think|javascript:|<b>|<i>|<u>|onerror=alert\(1\)>|<\/h2> \{\{/);
      expect(page, path).not.toMatch(/undefined|NaN|\[object/);
    }
    expect(await read('/papers/2606.10003')).toContain('{{ site.name }}');
  });

  test('days, weeks and months have pages, also without papers', async () => {
    expect(await read('/papers?date=2026-06-09')).toContain('Of the old numbering');
    expect(await read('/papers?week=2026-W24')).toContain('Week 24 of 2026');
    expect(await read('/papers?month=2026-06')).toContain('June 2026');
    const saturday = await get('/papers?date=2026-06-13');
    expect(saturday.status).toBe(200);
    const page = await saturday.text();
    expect(page).toContain('No papers were listed here');
    expect(page).toContain('href="/papers?date=2026-06-10"');
  });

  test.each([
    'date=2026-02-30',
    'date=now',
    'week=2026-W99',
    'month=13',
    'date=2026-06-10&week=2026-W24',
    'date=a&date=b',
  ])('papers?%s is a bad request with a page that says why', async (query) => {
    const response = await get(`/papers?${query}`, { accept: 'text/html' });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('text/html');
  });

  test('a paper has one page: old ids with their slash, versions lead to it', async () => {
    expect((await get('/papers/cs/0112017')).status).toBe(200);
    expect((await get('/papers/cs%2F0112017')).status).toBe(200);
    const versioned = await get('/papers/2606.10001v2');
    expect([versioned.status, versioned.headers.get('location')]).toEqual([302, '/papers/2606.10001']);
    for (const path of [
      '/papers/2606.99999',
      '/papers/x',
      '/papers/2606.10001/y',
      '/papers//',
      '/papers/2606.10001%00',
    ])
      expect((await get(path)).status, path).toBe(404);
  });

  test('the archive lists editions and shows each as printed', async () => {
    const archive = await read('/editions');
    expect(archive).toContain('href="/editions/2026-06-10"');
    expect(archive).toContain('href="/editions/week/2026-W24"');
    const edition = await read('/editions/2026-06-10');
    // Votes as printed (7), not as they are now (9).
    expect(edition).toMatch(/class="number">7</);
    expect(edition).toContain('And 1 more');
    expect((await get('/editions/week/2026-W24')).status).toBe(200);
    for (const path of ['/editions/2026-06-09', '/editions/x', '/editions/week/2026-W25', '/editions/week/x'])
      expect((await get(path)).status, path).toBe(404);
    expect((await get('/editions?before=x')).status).toBe(400);
    expect(await read('/editions?before=2026-01-01')).toContain('no older editions');
  });

  test('JSON says the same', async () => {
    const day = (await (await get('/api/v1/papers?date=2026-06-10')).json()) as { papers: { id: string }[] };
    expect(day).toMatchObject({ date: '2026-06-10', sample: false, total: 2, previous: '2026-06-09' });
    expect(day.papers.map(({ id }) => id)).toEqual(['2606.10002', '2606.10001']);
    expect(day.papers[1]).toMatchObject({
      url: 'http://papers.test/papers/2606.10001',
      published_on: '2026-06-04',
    });
    const second = await (await get('/api/v1/papers?date=2026-06-10&limit=1&page=2')).json();
    expect(second).toMatchObject({ total: 2, papers: [{ id: '2606.10001' }] });
    expect(await (await get('/api/v1/editions')).json()).toMatchObject({
      editions: [
        { date: '2026-06-10', cards: 1, more: 1 },
        { cadence: 'weekly', week: '2026-W24' },
      ],
    });
    expect(await (await get('/api/v1/editions/2026-06-10')).json()).toMatchObject({
      papers: [
        { rank: 1, card: true, upvotes: 7 },
        { rank: 2, card: false },
      ],
    });
  });

  test('no link of a page is dead', async () => {
    const seen = new Set<string>();
    const queue = ['/', '/papers?week=2026-W24', '/papers?month=2026-06', '/editions', '/subscribe'];
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      const response = await get(path);
      expect(response.status, path).toBe(200);
      if (!response.headers.get('content-type')?.includes('html')) continue;
      for (const [, href = ''] of (await response.text()).matchAll(/(?:href|src|action)="(\/[^"]*)"/g))
        queue.push(href.replaceAll('&amp;', '&'));
    }
    expect(seen.size).toBeGreaterThan(10);
  });
});

describe('headers', () => {
  test('a strict policy, no cookies, no inline code or style on any page', async () => {
    for (const path of [
      '/',
      '/subscribe',
      '/editions',
      '/papers/2606.10001',
      '/nowhere',
      '/confirm/x',
      '/unsubscribe/x',
    ]) {
      const response = await get(path);
      const policy = response.headers.get('content-security-policy') ?? '';
      for (const part of [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "form-action 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ])
        expect(policy, path).toContain(part);
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(response.headers.get('set-cookie')).toBeNull();
      expect(response.headers.get('x-powered-by')).toBeNull();
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      const page = await response.text();
      expect(page, path).not.toMatch(/<style|\sstyle="|\son[a-z]+="|<script(?![^>]*\ssrc=)/i);
    }
  });

  test('pages are compressed and revalidated, assets kept for ever under their hash', async () => {
    const page = await get('/', { 'accept-encoding': 'gzip' });
    expect(page.headers.get('content-encoding')).toBe('gzip');
    expect(page.headers.get('vary')).toContain('Accept-Encoding');
    const etag = page.headers.get('etag') ?? '';
    // Not by fetch, which asks caches not to answer a conditional request.
    expect(await raw('/', { 'accept-encoding': 'gzip', 'if-none-match': etag })).toBe(304);
    const css = /href="(\/assets\/site\.[0-9a-f]{12}\.css)"/.exec(await page.text())?.[1] ?? '';
    const asset = await get(css);
    expect(asset.status).toBe(200);
    expect(asset.headers.get('content-type')).toContain('text/css');
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect((await get('/assets/site.000000000000.css')).status).toBe(404);
    expect(await raw('/assets/../../package.json')).toBe(404);
    expect(await raw('/assets/..%2f..%2fpackage.json')).toBe(404);
  });

  test('machines are answered', async () => {
    expect(await read('/healthz')).toBe('ok\n');
    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/metrics')).status).toBe(404);
    expect(await read('/robots.txt')).toContain('User-agent');
    expect((await get('/favicon.ico')).headers.get('content-type')).toContain('svg');
  });

  test('a log line names the route, never the path, the query or the address', async () => {
    web.logged.length = 0;
    await read('/papers/2606.10001?email=reader@example.org');
    await read('/unsubscribe/AAAAAAG58ZcDYrl0NvUkhBQj8stA');
    await read('/nowhere/reader@example.org');
    await expect.poll(() => web.logged.length).toBe(3);
    const lines = web.logged.map((line) => JSON.parse(line) as { route: string; status: number });
    expect(lines.map(({ route, status }) => [route, status])).toEqual([
      ['/papers/*id', 200],
      ['/unsubscribe/:token', 404],
      ['none', 404],
    ]);
    expect(web.logged.join()).not.toMatch(/example\.org|AAAAAAG58|2606/);
  });
});
