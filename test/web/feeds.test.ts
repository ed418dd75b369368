import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { element, xmlDocument } from '../../src/web/feeds/rules/xml.ts';
import { raw } from './raw.ts';
import { insertEdition, insertPaper, NOW, startTestWeb, type TestWeb } from './support.ts';

let web: TestWeb;
const get = (path: string, headers: Record<string, string> = {}) => fetch(`${web.url}${path}`, { headers });
const read = async (path: string) => (await get(path)).text();

const HOSTILE = `]]> <script>alert('x')</script> "q" &amp; & \u0001\u000b\ufffe {{ x }} $X^{2}$`;
/** What is left of it: XML has no controls. */
const SHOWN = ['\u0001', '\u000b', '\ufffe'].reduce((text, bad) => text.replaceAll(bad, ''), HOSTILE);

interface AtomEntry {
  id: string;
  title: { '#text': string };
  link: { '@href': string; '@rel': string }[];
  updated: string;
  author?: { name: string }[];
  category?: { '@term': string }[];
  content: { '#text': string };
}
interface AtomFeed {
  id: string;
  title: { '#text': string };
  updated: string;
  link: { '@href': string; '@rel': string }[];
  author: { name: string }[];
  entry?: AtomEntry[];
}
interface RssItem {
  title: string;
  link: string[];
  guid: { '#text': string; '@isPermaLink': string };
  pubDate: string;
  'dc:creator'?: string[];
  description: string;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  trimValues: false,
  isArray: (name) =>
    ['entry', 'item', 'author', 'category', 'link', 'dc:creator', 'atom:link'].includes(name),
});

function parseXml<Root>(text: string): Root {
  expect(XMLValidator.validate(text)).toBe(true);
  return parser.parse(text) as Root;
}
const parseAtom = (text: string) => parseXml<{ feed: AtomFeed }>(text).feed;
const parseRss = (text: string) =>
  parseXml<{
    rss: { channel: { item?: RssItem[]; 'atom:link': { '@href': string }[]; lastBuildDate: string } };
  }>(text).rss.channel;

/** What validators ask of an Atom feed (RFC 4287). */
function expectValid(feed: AtomFeed): void {
  expect(feed.id).toMatch(/^http/);
  expect(feed.title['#text']).not.toBe('');
  expect(feed.author).toHaveLength(1);
  expect(feed.updated).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/);
  expect(feed.link.filter((link) => link['@rel'] === 'self')).toHaveLength(1);
  const ids = (feed.entry ?? []).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const entry of feed.entry ?? []) {
    expect(URL.canParse(entry.id)).toBe(true);
    expect(entry.title['#text']).not.toBe('');
    expect(Date.parse(entry.updated)).toBeLessThanOrEqual(Date.parse(feed.updated));
    expect(entry.link.filter((link) => link['@rel'] === 'alternate')).toHaveLength(1);
    for (const link of entry.link) expect(link['@href']).toMatch(/^https?:\/\//);
  }
}

beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const anyCharacter = fc.oneof(
  fc.constantFrom('<', '>', '&', '"', "'", ']', '\u0000', '\u001b', '\ufffe', '\uffff', '\ud800', '\udc00'),
  fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
);

test('no text, in an element or an attribute, leaves its place or breaks the document', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 40 }), (text) => {
      const xml = xmlDocument(
        element('root', { value: text }, element('one', {}, text), element('two', {}, 'x')),
      );
      expect(XMLValidator.validate(xml)).toBe(true);
      // By code point: what XML 1.0 does not allow at all.
      const illegal = [...xml].filter((character) => {
        const code = character.codePointAt(0) ?? 0;
        return (
          (code < 32 && !'\t\n\r'.includes(character)) ||
          (code >= 0xd800 && code < 0xe000) ||
          ((code & 0xfffe) === 0xfffe && code < 0x10000)
        );
      });
      expect(illegal).toEqual([]);
      const markup = /<\?xml [^>]*\?>|<\/?(?:root|one|two)(?: value="[^"<>]*")?\/?>/g;
      expect(xml.replace(markup, '')).not.toMatch(/[<>]/);
    }),
    { numRuns: 100 },
  );
});

