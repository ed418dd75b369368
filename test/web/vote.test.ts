import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readVote } from '../../src/interests/index.ts';
import { unsubscribe } from '../../src/subscribers/index.ts';
import { addReader, dumpTables, insertPaper, postForm, startTestWeb, type TestWeb } from './support.ts';

const PAPER = '2606.10001';
const HOSTILE = [
  '<script>alert(1)</script>',
  'O\'Neil "Bo" & Sons',
  '\u202eevil\u2066 drawkcab',
  '{{ page.title }}',
];

let web: TestWeb;
let reader: Awaited<ReturnType<typeof addReader>>;
let token: string;

beforeAll(async () => {
  web = await startTestWeb();
  reader = await addReader(web);
  token = web.links.token('vote', reader.id);
  await insertPaper(web, {
    id: PAPER,
    day: '2026-06-10',
    title: 'On <i>"robots"</i>',
    authors: ['Ada Lovelace', ...HOSTILE, '…'],
  });
  await insertPaper(web, {
    id: '2606.10002',
    day: '2026-06-10',
    authors: Array.from({ length: 1000 }, (_, at) => `Author Number${at}`),
  });
  await insertPaper(web, { id: 'cs/0112017', day: '2026-06-10' });
});
afterAll(() => web.close());
beforeEach(async () => {
  await web.database.db.query('test: empty', 'truncate votes, unwanted_authors, profiles');
});

const open = async (query: string, which = token, init: RequestInit = {}) => {
  const response = await fetch(`${web.url}/vote/${which}${query}`, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
};
const press = async (fields: Record<string, string>, { query = '', which = token } = {}) => {
  const response = await postForm(web, `/vote/${which}${query}`, fields);
  return { status: response.status, text: await response.text() };
};
const voteOf = (id = PAPER) => readVote(web.database.db, reader.id, id);
const unwanted = async () =>
  (
    await web.database.db.query<{ value: string }>(
      'test: unwanted',
      'select value from unwanted_authors order by at, value',
    )
  ).map(({ value }) => value);
/** The fields of the form that undoes, as a browser would send them. */
const undoOf = (text: string) => {
  const [, form = ''] = /role="status">(.*?)<\/form>/s.exec(text) ?? [];
  const plain = (value: string) =>
    value
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&#34;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&');
  return Object.fromEntries(
    [...form.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      plain(value),
    ]),
  );
};

test('a storm of scanners over every link of a card changes nothing, and keeps nothing', async () => {
  const before = await dumpTables(web);
  const queries = ['', '&vote=more', '&vote=less', '&author=Ada+Lovelace', '&undo=none', '#authors'];
  for (let times = 0; times < 5; times += 1)
    for (const query of queries)
      for (const method of ['GET', 'HEAD']) {
        const { status, headers } = await open(`?paper=${PAPER}${query}`, token, { method });
        expect([method, query, status]).toEqual([method, query, 200]);
        expect(headers.get('cache-control')).toBe('no-store');
        expect(headers.get('x-robots-tag')).toContain('noindex');
        expect(headers.get('set-cookie')).toBeNull();
      }
  expect(await dumpTables(web)).toBe(before);
});

describe('a vote', () => {
  test('the button that the link asked for comes first; a press records; undo goes back to what was', async () => {
    const page = await open(`?paper=${PAPER}&vote=less`);
    expect(page.text).toContain('<h1>Less like this</h1>');
    expect(page.text.match(/name="vote" value="\w+"/g)).toEqual([
      'name="vote" value="less"',
      'name="vote" value="more"',
    ]);
    expect(page.text).toContain(`href="/papers/${PAPER}"`);
    const less = await press({ paper: PAPER, vote: 'less' });
    expect(less.text).toContain('fewer papers like this one will come');
    expect(less.text).toContain(`/preferences/${reader.preferences}/profile`);
    expect(await voteOf()).toBe('less');
    const more = await press({ paper: PAPER, vote: 'more' });
    expect(await voteOf()).toBe('more');
    expect((await press(undoOf(more.text))).status).toBe(200);
    expect(await voteOf()).toBe('less');
    const undone = await press(undoOf(less.text));
    expect(undone.text).toContain('Your vote is taken back.');
    expect(await voteOf()).toBeNull();
  });

  test('of before is not told by the link: a mail may be forwarded', async () => {
    for (const query of ['', '&vote=more', '&vote=less']) {
      await press({ paper: PAPER, undo: 'none' });
      const unsaid = await open(`?paper=${PAPER}${query}`);
      for (const vote of ['more', 'less']) {
        await press({ paper: PAPER, vote });
        expect((await open(`?paper=${PAPER}${query}`)).text).toBe(unsaid.text);
      }
    }
    // Nor by a press on an author.
    const told = [];
    for (const undo of ['none', 'more', 'less']) {
      await press({ paper: PAPER, undo });
      told.push((await press({ paper: PAPER, author: 'Ada Lovelace' })).text);
    }
    expect(new Set(told).size).toBe(1);
  });

  test('pressed twice it is one, and undone once it is gone', async () => {
    await press({ paper: PAPER, vote: 'more' });
    const again = await press({ paper: PAPER, vote: 'more' });
    expect(again.status).toBe(200);
    await press(undoOf(again.text));
    await press(undoOf(again.text));
    expect(await voteOf()).toBeNull();
  });

  test('a POST to the very link of the mail does what the link says', async () => {
    const response = await fetch(`${web.url}/vote/${token}?paper=${PAPER}&vote=more`, { method: 'POST' });
    expect(response.status).toBe(200);
    expect(await voteOf()).toBe('more');
  });

  test('of a paper with an old id', async () => {
    expect((await press({ paper: 'cs/0112017', vote: 'more' })).text).toContain('href="/papers/cs/0112017"');
    expect(await voteOf('cs/0112017')).toBe('more');
  });

  test('of who has left is kept, and the page says that no mail comes', async () => {
    const gone = await addReader(web, 'gone@example.org');
    await unsubscribe(web.context, gone.unsubscribe, { page: 'test' });
    const which = web.links.token('vote', gone.id);
    expect((await open(`?paper=${PAPER}&vote=more`, which)).text).toContain('You are not subscribed');
    expect((await press({ paper: PAPER, vote: 'more' }, { which })).status).toBe(200);
    expect(await readVote(web.database.db, gone.id, PAPER)).toBe('more');
  });
});

