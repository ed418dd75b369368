import { load } from 'cheerio';
import { XMLValidator } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { insertEdition, insertPaper, lastRequest, postForm, startTestWeb, type TestWeb } from './support.ts';

let web: TestWeb;
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${web.url}${path}`, { headers: { accept: 'text/html', ...headers }, redirect: 'manual' });
const read = async (path: string) => load(await (await get(path)).text());
const search = (q: string, more = '') => `/search?${new URLSearchParams({ q })}${more}`;
const titles = (page: ReturnType<typeof load>) =>
  page('.card h2')
    .map((_, item) => page(item).text().trim())
    .get();

const HOSTILE =
  '<script>alert(1)</script> <img src=x onerror=alert(2)> zebra </mark></bdi> {{ site.name }} & "quoted"';

beforeAll(async () => {
  web = await startTestWeb();
  for (let number = 1; number <= 45; number += 1)
    await insertPaper(web, {
      id: `2606.2${String(number).padStart(4, '0')}`,
      day: '2026-06-10',
      upvotes: number,
      title: `Herd number ${number}`,
      abstract: `${'Nothing of note stands here. '.repeat(30)}Then quaggas gallop.`,
      authors: number === 1 ? ['Jürgen Schmidhuber'] : ['Ada Lovelace'],
      keywords: ['Striped Horses'],
    });
  await insertPaper(web, {
    id: '2606.10002',
    day: '2026-06-10',
    title: HOSTILE,
    abstract: HOSTILE,
    authors: ['<b>Eve</b> Zebra', '"', ':'],
    organisation: '<i>Zebra</i> & Sons',
    keywords: ['<u>key</u> & "word"', '???'],
  });
  await insertPaper(web, {
    id: 'cs/0112017',
    day: '2026-06-09',
    title: 'Of the old numbering, with quaggas',
  });
  await insertEdition(web, { cadence: 'daily', date: '2026-06-10', papers: ['2606.20045', '2606.10002'] });
});
afterAll(() => web.close());

describe('/search', () => {
  test('shows what is found, counted, paged, with the words marked where they stand', async () => {
    const page = await read(search('quaggas herd'));
    expect(page('.results').text()).toContain('45 papers');
    expect(titles(page)).toHaveLength(20);
    expect(titles(page)[0]).toBe('Herd number 45');
    expect(
      page('.card')
        .first()
        .find('mark')
        .map((_, item) => page(item).text())
        .get(),
    ).toEqual(['Herd', 'quaggas']);
    // The part of the abstract that holds the word, not its beginning.
    expect(page('.excerpt').first().text()).toMatch(/^\s*… .*Then quaggas gallop\.\s*$/);
    const last = await read(page('a[rel=next]').attr('href')?.replace('page=2', 'page=3') ?? '');
    expect(titles(last)).toEqual([5, 4, 3, 2, 1].map((number) => `Herd number ${number}`));
    expect(last('.cards').attr('start')).toBe('41');
    expect(last('a[rel=next]')).toHaveLength(0);
    expect((await get(search('herd', '&page=9'))).status).toBe(200);
    for (const number of ['0', '51', 'x', '-1'])
      expect((await get(search('herd', `&page=${number}`))).status).toBe(400);
  });

  test('has a box on every page, which works by GET', async () => {
    for (const path of [
      '/',
      '/editions',
      '/papers/2606.10002',
      '/subscribe',
      '/nowhere',
      '/unsubscribe/x',
      '/search',
    ]) {
      const page = await read(path);
      expect(page('form[role=search]'), path).toHaveLength(1);
      expect(page('form[role=search]').attr('method'), path).toBe('get');
      expect(page('form[role=search]').attr('action'), path).toBe('/search');
      expect(page('form[role=search] input[name=q]'), path).toHaveLength(1);
    }
  });

  test('explains how to ask, before a search and after one that found nothing', async () => {
    for (const path of ['/search', '/search?q=', search('xyzzyplugh')]) {
      const response = await get(path);
      expect(response.status, path).toBe(200);
      expect(await response.text(), path).toContain('How to ask');
    }
    expect((await read(search('xyzzyplugh')))('.blank').text()).toContain('No paper was found');
  });

  test.each([
    '"unbalanced',
    'x'.repeat(5000),
    '-only -minus',
    '& | !',
    'author:',
    'a OR',
    'x since:2026-02-30',
  ])('a page that says why with 400: %#', async (q) => {
    const response = await get(search(q));
    expect(response.status).toBe(400);
    expect(response.headers.get('cache-control')).not.toContain('immutable');
    const page = load(await response.text());
    expect(page('#find-error').text()).toMatch(/\.$/);
    expect(page('#find').attr('aria-describedby')).toBe('find-error');
  });

  test('twice the same parameter, and other methods, are refused', async () => {
    expect((await get('/search?q=a&q=b')).status).toBe(400);
    expect((await postForm(web, '/search', { q: 'herd' })).status).toBe(405);
  });

  test('nothing of a query or a paper becomes markup', async () => {
    for (const q of [
      'zebra',
      'script alert',
      HOSTILE.slice(0, 120).replaceAll('"', ''),
      "' or 1=1 --",
      'a:* & !zebra',
      '\u202egnp.exe zebra',
      'zebra\u0000',
      '\u202e"<b>\u0000',
      '%00 zebra',
      'author:eve',
      'org:zebra',
      'site name',
    ]) {
      const response = await get(search(q));
      expect([200, 400], q).toContain(response.status);
      const html = await response.text();
      expect(html.match(/<script/g), q).toHaveLength(1);
      expect(html, q).not.toMatch(/<img|<b>|<i>|<u>|\son[a-z]+="|<style|\sstyle="|undefined|NaN|\[object/);
      expect(html.includes('\u202e') || html.includes('\u0000'), q).toBe(false);
      const page = load(html);
      // Only the text within is what the paper says; what was typed comes back as it was read.
      for (const title of titles(page).filter((text) => text.includes('script'))) expect(title).toBe(HOSTILE);
    }
    expect(titles(await read(search('zebra')))).toEqual([HOSTILE]);
    expect((await read(search('zebra')))('.byline mark').text()).toContain('Zebra');
  });

  test('puts a name right and says so; names an author who is not among the first', async () => {
    const page = await read(search('author:Schmidhubr'));
    expect(titles(page)).toEqual(['Herd number 1']);
    expect(page('.note').text()).toContain('“schmidhubr”; “schmidhuber” was taken instead');
  });

  test('can be subscribed to: the search goes into the form, and from there to the request', async () => {
    const page = await read(search('author:"Ada Lovelace" -video'));
    const field = page('#follow input[name=searches]');
    expect(field.val()).toBe('author:"Ada Lovelace" -video');
    expect(page('#follow form').attr('action')).toBe('/subscribe');
    expect(page('#follow').text()).not.toMatch(/for now/i);
    const whole = await read(page('#follow p a').first().attr('href') ?? '');
    expect(whole('textarea[name=searches]').val()).toBe('author:"Ada Lovelace" -video');
    expect(whole('.tried').text()).toContain('this would have sent you');
    const again = await postForm(web, '/subscribe', {
      email: 'not an address',
      searches: 'herd -video',
      page: '/search',
    });
    expect(again.status).toBe(422);
    expect(load(await again.text())('textarea[name=searches]').val()).toBe('herd -video');
    await postForm(web, '/subscribe', {
      email: 'follower@example.org',
      searches: String(field.val()),
      page: '/search',
    });
    const { id } = await lastRequest(web, 'follower@example.org');
    const rows = await web.database.db.query(
      'test: request',
      'select page, preferences from consents where id = $1',
      [id],
    );
    expect(rows).toMatchObject([
      { page: '/search', preferences: { searches: ['author:"Ada Lovelace" -video'] } },
    ]);
  });
});

describe('the archive', () => {
  test('a keyword has one page, however it is written', async () => {
    const page = await read('/keywords/striped-horses');
    expect(page('h1').text()).toBe('Striped Horses');
    expect(titles(page)).toHaveLength(30);
    expect(titles(await read('/keywords/striped-horses?page=2'))).toHaveLength(15);
    expect(page('link[rel=canonical]').attr('href')).toBe('http://papers.test/keywords/striped-horses');
    const other = await get('/keywords/Striped%20Horses');
    expect([other.status, other.headers.get('location')]).toEqual([302, '/keywords/striped-horses']);
    for (const path of [
      '/keywords/horses',
      '/keywords/%3F',
      '/keywords/striped-horses?page=x',
      `/keywords/${'x'.repeat(3000)}`,
    ])
      expect((await get(path)).status, path).toBe(404);
  });

  test('a paper tells its history, its like, and where else to look', async () => {
    await web.database.db.query(
      'test: sightings',
      `insert into sightings (source, paper_id, seen_at, upvotes, comments)
       values ('huggingface', '2606.20045', '2026-06-10T01:00Z', 12, 0), ('huggingface', '2606.20045', '2026-06-11T01:00Z', 45, 3)`,
    );
    await web.database.db.query(
      'test: versions',
      `with told as (update papers set categories = '{cs.CL,cs.LG}', version = 2 where id = '2606.20045')
       insert into paper_versions values ('2606.20045', 1, '2026-06-10T01:00Z'), ('2606.20045', 2, '2026-06-11T01:00Z')`,
    );
    const page = await read('/papers/2606.20045');
    const history = page('.history').text();
    expect(history).toMatch(/Version 2 on arXiv, seen on 11 Jun 2026/);
    expect(page('.facts').text()).toMatch(/Categories\s*cs\.CL, cs\.LG/);
    expect(history).toMatch(/First seen here on/);
    expect(history).toMatch(/Listed by Hugging Face on 10 Jun 2026/);
    expect(history).toMatch(/Number 1 of the Daily edition, Wednesday, 10 June 2026/);
    expect(
      page('.counts tbody tr')
        .map((_, row) => page(row).text().replace(/\s+/g, ' ').trim())
        .get(),
    ).toEqual(['10 Jun 2026120', '11 Jun 2026453']);
    expect(page('section[aria-labelledby=similar] li')).toHaveLength(6);
    expect(page('.authors a').attr('href')).toBe('/search?q=author%3A%22Ada+Lovelace%22');
    expect(page('.keywords a').attr('href')).toBe('/keywords/striped-horses');
    expect(page('link[rel=canonical]').attr('href')).toBe('http://papers.test/papers/2606.20045');
    expect(page('meta[property="og:title"]').attr('content')).toBe('Herd number 45');
    expect(page('meta[name=description]').attr('content')).toMatch(/^Nothing of note/);
  });

  test('lists have one address each, and trending one more', async () => {
    for (const [path, canonical] of Object.entries({
      '/': '/',
      '/papers': '/',
      '/papers?date=2026-06-10': '/papers?date=2026-06-10',
      '/papers?week=2026-W24': '/papers?week=2026-W24',
      '/papers?month=2026-06': '/papers?month=2026-06',
      '/papers/trending': '/papers/trending',
    })) {
      const response = await get(path);
      expect(response.headers.get('cache-control'), path).toMatch(/^public, max-age=\d+/);
      const page = load(await response.text());
      expect(page('link[rel=canonical]').attr('href'), path).toBe(`http://papers.test${canonical}`);
      expect(
        page('.tabs a')
          .map((_, link) => page(link).text())
          .get(),
        path,
      ).toEqual(['Daily', 'Weekly', 'Monthly', 'Trending']);
    }
    expect(titles(await read('/papers/trending'))[0]).toBe('Herd number 45');
  });

  test('editions have one address each', async () => {
    const edition = await read('/editions/2026-06-10');
    expect(edition('link[rel=canonical]').attr('href')).toBe('http://papers.test/editions/2026-06-10');
    expect(edition('meta[property="og:description"]').attr('content')).toBe('A subject');
    expect((await read('/editions'))('link[rel=canonical]').attr('href')).toBe('http://papers.test/editions');
  });

  test('the sitemap names every page, and robots.txt names the sitemap', async () => {
    const locations = async (path: string) => {
      const response = await get(path);
      expect(response.headers.get('content-type')).toContain('application/xml');
      const xml = await response.text();
      expect(XMLValidator.validate(xml)).toBe(true);
      return [...xml.matchAll(/<loc>([^<]*)<\/loc>/g)].map(([, url = '']) => url.replaceAll('&amp;', '&'));
    };
    const files = await locations('/sitemap.xml');
    expect(files).toEqual([
      'http://papers.test/sitemaps/site.xml',
      'http://papers.test/sitemaps/papers-1.xml',
    ]);
    const all = (
      await Promise.all(files.map((url) => locations(url.replace('http://papers.test', ''))))
    ).flat();
    expect(all).toContain('http://papers.test/papers/cs/0112017');
    expect(all).toContain('http://papers.test/papers?week=2026-W24');
    expect(all).toContain('http://papers.test/editions/2026-06-10');
    for (const url of all.filter((_, index) => index % 7 === 0))
      expect((await get(url.replace('http://papers.test', ''))).status, url).toBe(200);
    for (const path of ['/sitemaps/papers-2.xml', '/sitemaps/papers-0.xml', '/sitemaps/x'])
      expect((await get(path)).status, path).toBe(404);
    expect(await (await get('/robots.txt')).text()).toContain('Sitemap: http://papers.test/sitemap.xml');
  });
});
