import { load } from 'cheerio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setInterests } from '../support/interests.ts';
import { addReader, dumpTables, insertEdition, insertPaper, startTestWeb, type TestWeb } from './support.ts';

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const post = (path: string, fields: [string, string][]) =>
  fetch(`${web.url}${path}`, { method: 'POST', body: new URLSearchParams(fields) });

/** The fields of the form as a browser sends them, by the button "Save". */
function fieldsOfForm(html: string): [string, string][] {
  const page = load(html);
  return page('form.settings :is(input, select, textarea)')
    .toArray()
    .flatMap((field): [string, string][] => {
      const one = page(field);
      const type = one.attr('type');
      if ((type === 'checkbox' || type === 'radio') && one.attr('checked') === undefined) return [];
      const value = field.tagName === 'select' ? one.find('[selected]').attr('value') : one.val();
      return [[one.attr('name') ?? '', String(value ?? '')]];
    });
}

const interestsOf = (token: string) =>
  web.database.db
    .query<{ kind: string; value: string }>(
      'test: interests',
      'select kind, value from interests where subscriber_id = $1 order by kind, value',
      [web.links.read('preferences', token)],
    )
    .then((rows) => rows.map(({ kind, value }) => `${kind} ${value}`));

describe('what to follow', () => {
  const HOSTILE = [
    ['searches', '"<script>alert(1)</script>" & {{ site.name }}'],
    ['authors', "Eve &amp 'M' Mallory"],
    ['organisations', "' onfocus alert(2)"],
  ] as const;

  test('is saved, said in words, undone and redone; hostile names are only names', async () => {
    const { preferences } = await addReader(web, 'follow@example.org');
    const path = `/preferences/${preferences}`;
    const saved = await post(path, [
      ['topics', ''],
      ['topics', 'robotics'],
      ['topics', 'Reasoning'],
      ...HOSTILE.map(([name, value]): [string, string] => [name, value]),
      ['categories', 'cs.CL\r\ncs.RO'],
      ['min_matches', '3'],
      ['abstracts', 'full'],
    ]);
    expect(saved.status).toBe(200);
    const html = await saved.text();
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/Eve &amp 'M'|value='' onfocus/);
    const page = load(html);
    expect(page('.saved p').text()).toContain(
      'with full abstracts. It comes only when at least 3 of the papers match. You follow the topics Robotics and embodied AI and Reasoning; ' +
        'the search “"<script>alert(1)</script>" & {{ site.name }}”; ' +
        "the author Eve &amp 'M' Mallory; the organisation ' onfocus alert(2); the arXiv categories cs.CL and cs.RO.",
    );
    const followed = [
      "author Eve &amp 'M' Mallory",
      'category cs.CL',
      'category cs.RO',
      "organisation ' onfocus alert(2)",
      'search "<script>alert(1)</script>" & {{ site.name }}',
      'topic reasoning',
      'topic robotics',
    ];
    expect(await interestsOf(preferences)).toEqual(followed);

    // What the page shows is what is stored: saving it again changes nothing.
    const again = load(await (await post(path, fieldsOfForm(html))).text());
    expect(again('.saved form')).toHaveLength(0);
    expect(await interestsOf(preferences)).toEqual(followed);

    const undo = page('.saved form input')
      .toArray()
      .map((field): [string, string] => [page(field).attr('name') ?? '', String(page(field).val())]);
    const undone = load(await (await post(path, undo)).text());
    expect(undone('.saved').text()).toContain('You follow nothing in particular');
    expect(await interestsOf(preferences)).toEqual([]);
    const redo = undone('.saved form input')
      .toArray()
      .map((field): [string, string] => [undone(field).attr('name') ?? '', String(undone(field).val())]);
    await post(path, redo);
    expect(await interestsOf(preferences)).toEqual(followed);
    // A form without these fields leaves them as they are.
    await post(path, [['hour', '9']]);
    expect(await interestsOf(preferences)).toEqual(followed);
  });

  test('is checked as at sign-up, and nothing of a refused form is saved', async () => {
    const { preferences } = await addReader(web, 'checked@example.org');
    const before = await dumpTables(web);
    for (const [fields, words] of [
      [[['topics', '<script>alert(1)</script>']], /<script>.*This topic is not known/],
      [[['searches', 'fine\na OR']], /“a OR”: OR stands/],
      [[['categories', 'not one']], /“not one”: Give an arXiv category/],
      [[['authors', Array.from({ length: 1000 }, (_, at) => `A${at}`).join('\n')]], /Keep to 50 interests/],
      [[['authors', '</textarea><b>Eve "M" Mallory</b>']], /Write a name with letters/],
      [[['min_matches', '21']], /1 to 20/],
      [[['abstracts', 'none']], /Choose short or full/],
    ] as [[string, string][], RegExp][]) {
      const answer = await post(`/preferences/${preferences}`, [...fields, ['hour', '3']]);
      const html = await answer.text();
      expect([answer.status, html.match(/<script/g)?.length]).toEqual([422, 1]);
      const page = load(html);
      expect(page('main .error, main .note.bad').text()).toMatch(words);
      expect(page('#hour [selected]').attr('value')).toBe('3');
      const [[name, value] = ['', '']] = fields;
      if (name !== 'topics' && name !== 'authors' && name !== 'abstracts')
        expect(page(`[name=${name}]`).val()).toBe(value);
    }
    expect(await dumpTables(web)).toBe(before);
  });

  test('what was stored under older rules can be kept, and let go', async () => {
    const { id, preferences } = await addReader(web, 'older@example.org');
    await web.database.db.query(
      'test: older',
      `insert into interests (subscriber_id, kind, value) values ($1, 'topic', 'basketry (old)'), ($1, 'topic', 'Robotics and embodied AI')`,
      [id],
    );
    const path = `/preferences/${preferences}`;
    const html = await (await fetch(`${web.url}${path}`)).text();
    expect(load(html)('input[name=topics]:checked').toArray()).toHaveLength(2);
    expect((await post(path, [...fieldsOfForm(html), ['searches', 'agents']])).status).toBe(200);
    expect(await interestsOf(preferences)).toEqual([
      'search agents',
      'topic basketry (old)',
      'topic robotics',
    ]);
    await post(path, [
      ['topics', ''],
      ['topics', 'robotics'],
    ]);
    expect(await interestsOf(preferences)).toEqual(['search agents', 'topic robotics']);
  });
});