describe('"not this author"', () => {
  test.each(['Ada Lovelace', ...HOSTILE])(
    '%j: left out, allowed again, and nothing of it is markup',
    async (author) => {
      const refused = await press({ paper: PAPER, author });
      expect(refused.text).toContain('will not be in your digests');
      expect(refused.text).not.toContain('<script>alert');
      expect(await unwanted()).toEqual([author]);
      expect((await open(`?paper=${PAPER}`)).text).toContain('Allow again');
      expect((await press({ paper: PAPER, author })).status).toBe(200);
      const allowed = await press(undoOf(refused.text));
      expect(allowed.text).toContain('may be in your digests again');
      expect(await unwanted()).toEqual([]);
      expect((await press(undoOf(refused.text))).status).toBe(200);
    },
  );

  test('a paper of a thousand authors shows twenty of them; one without a letter is no name', async () => {
    const { text } = await open('?paper=2606.10002');
    expect(text.match(/Not this author<span/g)).toHaveLength(20);
    expect(text).toContain('And 980 more');
    expect(text.length).toBeLessThan(30_000);
    expect((await open(`?paper=${PAPER}`)).text.match(/Not this author<span/g)).toHaveLength(5);
    expect((await press({ paper: '2606.10002', author: 'Author Number999' })).status).toBe(200);
  });

  test('who is no author of the paper is refused, and the way back is shown', async () => {
    for (const author of ['Grace Hopper', 'ada lovelace', '…']) {
      const { status, text } = await press({ paper: PAPER, author });
      expect([status, text.includes(`<a href="/vote/${token}?paper=${PAPER}">`)]).toEqual([422, true]);
    }
    expect((await press({ paper: 'cs/0112017' })).text).toContain(`href="/vote/${token}?paper=cs%2F0112017"`);
    expect(await unwanted()).toEqual([]);
  });
});

test('forged and foreign links, unknown papers and nonsense: pages that say so', async () => {
  const before = await dumpTables(web);
  const forged = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
  for (const which of [
    forged,
    `${token}x`,
    'x',
    '%00',
    reader.preferences,
    reader.unsubscribe,
    web.links.token('read', reader.id),
    web.links.token('proof', reader.id),
    web.links.token('vote', 999_999),
  ]) {
    expect([which, (await open(`?paper=${PAPER}`, which)).status]).toEqual([which, 404]);
    expect((await press({ paper: PAPER, vote: 'more' }, { which })).status).toBe(404);
  }
  const long = 'x'.repeat(10_000);
  for (const query of [
    '',
    '?paper=',
    '?paper=2606.99999',
    `?paper=${long}`,
    `?paper=${PAPER}&paper=${PAPER}`,
    '?paper=%00',
    '?paper=%ff',
    '?paper[]=1',
  ])
    expect([query.slice(0, 40), (await open(query)).status]).toEqual([query.slice(0, 40), 404]);
  for (const value of ['maybe', long, 'more&vote=less', '%00', '%3Cscript%3Ealert(1)%3C/script%3E']) {
    const { status, text } = await open(`?paper=${PAPER}&vote=${value}`);
    expect([value.slice(0, 40), status]).toEqual([value.slice(0, 40), 422]);
    expect(text).not.toMatch(/<script>alert|xxxx/);
  }
  const twice = (text: string) =>
    fetch(`${web.url}/vote/${token}`, { method: 'POST', body: new URLSearchParams(text) });
  for (const body of [
    `paper=${PAPER}`,
    `paper=${PAPER}&vote=more&vote=less`,
    `paper=${PAPER}&vote=${long}`,
    `paper=${PAPER}&undo=all`,
    `paper=${PAPER}&undo=none&undo=none`,
    `paper=${PAPER}&author=a&author=b`,
    `paper=${PAPER}&author=%00`,
    `paper=${PAPER}&author=${long}`,
    `paper=${PAPER}&__proto__=x`,
  ])
    expect([body.slice(0, 40), (await twice(body)).status]).toEqual([body.slice(0, 40), 422]);
  expect((await twice(`paper=${PAPER}&paper=${PAPER}&vote=more`)).status).toBe(404);
  expect((await twice(`vote=more`)).status).toBe(404);
  expect(await dumpTables(web)).toBe(before);
  expect(web.logged.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
});
