import { load } from 'cheerio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPreferencesForm } from '../../src/subscribers/index.ts';
import { defaultPreferences } from '../../src/subscribers/rules/preferences.ts';
import { preferencesInWords, undoFields, withoutPastPause } from '../../src/web/rules/preferences-view.ts';
import { setInterests } from '../support/interests.ts';
import {
  addReader,
  dumpTables,
  insertEdition,
  insertPaper,
  NOW,
  startTestWeb,
  stateOf,
  type TestWeb,
} from './support.ts';

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const post = (path: string, fields: [string, string][]) =>
  fetch(`${web.url}${path}`, { method: 'POST', body: new URLSearchParams(fields) });

/** The fields of the form with the button "Undo", as a browser sends them. */
function fieldsOfUndo(page: string): [string, string][] {
  const form = /<div class="note saved"[\s\S]*?<form method="post">([\s\S]*?)<\/form>/.exec(page)?.[1] ?? '';
  return [...form.matchAll(/name="([^"]*)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
}

const choices = (token: string) =>
  web.database.db
    .query<Record<string, unknown>>(
      'test: choices',
      `select cadence, days, hour, timezone, max_papers, paused_until from subscribers where id = $1`,
      [web.links.read('preferences', token)],
    )
    .then(([row]) => row);

describe('a change is confirmed in words and can be undone', () => {
  test('saved, undone, changed again: no state is kept but the choices', async () => {
    const { preferences } = await addReader(web, 'undo@example.org', {
      hour: '6',
      timezone: 'Europe/Berlin',
    });
    const path = `/preferences/${preferences}`;
    const before = await choices(preferences);
    const saved = await (
      await post(path, [
        ['cadence', 'weekly'],
        ['days', ''],
        ['days', '1'],
        ['days', '5'],
        ['hour', '20'],
        ['timezone', 'America/New_York'],
        ['max_papers', '3'],
        ['paused_until', '2026-07-01'],
      ])
    ).text();
    expect(saved).toContain(
      'Your digest comes once a week, on the first of your days from Monday on (Mondays and Fridays), at 20:00 America/New York time, with at most 3 papers. None comes before Wednesday, 1 July 2026.',
    );
    const changed = await choices(preferences);
    expect(changed).not.toEqual(before);
    const undone = await (await post(path, fieldsOfUndo(saved))).text();
    expect(undone).toContain(
      '<strong>Undone.</strong> <bdi>Your digest comes daily, on any day, at 06:00 Europe/Berlin time.',
    );
    expect(await choices(preferences)).toEqual(before);
    await post(path, fieldsOfUndo(undone));
    expect(await choices(preferences)).toEqual(changed);
  });

  test('only what was changed is put back; saved without a change, there is nothing to undo', async () => {
    const { preferences } = await addReader(web, 'two@example.org');
    const path = `/preferences/${preferences}`;
    const first = await (await post(path, [['hour', '9']])).text();
    expect(fieldsOfUndo(first)).toEqual([
      ['undo', '1'],
      ['hour', '7'],
    ]);
    await post(path, [['max_papers', '5']]);
    await post(path, fieldsOfUndo(first));
    expect(await choices(preferences)).toMatchObject({ hour: 7, max_papers: 5 });
    const same = await (await post(path, [['hour', '7']])).text();
    expect(same).toContain('<strong>Saved.</strong>');
    expect(fieldsOfUndo(same)).toEqual([]);
  });

  test('what an undo posts is checked as any form is', async () => {
    const { preferences } = await addReader(web, 'bad@example.org');
    const before = await dumpTables(web);
    const answer = await post(`/preferences/${preferences}`, [
      ['undo', '1'],
      ['hour', '99'],
    ]);
    expect(answer.status).toBe(422);
    expect(await dumpTables(web)).toBe(before);
    expect(web.logged.join()).not.toMatch(/example\.org/);
    expect(web.logged.join()).not.toContain(preferences);
  });

  test('a day that no pause can end on is refused; one that is past is no pause, and is not repeated', async () => {
    const { id, preferences } = await addReader(web, 'past@example.org');
    const path = `/preferences/${preferences}`;
    for (const day of ['0000-01-01', '1999-12-31', '2101-01-01', '2026-02-31']) {
      const answer = await post(path, [['paused_until', day]]);
      expect([day, answer.status]).toEqual([day, 422]);
      const page = load(await answer.text());
      expect(page('#pause-error').text()).toContain('Give a day from 2000-01-01 to 2100-12-31');
      expect(page('#paused_until').attr('aria-describedby')).toBe('pause-hint pause-error');
    }
    const saved = await (await post(path, [['paused_until', '2026-06-11']])).text();
    expect(saved).toContain('<strong>Saved.</strong>');
    expect(saved).not.toContain('None comes before');
    expect(fieldsOfUndo(saved)).toEqual([]);
    // Stored, and ended since.
    await post(path, [['paused_until', '2026-06-12']]);
    const { clock } = web;
    clock.set(new Date('2026-09-01T09:00Z'));
    try {
      const shown = await (await fetch(`${web.url}${path}`)).text();
      expect(load(shown)('#paused_until').val()).toBe('');
      expect(shown).not.toContain('Your digest is paused');
      expect(await (await post(path, [['hour', '8']])).text()).not.toContain('None comes before');
    } finally {
      clock.set(NOW);
    }
    expect(await stateOf(web, id)).toBe('active');
  });

  test('a least number of matches counts only where there is something to match', async () => {
    const { preferences } = await addReader(web, 'least@example.org');
    const path = `/preferences/${preferences}`;
    const later = 'This counts once you follow something or have voted.';
    const nothing = load(await (await post(path, [['min_matches', '5']])).text());
    expect(nothing('.saved').text()).toContain(`at least 5 of the papers match. ${later}`);
    expect(nothing('#min-hint').text()).toContain(later);
    const some = await (await post(path, [['topics', 'robotics']])).text();
    expect(some).not.toContain(later);
  });

  test('faults are named where they are; what no list has leaves the choice as it was', async () => {
    const { preferences } = await addReader(web, 'named@example.org', { timezone: 'Asia/Tokyo', hour: '6' });
    const fields: [string, string][] = [
      ['timezone', 'Nope'],
      ['hour', '99'],
      ['days', ''],
      ['cadence', 'hourly'],
      ['abstracts', 'none'],
      ['topics', 'basketry'],
      ['max_papers', '500'],
    ];
    for (const preview of [false, true]) {
      const sent: [string, string][] = preview ? [...fields, ['preview', '1']] : fields;
      const answer = await post(`/preferences/${preferences}`, sent);
      expect(answer.status).toBe(preview ? 200 : 422);
      const page = load(await answer.text());
      expect(page('main').text().includes('Nothing was saved')).toBe(!preview);
      expect(page('#days-error').text()).toBe('Tick at least one day.');
      expect(page('#timezone-error').text()).toBe('Choose a time zone from the list.');
      expect(page('#hour-error').text()).toContain('0 to 23');
      expect(page('#max-error').text()).toContain('1 to 100');
      for (const error of page('.error').toArray())
        expect(page(`[aria-describedby~="${page(error).attr('id')}"]`)).toHaveLength(1);
      expect(page('[aria-invalid]')).toHaveLength(3);
      expect(page('#timezone [selected]').attr('value')).toBe('Asia/Tokyo');
      expect(page('#hour [selected]').attr('value')).toBe('6');
    }
  });

  test("what is asked for on the way to one's data leaves no address and no token in the log", async () => {
    const { preferences } = await addReader(web, 'quiet@example.org');
    await post(`/preferences/${preferences}/prove`, []);
    const [proof] = await web.database.db.query<{ id: number }>(
      'test: proof',
      'select max(id) as id from proofs',
    );
    const token = web.links.token('proof', proof?.id ?? 0);
    for (const page of ['', '/digests', '/data.json']) {
      const answer = await fetch(`${web.url}/proof/${token}${page}`);
      expect([page, answer.status]).toEqual([page, 200]);
      expect((await answer.text()).includes('quiet@example.org')).toBe(page === '/data.json');
    }
    expect((await post(`/proof/${token}/erase`, [])).status).toBe(200);
    expect((await fetch(`${web.url}/proof/${token}`)).status).toBe(404);
    const log = web.logged.join();
    expect(log).toContain('/proof/:token/erase');
    for (const secret of ['example.org', token, preferences]) expect(log).not.toContain(secret);
  });

  test('every field goes there and back', () => {
    const one = { preferences: defaultPreferences, pausedUntil: null };
    const other = {
      preferences: {
        ...defaultPreferences,
        cadence: 'weekly' as const,
        days: [2],
        hour: 23,
        timezone: 'Asia/Tokyo',
        maxPapers: 1,
        topics: ['a', '"b" & <c>'],
        authors: ['Ada Lovelace'],
      },
      pausedUntil: '2026-07-01',
    };
    for (const [former, saved] of [
      [one, other],
      [other, one],
    ] as const) {
      const form: Record<string, string[]> = {};
      for (const { name, value } of undoFields(former, saved)) form[name] = [...(form[name] ?? []), value];
      expect(readPreferencesForm(form, saved)).toEqual({ ok: true, value: former });
    }
    expect(undoFields(one, one)).toEqual([]);
    const weekly = (days: number[]) =>
      preferencesInWords({ ...other, preferences: { ...other.preferences, days } });
    expect(weekly([1, 2, 3, 4, 5, 6, 7])).toContain('the first of your days from Monday on (all days), at');
    expect(weekly([1, 2, 3, 4, 5])).toContain('from Monday on (Monday to Friday), at');
    // In Honolulu it is the day before still.
    const paused = (timezone: string) =>
      withoutPastPause(
        { preferences: { ...defaultPreferences, timezone }, pausedUntil: '2026-06-11' },
        new Date('2026-06-11T05:00Z'),
      ).pausedUntil;
    expect([paused('Pacific/Honolulu'), paused('UTC')]).toEqual(['2026-06-11', null]);
    expect(preferencesInWords(other)).toContain('once a week, on Tuesdays, at 23:00 Asia/Tokyo time');
    expect(preferencesInWords(other)).toContain('at most one paper.');
    expect(preferencesInWords(other)).toContain(
      'You follow the topics a and "b" & <c>; the author Ada Lovelace.',
    );
  });
});

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
