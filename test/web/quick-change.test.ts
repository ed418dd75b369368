import { afterAll, beforeAll, expect, test } from 'vitest';
import { showSubscriber } from '../../src/subscribers/index.ts';
import { addReader, dumpTables, postForm, startTestWeb, type TestWeb } from './support.ts';

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const open = async (token: string, name: string) => {
  const response = await fetch(`${web.url}/preferences/${token}/${name}`);
  return { status: response.status, text: await response.text() };
};
const press = async (token: string, name: string, fields: Record<string, string> = {}) => {
  const response = await postForm(web, `/preferences/${token}/${name}`, fields);
  return { status: response.status, text: await response.text() };
};
const choices = async (email: string) => {
  const reader = await showSubscriber(web.database.db, email);
  return { cadence: reader?.preferences.cadence, pausedUntil: reader?.pausedUntil };
};
/** The fields of the form that undoes, as a browser would send them. */
const undoOf = (text: string) => {
  const name = text.match(/action="\/preferences\/[^/"]+\/(\w+)"/)?.[1] ?? 'none';
  return { name, fields: { undo: 'yes', was: text.match(/name="was" value="([^"]*)"/)?.[1] ?? 'none' } };
};

test('scanners that open every link of the foot change nothing', async () => {
  const { preferences } = await addReader(web, 'scanned@example.org');
  const before = await dumpTables(web);
  for (const name of ['weekly', 'daily', 'pause']) {
    expect((await open(preferences, name)).status).toBe(200);
    const head = await fetch(`${web.url}/preferences/${preferences}/${name}`, { method: 'HEAD' });
    expect(head.status).toBe(200);
  }
  expect(await dumpTables(web)).toBe(before);
});

test('weekly: one button, a press, a word, and undo', async () => {
  const { preferences } = await addReader(web, 'weekly@example.org');
  const page = await open(preferences, 'weekly');
  expect(page.text).toMatch(/<form method="post">\s*<button type="submit">Make it weekly<\/button>/);
  const knocks = web.knocks();
  const pressed = await press(preferences, 'weekly');
  expect(pressed.text).toContain('Your digest is weekly from now on.');
  expect(web.knocks()).toBe(knocks + 1);
  expect(await choices('weekly@example.org')).toEqual({ cadence: 'weekly', pausedUntil: null });
  expect((await open(preferences, 'weekly')).text).toContain('It is so already');
  const { name, fields } = undoOf(pressed.text);
  expect((await press(preferences, name, fields)).text).toContain('Your digest is daily from now on.');
  expect(await choices('weekly@example.org')).toEqual({ cadence: 'daily', pausedUntil: null });
});

test('two weeks are counted from the day that the reader lives in, and undo brings back what was', async () => {
  // At 11:00 UTC it is the day after in Kiritimati.
  const { preferences } = await addReader(web, 'far@example.org', { timezone: 'Pacific/Kiritimati' });
  web.clock.set(new Date('2026-06-11T11:00Z'));
  expect((await open(preferences, 'pause')).text).toContain('Friday, 26 June');
  const pressed = await press(preferences, 'pause');
  expect(pressed.text).toMatch(/paused until Friday, 26 June/);
  expect(await choices('far@example.org')).toEqual({ cadence: 'daily', pausedUntil: '2026-06-26' });
  // Pressed twice, it is still not paused after the undo.
  const { name, fields } = undoOf((await press(preferences, 'pause')).text);
  expect((await press(preferences, name, fields)).text).toContain('not paused any more');
  expect(await choices('far@example.org')).toEqual({ cadence: 'daily', pausedUntil: null });
  await postForm(web, `/preferences/${preferences}`, { paused_until: '2026-12-24' });
  // A longer pause stays, and is not this button's to undo.
  expect((await press(preferences, 'pause')).text).not.toContain('Undo');
  expect((await choices('far@example.org')).pausedUntil).toBe('2026-12-24');
});

test('where nothing changed there is nothing to undo', async () => {
  const { preferences } = await addReader(web, 'same@example.org');
  expect((await press(preferences, 'daily')).text).not.toContain('Undo');
  expect((await press(preferences, 'weekly')).text).toContain('Undo');
  expect((await press(preferences, 'weekly')).text).not.toContain('Undo');
});

test('a pause that ended long ago is none', async () => {
  web.clock.set(new Date('2026-06-11T11:00Z'));
  const { preferences } = await addReader(web, 'ended@example.org');
  await press(preferences, 'pause');
  web.clock.set(new Date('2026-09-11T11:00Z'));
  const pressed = await press(preferences, 'pause');
  expect(pressed.text).toMatch(/paused until Friday, 25 September/);
  expect(undoOf(pressed.text).fields.was).toBe('');
  expect((await press(preferences, 'pause', { undo: 'yes', was: '2026-06-25' })).text).toContain(
    'not paused any more',
  );
});

test.each(['"><script>', '2026-02-31', '9999-99-99', '0000-01-01', '2101-01-01', 'soon'])(
  'an undo that carries %j is no date',
  async (was) => {
    const { preferences } = await addReader(web, 'odd@example.org');
    const pressed = await press(preferences, 'pause', { undo: 'yes', was });
    expect([pressed.status, pressed.text.includes('<script>"')]).toEqual([422, false]);
    expect(pressed.text).toContain('Give a day from 2000-01-01 to 2100-12-31');
    expect((await choices('odd@example.org')).pausedUntil ?? null).toBeNull();
  },
);

test('forged and foreign links: a page that says so', async () => {
  const { unsubscribe } = await addReader(web, 'other@example.org');
  for (const token of [unsubscribe, 'x', 'A'.repeat(26)])
    for (const name of ['weekly', 'daily', 'pause']) {
      expect((await open(token, name)).status).toBe(404);
      expect((await press(token, name)).status).toBe(404);
    }
});