describe('before there is an edition', () => {
  test('each feed is valid and empty, and the same all day; samples stay out of it', async () => {
    await insertPaper(web, { id: '1706.03762', day: '2026-01-05', sample: true, keywords: ['samples'] });
    const atom = await read('/feed.atom');
    expectValid(parseAtom(atom));
    expect(parseAtom(atom).entry).toBeUndefined();
    expect(parseRss(await read('/feed.rss')).item).toBeUndefined();
    expect(JSON.parse(await read('/feed.json'))).toMatchObject({
      version: 'https://jsonfeed.org/version/1.1',
      items: [],
    });
    web.clock.set(new Date(NOW.getTime() + 3_600_000));
    expect(await read('/feed.atom')).toBe(atom);
    expect((await get('/feed.atom?topic=samples')).status).toBe(404);
  });
});

describe('with editions', () => {
  beforeAll(async () => {
    const authors = Array.from({ length: 40 }, (_, at) => `Author ${at}`);
    await insertPaper(web, { id: '2606.10001', day: '2026-06-09', keywords: ['Reinforcement Learning'] });
    await insertPaper(web, {
      id: '2606.10002',
      day: '2026-06-10',
      title: HOSTILE,
      abstract: HOSTILE,
      authors: [HOSTILE],
      keywords: [HOSTILE],
      organisation: HOSTILE,
    });
    await insertPaper(web, {
      id: '2606.10003',
      day: '2026-06-10',
      authors,
      keywords: ['reinforcement-learning'],
    });
    await insertPaper(web, {
      id: 'cs/0112017',
      day: '2026-06-10',
      title: 'Only counted',
      keywords: ['reinforcement learning'],
    });
    await insertPaper(web, {
      id: '2606.10005',
      day: '2026-06-11',
      title: 'Not carried yet',
      keywords: ['reinforcement learning'],
    });
    const openedAt = (day: string) => new Date(`${day}T02:00:00Z`);
    await insertEdition(web, {
      cadence: 'daily',
      date: '2026-06-09',
      papers: ['2606.10001', '2606.10003'],
      openedAt: openedAt('2026-06-10'),
    });
    await insertEdition(web, {
      cadence: 'daily',
      date: '2026-06-10',
      papers: ['2606.10002', '2606.10003', 'cs/0112017'],
      more: 1,
      openedAt: openedAt('2026-06-11'),
    });
    await insertEdition(web, {
      cadence: 'weekly',
      date: '2026-06-08',
      papers: ['2606.10002'],
      openedAt: openedAt('2026-06-15'),
    });
    await insertEdition(web, {
      cadence: 'daily',
      date: '2026-06-11',
      papers: ['2606.10005'],
      openedAt: openedAt('2026-06-12'),
    });
  });

  test('the cards of the open daily editions, newest edition first, under names that stay', async () => {
    const feed = parseAtom(await read('/feed.atom'));
    expectValid(feed);
    expect(feed.updated).toBe('2026-06-11T02:00:00.000Z');
    expect((feed.entry ?? []).map(({ id, updated }) => [id, updated.slice(0, 10)])).toEqual([
      ['https://doi.org/10.48550/arXiv.2606.10002', '2026-06-11'],
      ['https://doi.org/10.48550/arXiv.2606.10003', '2026-06-11'],
      ['https://doi.org/10.48550/arXiv.2606.10001', '2026-06-10'],
    ]);
    expect(feed.entry?.[1]?.link[0]?.['@href']).toBe('http://papers.test/papers/2606.10003');
    expect(feed.entry?.[1]?.author).toHaveLength(26);
    expect(feed.entry?.[1]?.author?.at(-1)?.name).toBe('and 15 more');
  });

  test('what a source wrote is text in all three formats', async () => {
    const [atom] = parseAtom(await read('/feed.atom')).entry ?? [];
    expect(atom?.title['#text']).toBe(SHOWN);
    expect(atom?.author?.[0]?.name).toBe(SHOWN);
    expect(atom?.category?.[0]?.['@term']).toBe(SHOWN);
    expect(atom?.content['#text']).toContain('&lt;script&gt;');
    expect(atom?.content['#text']).not.toContain('<script');
    const rss = await read('/feed.rss');
    const [item] = parseRss(rss).item ?? [];
    expect(item?.title).toBe(SHOWN);
    expect(item?.description).toContain('&amp;amp;');
    expect(item).toMatchObject({
      link: ['http://papers.test/papers/2606.10002'],
      guid: { '#text': 'https://doi.org/10.48550/arXiv.2606.10002', '@isPermaLink': 'false' },
      pubDate: 'Thu, 11 Jun 2026 02:00:00 GMT',
      'dc:creator': [SHOWN],
    });
    expect(parseRss(rss)['atom:link'][0]?.['@href']).toBe('http://papers.test/feed.rss');
    const json = JSON.parse(await read('/feed.json')) as { items: { title: string; content_html: string }[] };
    expect(json.items[0]?.title).toBe(HOSTILE);
    expect(json.items[0]?.content_html).not.toContain('<script');
  });

  test('a topic has what editions carried of it, shown or only counted, however it is written', async () => {
    for (const topic of ['reinforcement-learning', 'Reinforcement%20Learning']) {
      const feed = parseAtom(await read(`/feed.atom?topic=${topic}`));
      expectValid(feed);
      expect((feed.entry ?? []).map(({ title }) => title['#text'])).toEqual([
        'Paper 2606.10003',
        'Only counted',
        'Paper 2606.10001',
      ]);
      expect(feed.id).toBe('http://papers.test/feed.atom?topic=reinforcement-learning');
    }
    const unknown = await get('/feed.rss?topic=knitting');
    expect(unknown.status).toBe(404);
    expect(unknown.headers.get('content-type')).toContain('application/problem+json');
    expect(await unknown.json()).toMatchObject({
      status: 404,
      detail: expect.stringContaining('no such topic'),
    });
  });

  test('a search is a feed; one that says nothing is refused by name', async () => {
    const feed = parseAtom(await read(`/feed.atom?q=${encodeURIComponent('"only counted"')}`));
    expect((feed.entry ?? []).map(({ id }) => id)).toEqual(['https://doi.org/10.48550/arXiv.cs/0112017']);
    expect(feed.title['#text']).toBe('Paperboy: "only counted"');
    expect(parseAtom(await read('/feed.atom?q=zzzzzz')).entry).toBeUndefined();
    for (const query of [
      'q=%22open',
      'q=-x',
      'q=',
      `q=${'x'.repeat(5000)}`,
      'topics=x',
      'topic=',
      'topic=a&topic=b',
      'topic=a&q=b',
      'topic=%00',
    ]) {
      const response = await get(`/feed.json?${query}`);
      const problem = (await response.json()) as { errors?: { parameter: string; detail: string }[] };
      if (query === 'topic=%00') expect(response.status).toBe(404);
      else {
        expect([query.slice(0, 20), response.status]).toEqual([query.slice(0, 20), 400]);
        expect(problem.errors?.[0]?.parameter).toBe(query.split('=')[0]);
      }
    }
    // What networks hang on to links changes nothing.
    expect((await get('/feed.json?utm_source=x&fbclid=y')).status).toBe(200);
  });

  test('kept by caches, asked for again cheaply, readable by pages of other sites', async () => {
    for (const [path, type] of [
      ['/feed.atom', 'application/atom+xml; charset=utf-8'],
      ['/feed.rss', 'application/rss+xml; charset=utf-8'],
      ['/feed.json', 'application/feed+json; charset=utf-8'],
    ] as const) {
      const response = await get(path);
      expect(response.headers.get('content-type')).toBe(type);
      expect(response.headers.get('cache-control')).toMatch(/^public, max-age=\d+/);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      const etag = response.headers.get('etag') ?? '';
      const modified = response.headers.get('last-modified') ?? '';
      expect(modified).toBe('Thu, 11 Jun 2026 02:00:00 GMT');
      const plain = { 'accept-encoding': 'gzip' };
      expect((await raw(web.url, path, { headers: { ...plain, 'if-none-match': etag } })).status).toBe(304);
      expect(
        (await raw(web.url, path, { headers: { ...plain, 'if-modified-since': modified } })).status,
      ).toBe(304);
      const older = 'Wed, 10 Jun 2026 02:00:00 GMT';
      expect((await raw(web.url, path, { headers: { ...plain, 'if-modified-since': older } })).status).toBe(
        200,
      );
      // The tag is the better witness of the two.
      const both = { ...plain, 'if-none-match': '"other"', 'if-modified-since': modified };
      expect((await raw(web.url, path, { headers: both })).status).toBe(200);
      const head = await raw(web.url, path, { method: 'HEAD', headers: plain });
      expect([head.status, head.headers.etag, head.body]).toEqual([200, etag, '']);
    }
    const post = await raw(web.url, '/feed.atom', { method: 'POST' });
    expect([post.status, post.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});
