import { load } from 'cheerio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPreferencesForm } from '../../src/subscribers/index.ts';
import { defaultPreferences } from '../../src/subscribers/rules/preferences.ts';
import { preferencesInWords, undoFields, withoutPastPause } from '../../src/web/rules/preferences-view.ts';
import { addReader, dumpTables, NOW, startTestWeb, stateOf, type TestWeb } from './support.ts';

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
