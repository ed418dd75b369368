import { load } from 'cheerio';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileDigest } from '../../src/editions/compile.ts';
import { showSubscriber } from '../../src/subscribers/index.ts';
import { QUICK_CHANGES } from '../../src/web/rules/quick-changes.ts';
import { joinDigest, paper, viewOf } from '../editions/fixtures.ts';
import { addReader, dumpTables, NOW, postForm, startTestWeb, type TestWeb } from './support.ts';

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const NAMES = QUICK_CHANGES.map(({ name }) => name);

const read = async (response: Response) => ({ status: response.status, page: load(await response.text()) });
type Shown = Awaited<ReturnType<typeof read>>;
const open = async (token: string, name: string) =>
  read(await fetch(`${web.url}/preferences/${token}/${name}`));
const post = async (token: string, name: string, fields: [string, string][]) =>
  read(
    await fetch(`${web.url}/preferences/${token}/${name}`, {
      method: 'POST',
      body: new URLSearchParams(fields),
    }),
  );

/** The forms of a page by their buttons: what a browser would send, the button's own field last. */
function forms({ page }: Shown): Record<string, [string, string][]> {
  const all = page('main form button').toArray();
  return Object.fromEntries(
    all.map((button) => {
      const fields = page(button)
        .closest('form')
        .find('input, select')
        .toArray()
        .filter((one) => one.attribs.type !== 'checkbox' || 'checked' in one.attribs)
        .map((one): [string, string] => [
          one.attribs.name ?? '',
          one.tagName === 'select' ? String(page(one).val()) : (one.attribs.value ?? ''),
        ]);
      const { name, value = '' } = button.attribs;
      return [page(button).text(), name ? [...fields, [name, value]] : fields];
    }),
  );
}

/** Presses a button of a page that is shown. */
async function press(token: string, name: string, shown: Shown, button: string): Promise<Shown> {
  const fields = forms(shown)[button];
  if (!fields) throw new Error(`There is no button "${button}" but ${Object.keys(forms(shown))}.`);
  return post(token, name, fields);
}
const said = ({ page }: Shown) => page('main [role=status] p').text().trim();

const choices = async (email: string) => {
  const reader = await showSubscriber(web.database.db, email);
  if (!reader) throw new Error(`${email} is not known.`);
  return { ...reader.preferences, pausedUntil: reader.pausedUntil };
};

