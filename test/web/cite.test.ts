import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { raw } from './raw.ts';
import { insertEdition, insertPaper, startTestWeb, type TestWeb } from './support.ts';

let web: TestWeb;
const get = (path: string, headers: Record<string, string> = {}) => fetch(`${web.url}${path}`, { headers });
const read = async (path: string) => (await get(path)).text();

beforeAll(async () => {
  web = await startTestWeb();
  await insertPaper(web, {
    id: '2606.10001',
    day: '2026-06-10',
    title: 'A {hostile} 100% title & more',
    authors: ['OpenAI', 'Ada Lovelace'],
  });
  await insertPaper(web, {
    id: '2606.10002',
    day: '2026-06-10',
    title: 'Quiet title',
    authors: ['Ada Lovelace'],
  });
  await insertPaper(web, {
    id: 'cs/0112017',
    day: '2026-06-09',
    title: 'Quiet words',
    authors: ['Ada Lovelace'],
  });
  await insertEdition(web, {
    cadence: 'daily',
    date: '2026-06-10',
    papers: ['2606.10001', '2606.10002'],
    more: 1,
  });
  await insertEdition(web, { cadence: 'weekly', date: '2026-06-08', papers: ['cs/0112017'] });
});
afterAll(() => web.close());

describe('a paper', () => {
  test('in three formats, each as a file of its type', async () => {
    for (const [extension, type, start] of [
      ['bib', 'application/x-bibtex; charset=utf-8', '@misc{openai2026hostile,'],
      ['ris', 'application/x-research-info-systems; charset=utf-8', 'TY  - UNPB\r\n'],
      [
        'json',
        'application/vnd.citationstyles.csl+json; charset=utf-8',
        '[\n  {\n    "id": "openai2026hostile"',
      ],
    ] as const) {
      const response = await get(`/papers/2606.10001/cite.${extension}`);
      expect(response.headers.get('content-type')).toBe(type);
      expect(response.headers.get('content-disposition')).toBe(
        `attachment; filename="arxiv-2606.10001.${extension}"`,
      );
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(await response.text()).toMatch(new RegExp(`^${start.replace(/[{[\\]/g, '\\$&')}`));
      const etag = response.headers.get('etag') ?? '';
      const again = await raw(web.url, `/papers/2606.10001/cite.${extension}`, {
        headers: { 'if-none-match': etag },
      });
      expect(again.status).toBe(304);
    }
    expect(await read('/papers/2606.10001/cite.bib')).toContain(
      'A \\textbraceleft{}hostile\\textbraceright{} 100\\% title \\& more',
    );
  });

  test('of the old numbering, and by any version', async () => {
    for (const path of ['/papers/cs/0112017', '/papers/cs%2F0112017', '/papers/cs/0112017v2']) {
      const text = await read(`${path}/cite.bib`);
      expect(text).toContain('eprint = {cs/0112017}');
      expect(text).toContain('primaryClass = {cs}');
    }
    expect((await get('/papers/cs/0112017/cite.ris')).headers.get('content-disposition')).toContain(
      '"arxiv-cs-0112017.ris"',
    );
  });

  test('that is not here, or is asked for oddly', async () => {
    for (const path of [
      '/papers/2606.99999/cite.bib',
      '/papers/x/cite.bib',
      '/papers/%00/cite.ris',
      '/papers/2606.10001/cite.doc',
    ])
      expect((await get(path)).status, path).toBe(404);
    const odd = await get('/papers/2606.10001/cite.bib?style=apa');
    expect([odd.status, odd.headers.get('content-type')]).toEqual([
      400,
      'application/problem+json; charset=utf-8',
    ]);
    // A person with a browser gets a page.
    const page = await get('/papers/2606.99999/cite.bib', { accept: 'text/html' });
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
  });
});

describe('several papers', () => {
  test('an edition with all that it carried, in its order', async () => {
    const items = JSON.parse(await read('/editions/2026-06-10/cite.json')) as { DOI: string }[];
    expect(items.map(({ DOI }) => DOI)).toEqual(['10.48550/arXiv.2606.10001', '10.48550/arXiv.2606.10002']);
    expect(await read('/editions/week/2026-W24/cite.bib')).toContain('@misc{lovelace2026quiet,');
    for (const path of [
      '/editions/2026-06-09/cite.bib',
      '/editions/x/cite.bib',
      '/editions/week/2026-W99/cite.bib',
    ])
      expect((await get(path)).status, path).toBe(404);
  });

  test('a search, whose keys do not clash', async () => {
    const text = await read('/search/cite.bib?q=quiet');
    expect(text.match(/^@misc\{.*$/gm)?.sort()).toEqual([
      '@misc{lovelace2026quiet-2606.10002,',
      '@misc{lovelace2026quiet-cs-0112017,',
    ]);
    expect((await read('/search/cite.ris?q=quiet&limit=1')).match(/^TY {2}- /gm)).toHaveLength(1);
    expect(await read('/search/cite.bib?q=zzzzzz')).toBe('');
    for (const query of ['', '?q=', '?q=%22open', '?q=quiet&limit=0', `?q=${'x'.repeat(5000)}`]) {
      const response = await get(`/search/cite.ris${query}`);
      const { errors } = (await response.json()) as { errors: { parameter: string }[] };
      expect([query.slice(0, 20), response.status, errors[0]?.parameter]).toEqual([
        query.slice(0, 20),
        400,
        query.includes('limit') ? 'limit' : 'q',
      ]);
    }
  });
});
