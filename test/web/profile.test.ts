import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { describeProfile, learn, recordVote, refuseAuthor } from '../../src/interests/index.ts';
import { fieldPapers } from '../interests/papers.ts';
import {
  addReader,
  dumpTables,
  insertEdition,
  insertPaper,
  postForm,
  startTestWeb,
  type TestWeb,
} from './support.ts';

const IDS = Array.from({ length: 40 }, (_, at) => `2606.${10_000 + at}`);

let web: TestWeb;
let reader: Awaited<ReturnType<typeof addReader>>;
let here: string;

beforeAll(async () => {
  web = await startTestWeb();
  reader = await addReader(web);
  here = `/preferences/${reader.preferences}`;
  for (const [at, { title, abstract }] of fieldPapers(40).entries())
    await insertPaper(web, {
      id: IDS[at] ?? '',
      day: '2026-06-10',
      title,
      abstract,
      organisation: 'Mila <b>&</b>',
      authors: [`Ada Lovelace${at % 3}`],
    });
  // Papers that were seen after the moment of the test are none to learn from.
  await web.database.db.query('test: seen', "update papers set first_seen_at = '2026-06-10'");
  await insertEdition(web, { cadence: 'daily', date: '2026-06-10', papers: IDS });
});
afterAll(() => web.close());
beforeEach(async () => {
  await web.database.db.query(
    'test: empty',
    'truncate votes, unwanted_authors, profiles, profile_omissions, library, proofs',
  );
});