test('every link of the foot, in both editions and both parts, opens a page; scanners change nothing', async () => {
  const { preferences } = await addReader(web, 'scanned@example.org');
  const before = await dumpTables(web);
  const opened = new Set<string>();
  for (const cadence of ['daily', 'weekly'] as const) {
    const skeleton = await compileDigest(viewOf([paper()], cadence));
    const own = { preferences_url: `${web.url}/preferences/${preferences}` };
    for (const part of ['html', 'text'] as const) {
      const mail = joinDigest(skeleton, part, own);
      const names = [...mail.matchAll(/\/preferences\/[\w-]+\/(\w+)/g)].map(([, name]) => name ?? '');
      expect(names).toHaveLength(7);
      for (const name of names) opened.add(name);
    }
  }
  expect([...opened].sort()).toEqual([...NAMES].sort());
  for (const name of opened) {
    const path = `${web.url}/preferences/${preferences}/${name}`;
    const { status, page } = await open(preferences, name);
    expect([name, status]).toEqual([name, 200]);
    expect(page('main').text()).toContain('Your digest ');
    expect((await fetch(path, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(`${path}?max_papers=1&cadence=weekly&undo=yes`)).status).toBe(200);
  }
  expect(await dumpTables(web)).toBe(before);
});

test.each([
  ['weekly', 'Make it weekly', { cadence: 'weekly' }, 'Your digest comes once a week, on the first of'],
  ['days', 'Monday to Friday', { days: [1, 2, 3, 4, 5] }, 'Your digest comes daily, from Monday to Friday.'],
  ['papers', 'At most 5', { maxPapers: 5 }, 'Your digest holds at most 5 papers.'],
  ['papers', 'At most 20', { maxPapers: 20 }, 'Your digest holds at most 20 papers.'],
  ['abstracts', 'Full abstracts', { abstracts: 'full' }, 'Your digest has full abstracts.'],
  [
    'matches',
    'Only when 3 match',
    { minMatches: 3 },
    'only when at least 3 of the papers match. This counts',
  ],
] as const)('%s: what is so, a press of "%s", a word, and undo', async (name, button, changed, words) => {
  const email = `${button.replaceAll(' ', '-')}@example.org`;
  const { preferences } = await addReader(web, email);
  const before = await choices(email);
  const shown = await open(preferences, name);
  expect(said(shown)).toBe('');
  const knocks = web.knocks();
  const pressed = await press(preferences, name, shown, button);
  expect([pressed.status, web.knocks()]).toEqual([200, knocks + 1]);
  expect(said(pressed)).toContain('Saved.');
  expect(said(pressed)).toContain(words);
  expect(await choices(email)).toEqual({ ...before, ...changed });

  // Gone back and pressed again: what the button said, not the other way round; and the page offers it no more.
  const again = await press(preferences, name, shown, button);
  expect(said(again)).toContain('It was so already.');
  expect(Object.keys(forms(again))).not.toContain('Undo');
  expect(Object.keys(forms(again))).not.toContain(button);
  expect(await choices(email)).toEqual({ ...before, ...changed });

  const undone = await press(preferences, name, pressed, 'Undo');
  expect(said(undone)).toContain('Undone.');
  expect(await choices(email)).toEqual(before);
  await press(preferences, name, pressed, 'Undo');
  expect(await choices(email)).toEqual(before);
});

test('the way back has buttons too: daily, every day, always, short, as many as there are', async () => {
  const email = 'back@example.org';
  const { preferences } = await addReader(web, email);
  const before = await choices(email);
  await postForm(web, `/preferences/${preferences}`, {
    cadence: 'weekly',
    days: '2',
    max_papers: '7',
    min_matches: '4',
    abstracts: 'full',
  });
  for (const [name, button] of [
    ['daily', 'Make it daily'],
    ['days', 'Every day'],
    ['matches', 'Always'],
    ['abstracts', 'Short abstracts'],
    ['papers', 'As many as the edition shows'],
  ] as const)
    expect(said(await press(preferences, name, await open(preferences, name), button))).toContain('Saved.');
  expect(await choices(email)).toEqual(before);
  expect(Object.keys(forms(await open(preferences, 'daily')))).toEqual(['Make it weekly']);
});

test('of two presses at once on different things both are kept', async () => {
  const email = 'both@example.org';
  const { preferences } = await addReader(web, email);
  for (let round = 0; round < 6; round += 1) {
    const [abstracts, papers] = round % 2 === 0 ? (['full', '5'] as const) : (['short', '20'] as const);
    await Promise.all([
      post(preferences, 'abstracts', [['abstracts', abstracts]]),
      post(preferences, 'papers', [['max_papers', papers]]),
      post(preferences, 'matches', [['min_matches', String(round + 1)]]),
    ]);
    expect(await choices(email)).toMatchObject({
      abstracts,
      maxPapers: Number(papers),
      minMatches: round + 1,
    });
  }
});

test('a pause that ends today is none, and does not end another', async () => {
  const { preferences } = await addReader(web, 'yesterday@example.org');
  const paused = await press(preferences, 'pause', await open(preferences, 'pause'), 'Pause for two weeks');
  const until = /paused until [^.]+/.exec(said(paused))?.[0];
  const late = await post(preferences, 'pause', [['paused_until', '2026-01-01']]);
  expect(late.status).toBe(422);
  expect(late.page('#fault').text()).toContain('choose a day from tomorrow on');
  expect((await open(preferences, 'pause')).page('main').text()).toContain(until);
});

test('days and hour are chosen freely, and shown as they are', async () => {
  const email = 'free@example.org';
  const { preferences } = await addReader(web, email, { hour: '6', timezone: 'Asia/Tokyo' });
  const hour = await open(preferences, 'hour');
  expect(forms(hour).Save).toEqual([
    ['hour', '6'],
    ['timezone', 'Asia/Tokyo'],
  ]);
  const moved = await post(preferences, 'hour', [
    ['hour', '20'],
    ['timezone', 'America/New_York'],
  ]);
  expect(said(moved)).toContain('Your digest comes at 20:00 America/New York time.');
  await post(preferences, 'days', [
    ['days', ''],
    ['days', '2'],
    ['days', '7'],
  ]);
  expect(await choices(email)).toMatchObject({ hour: 20, timezone: 'America/New_York', days: [2, 7] });
  expect(forms(await open(preferences, 'days'))['Only on these days']).toEqual([
    ['days', ''],
    ['days', '2'],
    ['days', '7'],
  ]);
  await press(preferences, 'hour', moved, 'Undo');
  expect(await choices(email)).toMatchObject({ hour: 6, timezone: 'Asia/Tokyo', days: [2, 7] });
});

test('two weeks are counted from the day that the reader lives in; another day can be chosen', async () => {
  // At 11:00 UTC it is the day after in Kiritimati.
  const email = 'far@example.org';
  const { preferences } = await addReader(web, email, { timezone: 'Pacific/Kiritimati' });
  web.clock.set(new Date('2026-06-11T11:00Z'));
  const shown = await open(preferences, 'pause');
  expect(shown.page('main').text()).toContain('Your digest is not paused.');
  expect(shown.page('main').text()).toContain('no digest comes before Friday, 26 June 2026');
  expect(shown.page('input[type=date]').attr('min')).toBe('2026-06-13');
  const pressed = await press(preferences, 'pause', shown, 'Pause for two weeks');
  expect(said(pressed)).toContain('Your digest is paused until Friday, 26 June 2026.');
  expect((await choices(email)).pausedUntil).toBe('2026-06-26');
  const later = await post(preferences, 'pause', [['paused_until', '2026-12-24']]);
  expect(said(later)).toContain('Your digest is paused until Thursday, 24 December 2026.');
  // A longer pause is not shortened by "pause"; it can be ended, and that undone.
  const longer = await open(preferences, 'pause');
  expect(Object.keys(forms(longer))).toEqual(['End the pause', 'Pause until then']);
  const ended = await press(preferences, 'pause', longer, 'End the pause');
  expect(said(ended)).toContain('Your digest is not paused.');
  await press(preferences, 'pause', ended, 'Undo');
  expect((await choices(email)).pausedUntil).toBe('2026-12-24');
  // What was undone weeks later goes back to a pause that has ended.
  web.clock.set(new Date('2027-01-11T11:00Z'));
  expect(said(await press(preferences, 'pause', later, 'Undo'))).toContain('Your digest is not paused.');
  expect((await choices(email)).pausedUntil).toBeNull();
  web.clock.set(NOW);
});

test.each([
  ['pause', 'paused_until', '"><script>', 'Give a day from 2000-01-01 to 2100-12-31'],
  ['pause', 'paused_until', '2026-02-31', 'Give a day from 2000-01-01 to 2100-12-31'],
  ['pause', 'paused_until', '0000-01-01', 'Give a day from 2000-01-01 to 2100-12-31'],
  ['pause', 'was', '2026-07-01', 'press one of the buttons'],
  ['weekly', 'cadence', 'hourly', 'Choose daily or weekly.'],
  ['weekly', 'max_papers', '1', 'press one of the buttons'],
  ['days', 'days', '', 'Tick at least one day.'],
  ['days', 'days', '1,8', 'Tick at least one day.'],
  ['hour', 'hour', '24', 'Give a whole number from 0 to 23.'],
  ['hour', 'timezone', 'Mars/<b>', 'Choose a time zone from the list.'],
  ['papers', 'max_papers', '1e9', 'Give a whole number from 1 to 100.'],
  ['abstracts', 'abstracts', '__proto__', 'Choose short or full.'],
  ['matches', 'min_matches', '-3', 'Give a whole number from 1 to 20.'],
])(
  '%s: "%s" with %j gets a sentence and changes nothing, as an undo too',
  async (name, field, value, words) => {
    const { preferences } = await addReader(web, 'odd@example.org');
    const before = await dumpTables(web);
    for (const undo of ['', 'yes']) {
      const { status, page } = await post(preferences, name, [
        [field, value],
        ['undo', undo],
      ]);
      expect([status, page('main script, main b').length]).toEqual([422, 0]);
      expect(page('[role=alert]').text()).toContain(words);
      expect(page('main form button').length).toBeGreaterThan(0);
    }
    expect(await dumpTables(web)).toBe(before);
  },
);

test('forged and foreign links: a page that says so', async () => {
  const { id, unsubscribe } = await addReader(web, 'other@example.org');
  const before = await dumpTables(web);
  for (const token of [unsubscribe, web.links.token('vote', id), 'x', 'A'.repeat(26)])
    for (const name of NAMES) {
      expect((await open(token, name)).status).toBe(404);
      expect((await post(token, name, [['max_papers', '1']])).status).toBe(404);
    }
  expect(await dumpTables(web)).toBe(before);
});