describe('a preview', () => {
  test('tries what was typed on the newest edition, for this reader, and saves nothing', async () => {
    const { id, preferences } = await addReader(web, 'try@example.org');
    await setInterests(web.database.db, id, [{ kind: 'topic', value: 'robotics' }]);
    const papers = ['Robots that fold', 'Proteins that bind', 'Plain things', 'Speech in noise'];
    for (const [at, title] of papers.entries())
      await insertPaper(web, { id: `2606.2000${at}`, day: '2026-06-10', title, upvotes: 20 - at });
    await insertEdition(web, {
      cadence: 'daily',
      date: '2026-06-10',
      papers: papers.map((_, at) => `2606.2000${at}`),
      more: 2,
    });
    const path = `/preferences/${preferences}`;
    const before = await dumpTables(web);

    for (const method of ['GET', 'HEAD'])
      expect((await fetch(`${web.url}${path}?preview=1&topics=video`, { method })).status).toBe(200);
    const shown = load(await (await fetch(`${web.url}${path}`)).text());
    expect(shown('.tried').text()).toContain('these 2 papers, 1 of them by your choices.');
    expect(shown('.tried').text()).not.toContain('Not saved');
    expect(
      shown('.preview li')
        .map((_, item) => shown(item).text().replace(/\s+/g, ' ').trim())
        .get(),
    ).toEqual(['Robots that fold Topic: Robotics and embodied AI', 'Proteins that bind']);

    const tryOut = async (fields: [string, string][]) =>
      load(await (await post(path, [...fields, ['preview', '1']])).text());
    const speech = await tryOut([
      ['topics', ''],
      ['searches', 'speech'],
      ['max_papers', '3'],
      ['hour', '22'],
    ]);
    expect(speech('.tried').text()).toContain('Not saved yet.');
    expect(speech('.tried').text()).toContain('these 3 papers, 1 of them by your choices.');
    expect(speech('.preview li').first().text()).toContain('Matches speech');
    expect(speech('#hour [selected]').attr('value')).toBe('22');
    expect(speech('#searches').val()).toBe('speech');
    expect(speech('input[name=topics]:checked')).toHaveLength(0);

    const few = await tryOut([['min_matches', '3']]);
    expect(few('.tried').text()).toContain(
      'Yesterday there would have been no mail, since only 1 of at least 3 matched.',
    );
    expect(few('.preview li')).toHaveLength(0);
    const loose = await tryOut([['searches', 'lovelace']]);
    expect(loose('.hint').text()).toBe('“lovelace” finds all 4 papers: as good as no filter.');
    const weekly = await tryOut([['cadence', 'weekly']]);
    expect(weekly('.tried').text()).toContain('There is no weekly edition yet');
    expect(await dumpTables(web)).toBe(before);
    const links = shown('main a')
      .map((_, link) => shown(link).attr('href'))
      .get();
    for (const part of ['profile', 'pick', 'library', 'prove']) expect(links).toContain(`${path}/${part}`);
  });
});