const open = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${web.url}${path}`, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
};
const press = async (path: string, fields: Record<string, string> | string[][] = {}) => {
  const response = await postForm(web, path, fields as Record<string, string>);
  return { status: response.status, text: await response.text() };
};
/** The fields of a form, the first that a pattern finds, as a browser would send them. */
const fieldsOf = (text: string, form: RegExp) => {
  const [, found = ''] = form.exec(text) ?? [];
  return [...found.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
};
const UNDO = /role="status">(.*?)<\/form>/s;
const proof = async () => {
  await press(`${here}/prove`);
  const [row] = await web.database.db.query<{ id: number }>(
    'test: proof',
    'select max(id) as id from proofs',
  );
  return `/proof/${web.links.token('proof', row?.id ?? 0)}`;
};
const teach = async () => {
  for (const at of [1, 4, 7])
    await recordVote(web.context, { subscriberId: reader.id, paperId: IDS[at] ?? '', vote: 'more' });
  await recordVote(web.context, { subscriberId: reader.id, paperId: IDS[0] ?? '', vote: 'less' });
  await learn(web.context);
};
const votes = () =>
  web.database.db.query<{ id: string; vote: string }>(
    'test: votes',
    'select paper_id as id, vote from votes order by paper_id',
  );

test('a storm of scanners over the pages of a profile changes nothing', async () => {
  await teach();
  await refuseAuthor(web.context, reader.id, 'Grace Hopper');
  const proven = await proof();
  const before = await dumpTables(web);
  for (let times = 0; times < 5; times += 1)
    for (const path of [
      `${here}/profile`,
      `${here}/profile/reset`,
      `${here}/profile?forget=term&key=protein`,
      `${here}/pick?paper=${IDS[0]}`,
      `${here}/library?remove=yes`,
      `${proven}/reset?what=all`,
      `${proven}/votes?vote=none&paper=${IDS[1]}`,
    ])
      for (const method of ['GET', 'HEAD']) {
        const { status, headers } = await open(path, { method });
        expect([method, path, status]).toEqual([method, path, 200]);
        expect(headers.get('cache-control')).toBe('no-store');
        expect(headers.get('x-robots-tag')).toContain('noindex');
        expect(headers.get('set-cookie')).toBeNull();
      }
  expect(await dumpTables(web)).toBe(before);
});

test('forged and foreign links: a page that says so, and nothing changes', async () => {
  const { preferences } = reader;
  const before = await dumpTables(web);
  const forged = preferences.slice(0, -1) + (preferences.endsWith('A') ? 'B' : 'A');
  for (const token of [
    forged,
    `${preferences}x`,
    'x',
    web.links.token('vote', reader.id),
    web.links.token('proof', reader.id),
    web.links.token('preferences', 999_999),
  ])
    for (const name of ['profile', 'profile/reset', 'pick', 'library']) {
      expect((await open(`/preferences/${token}/${name}`)).status).toBe(404);
      expect(
        (await press(`/preferences/${token}/${name}`, { paper: IDS[0] ?? '', bibtex: '@misc{a, title={A}}' }))
          .status,
      ).toBe(404);
    }
  for (const token of [preferences, forged, web.links.token('vote', reader.id)]) {
    expect((await open(`/proof/${token}/votes`)).status).toBe(404);
    expect((await press(`/proof/${token}/votes`, { paper: IDS[0] ?? '', vote: 'more' })).status).toBe(404);
    expect((await open(`/proof/${token}/reset`)).status).toBe(404);
    expect((await press(`/proof/${token}/reset`, { what: 'all' })).status).toBe(404);
  }
  expect(await dumpTables(web)).toBe(before);
});

describe('my profile', () => {
  test('says that nothing is learnt, then that something waits, then what was learnt', async () => {
    expect((await open(`${here}/profile`)).text).toContain('Nothing is learnt yet.');
    await recordVote(web.context, { subscriberId: reader.id, paperId: IDS[1] ?? '', vote: 'more' });
    expect((await open(`${here}/profile`)).text).toContain('learnt within minutes');
    await learn(web.context);
    const { text } = await open(`${here}/profile`);
    expect(text).toContain('Learnt on Thursday, 11 June at 09:00 from 1 paper that you liked.');
    expect(text).toContain('<bdi>Ada Lovelace1</bdi>');
    expect(text).not.toMatch(/<b>|reader@/);
    // What was voted on is a history: not by this link.
    expect(text).not.toContain(IDS[1]);
  });

  test('forget, undo, forget again: gone at once and after learning; then remembered', async () => {
    await teach();
    const first = /<form[^>]*>\s*(<input type="hidden" name="forget".*?)<\/form>/s;
    const { text } = await open(`${here}/profile`);
    const fields = fieldsOf(text, first);
    const said = /<bdi>(.*?)<\/bdi>/.exec(text)?.[1] ?? 'none';
    const forgotten = await press(`${here}/profile`, fields);
    expect(forgotten.text).toContain(`<strong><bdi>${said}</bdi></strong> is forgotten`);
    expect(forgotten.text).toContain('Remember again');
    expect((await press(`${here}/profile`, fields)).status).toBe(200);
    const undo = fieldsOf(forgotten.text, UNDO);
    expect((await press(`${here}/profile`, undo)).text).toContain('may be learnt again');
    expect((await press(`${here}/profile`, undo)).text).toContain('nothing to do');
    await learn(web.context);
    expect((await open(`${here}/profile`)).text).toContain(`Forget<span class="aside">: ${said}<`);
    await press(`${here}/profile`, fields);
    await learn(web.context);
    const after = (await open(`${here}/profile`)).text;
    expect(after).not.toContain(`Forget<span class="aside">: ${said}<`);
    expect(after).toContain(`Remember again<span class="aside">: ${said}<`);
  });

  test('authors that are left out can be allowed again, and left out again', async () => {
    const name = '\u202e<script>alert(1)</script> "O\'Neil"';
    await refuseAuthor(web.context, reader.id, name);
    const { text } = await open(`${here}/profile`);
    expect(text).not.toContain('<script>alert');
    const allowed = await press(`${here}/profile`, { allow: name });
    expect(allowed.text).toContain('may be in your digests again');
    expect(allowed.text).not.toContain('<script>alert');
    expect((await press(`${here}/profile`, { allow: name })).text).toContain('nothing to do');
    expect((await press(`${here}/profile`, { refuse: name })).text).toContain('is left out again');
    expect((await open(`${here}/profile`)).text).toContain('Authors that are left out');
  });

  test('what cannot be undone asks for the mailbox: the link of a forwarded mail deletes nothing', async () => {
    await teach();
    await press(`${here}/library`, { bibtex: '@misc{a, title = {Protein}}' });
    const before = await dumpTables(web);
    for (const { status, text } of [
      await open(`${here}/profile/reset`),
      await press(`${here}/profile/reset`),
      await press(`${here}/profile/reset`, { what: 'all' }),
    ])
      expect([status, text.includes(`action="${here}/prove"`)]).toEqual([200, true]);
    await press(`${here}/library`, { remove: 'yes' });
    for (const page of ['profile', 'library'])
      expect((await open(`${here}/${page}`)).text).toContain('we ask for your mailbox first');
    expect(await dumpTables(web)).toBe(before);
  });

  test('starting over takes it all, after a page that says so; the list can go alone', async () => {
    await teach();
    await press(`${here}/library`, { bibtex: '@misc{a, title = {Protein}}' });
    const proven = await proof();
    expect((await open(proven)).text).toContain(`href="${proven}/reset"`);
    expect((await open(`${proven}/reset`)).text).toContain('cannot be undone');
    for (const what of ['', 'x', '__proto__'])
      expect((await press(`${proven}/reset`, { what })).status).toBe(422);
    const listGone = await press(`${proven}/reset`, { what: 'list' });
    expect(listGone.text).toContain('1 paper is removed.');
    expect(listGone.text).not.toContain('Remove my list');
    expect(await votes()).toHaveLength(4);
    expect((await press(`${proven}/reset`, { what: 'all' })).text).toContain('You start over');
    expect((await press(`${proven}/reset`, { what: 'all' })).status).toBe(200);
    expect(await votes()).toEqual([]);
    web.clock.set(new Date('2026-06-11T09:20Z'));
    for (const { status } of [await open(`${proven}/reset`), await press(`${proven}/reset`, { what: 'all' })])
      expect(status).toBe(410);
    web.clock.set(new Date('2026-06-11T09:00Z'));
    await learn(web.context);
    expect(await describeProfile(web.database.db, reader.id)).toMatchObject({
      outcome: 'nothing',
      waiting: false,
    });
  });

  test.each([
    [{}],
    [{ forget: 'term' }],
    [{ forget: 'term', key: 'not said' }],
    [{ forget: 'paper', key: 'x' }],
    [{ forget: 'term', key: 'x'.repeat(10_000) }],
    [{ forget: 'term', key: '\u0000' }],
    [{ allow: '\u0000' }],
    [{ refuse: '…' }],
    [{ refuse: 'x'.repeat(300) }],
  ])('nonsense %j: said, not a fault of ours', async (fields) => {
    const { status, text } = await press(`${here}/profile`, fields as Record<string, string>);
    expect([status, text.includes(`<a href="${here}/profile">Go back</a>`)]).toEqual([422, true]);
  });
});

describe('the papers that I voted on', () => {
  test('only after proving the mailbox; each can be taken back, and that undone', async () => {
    await teach();
    const list = `${await proof()}/votes`;
    expect((await open(list)).text.match(/Take back/g)).toHaveLength(4);
    const gone = await press(list, { paper: IDS[1] ?? '', vote: 'none' });
    expect(gone.text).toContain('Your vote is taken back.');
    expect((await votes()).map(({ id }) => id)).toEqual([IDS[0], IDS[4], IDS[7]]);
    await press(list, [
      ['paper', IDS[1] ?? ''],
      ['vote', /name="vote" value="(\w+)">Undo/.exec(gone.text)?.[1] ?? ''],
    ]);
    expect((await votes()).find(({ id }) => id === IDS[1])?.vote).toBe('more');
    for (const fields of [
      {},
      { paper: 'x y', vote: 'more' },
      { paper: 'none', vote: 'more' },
      { paper: IDS[0] ?? '', vote: 'some' },
    ])
      expect(await press(list, fields as Record<string, string>)).toMatchObject({
        status: 422,
        text: expect.stringContaining(`<a href="${list}">Go back</a>`),
      });
    web.clock.set(new Date('2026-06-11T09:20Z'));
    expect((await open(list)).status).toBe(410);
    expect((await press(list, { paper: IDS[0] ?? '', vote: 'none' })).status).toBe(410);
    web.clock.set(new Date('2026-06-11T09:00Z'));
  });
});

describe('picking from twenty', () => {
  test('ticks become votes, and are taken back; none ticked is said', async () => {
    const { text } = await open(`${here}/pick`);
    const offered = [...text.matchAll(/type="checkbox" name="paper" value="([^"]+)"/g)].map(
      ([, id = '']) => id,
    );
    expect(offered).toHaveLength(20);
    const none = await press(`${here}/pick`);
    expect([none.status, none.text.includes('Tick at least one')]).toEqual([422, true]);
    for (const paper of ['2606.99999', 'x'.repeat(10_000), '\u0000'])
      expect((await press(`${here}/pick`, { paper })).status).toBe(422);
    const five = offered.slice(0, 5).sort();
    const picked = await press(
      `${here}/pick`,
      [...five, '2606.99999'].map((id) => ['paper', id]),
    );
    expect(picked.text).toContain('5 papers count as liked');
    expect((await votes()).map(({ id }) => id)).toEqual(five);
    const again = await press(
      `${here}/pick`,
      five.map((id) => ['paper', id]),
    );
    expect(again.text).toContain('You had voted on these before; that stays.');
    expect(again.text).not.toContain('Undo');
    expect(await votes()).toHaveLength(5);
    const undone = await press(`${here}/pick`, fieldsOf(picked.text, UNDO));
    expect(undone.text).toContain('5 papers are taken back.');
    expect(await votes()).toEqual([]);
    // What was voted on before is not among what an undo takes back.
    const [old = '', young = ''] = five;
    await recordVote(web.context, { subscriberId: reader.id, paperId: old, vote: 'more' });
    const both = await press(`${here}/pick`, [
      ['paper', old],
      ['paper', young],
    ]);
    expect((await press(`${here}/pick`, fieldsOf(both.text, UNDO))).text).toContain('1 paper is taken back.');
    expect(await votes()).toEqual([{ id: old, vote: 'more' }]);
  });
});

describe('my own list', () => {
  const bibtex = `@misc{k1, title = {Known}, eprint = {${IDS[3]}}}
@misc{<script>alert(1)</script>, title = {never closed
@misc{k2, title = {{\\"U}ber <b>proteins</b>}}`;

  test('is read, told in numbers, undone', async () => {
    const read = await press(`${here}/library`, { bibtex });
    expect(read.text).toContain(
      '2 papers were read. 1 paper is known here and counts as liked. 1 paper is kept, to learn from.',
    );
    expect(read.text).toContain(
      'Line 2, <bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>: a brace is never closed.',
    );
    expect(read.text).not.toContain('<script>alert');
    expect(await votes()).toEqual([{ id: IDS[3], vote: 'more' }]);
    const again = await press(`${here}/library`, { bibtex });
    expect(again.text).toContain(
      'On 1 paper you had voted before; that stays. 1 paper was in your list before.',
    );
    expect((await press(`${here}/library`, fieldsOf(read.text, UNDO))).text).toContain('Undone');
    expect(await votes()).toEqual([]);
    expect((await press(`${here}/library`, { undo: '2026-06-11T09:00:00.000Z' })).text).toContain(
      'nothing to undo',
    );
  });

  test.each([
    'soon',
    'x'.repeat(10_000),
    '\u0000',
    '-200000-01-01T00:00:00Z',
    '-271821-04-20T00:00:00Z',
    '+200000-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '1999-12-31T23:59:59Z',
    '2101-01-01T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-06-11T::Z',
  ])('a moment %j is none to undo', async (undo) => {
    const { status, text } = await press(`${here}/library`, { undo });
    expect([status, text.includes('What to undo is a moment')]).toEqual([422, true]);
  });

  test('of 500 papers pasted twice: they were there before, not too many', async () => {
    const list = (name: string) =>
      Array.from({ length: 500 }, (_, at) => `@misc{k, title = {${name} ${at}}}`).join('\n');
    await press(`${here}/library`, { bibtex: list('Robots') });
    const again = await press(`${here}/library`, { bibtex: list('Robots') });
    expect(again.text).toContain('500 papers were in your list before.');
    expect(again.text).not.toContain('not fit');
    expect((await press(`${here}/library`, { bibtex: list('Proteins') })).text).toContain(
      '500 papers did not fit',
    );
  });

  test('of keys with control characters is told without them', async () => {
    const { text } = await press(`${here}/library`, { bibtex: '@misc{k\u0007\u001b[1m\u0085, year = 2020}' });
    expect(text).toContain('<bdi>k[1m</bdi>');
  });

  test('of 500,000 characters is read, whatever it is made of; a longer one is said to be too long', async () => {
    const entry = (at: number) =>
      `@misc{k${at}, title = {Über die Größe {${at}}}, note = {${'{=},é'.repeat(150)}}}\n`;
    const list = Array.from({ length: 520 }, (_, at) => entry(at)).join('');
    const fits = await press(`${here}/library`, { bibtex: list.slice(0, 499_999) });
    expect([fits.status, fits.text.includes('500 papers were read.')]).toEqual([200, true]);
    expect(fits.text).toContain('Only the first 500 entries were looked at');
    const long = await press(`${here}/library`, { bibtex: 'x'.repeat(500_001) });
    expect([long.status, long.text.includes('500,000 characters are the most')]).toEqual([422, true]);
    expect((await press(`${here}/library`, { bibtex: 'x'.repeat(1_600_000) })).status).toBe(413);
    expect((await press(`${here}/library`, { bibtex: 'hello' })).text).toContain('no BibTeX entry');
    expect((await press(`${here}/library`)).status).toBe(422);
    // The other forms stay as small as they were.
    expect((await press(`${here}/profile`, { forget: 'x'.repeat(70_000) })).status).toBe(413);
  });
});

test('nothing of it was a fault of ours', () => {
  expect(web.logged.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
});
