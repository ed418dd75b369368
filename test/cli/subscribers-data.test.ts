import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { paperboyHere } from './run.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const run = (words: string) =>
  paperboyHere(words, {
    folder: tmpdir(),
    environment: { DATABASE_URL: database.url, SECRET_KEY: 'k'.repeat(32), ADMIN_TOKEN: 't'.repeat(32) },
  });

it('subscribers export and erase: what is kept goes out, then away, and stays away', async () => {
  await run('subscribers add ada@example.org --days mon,fri --max-papers 5');
  await run('subscribers add =cmd@example.org');
  await run('subscribers add left@example.org');
  await run('subscribers unsubscribe left@example.org');

  const all = await run('subscribers export');
  const [header, ...lines] = all.out.trim().split('\n');
  expect(header).toBe(
    'email,cadence,days,hour,timezone,max_papers,min_matches,abstracts,topics,searches,authors,organisations,categories,paused_until,state,created_at,confirmed_at',
  );
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^ada@example\.org,daily,1 5,7,UTC,5,,short,,,,,,,active,20/);
  expect(lines[1]).toMatch(/^'=cmd@example\.org,/);
  expect((await run('subscribers export --state unsubscribed')).out).toContain('\nleft@example.org,');

  const one = await run('subscribers export Ada@example.org');
  expect(JSON.parse(one.out)).toMatchObject({
    subscriber: { email: 'ada@example.org' },
    consents: [{ step: 'imported', emailTyped: 'ada@example.org' }],
    deliveries: [],
  });
  expect((await run('subscribers export nobody@example.org')).code).toBe(1);

  expect(await run('subscribers erase ada@example.org')).toMatchObject({ code: 2, out: '' });
  expect((await run('subscribers erase ada@example.org --dry-run')).out).toMatch(/^Dry run/);
  expect((await run('subscribers show ada@example.org')).code).toBe(0);
  expect(await run('subscribers erase ada@example.org --yes')).toMatchObject({ code: 0 });
  expect((await run('subscribers show ada@example.org')).code).toBe(1);
  const again = await run('subscribers add ada@example.org');
  expect(again).toMatchObject({ code: 1 });
  expect(again.err).toContain('been erased');
  expect((await run('subscribers erase ada@example.org --yes')).code).toBe(1);
});

it('subscribers import and add take what is followed, checked as on the page; an export brings it all back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'paperboy-import-'));
  try {
    const path = join(folder, 'readers.csv');
    const header = 'email,min_matches,abstracts,topics,searches,authors,organisations,categories';
    const lines = [
      header,
      'own@example.com,2,full,Robotics and embodied AI; whale song,"-agents ""large model""; a\\;b \\\\ c",José Ångström;Ada Lovelace; ada lovelace ,Mila,cs.CL;stat',
      'open@example.com,,,,"""open",,,',
      'author@example.com,,,,,<script>,,',
      'few@example.com,21,,,,,,',
      'long@example.com,,long,,,,,',
      `many@example.com,,,,${Array.from({ length: 51 }, (_, n) => `word${n}`).join(';')},,,`,
      `sum@example.com,,,robotics,${Array.from({ length: 50 }, (_, n) => `word${n}`).join(';')},,,`,
      `wide@example.com,,,,${'x'.repeat(201)},,,`,
      'plain@example.com,,,,,,,',
      'split@example.com,,,,,,,,loose',
    ];
    await writeFile(path, lines.join('\n'));
    const imported = await run(`subscribers import ${path}`);
    expect(imported.code).toBe(1);
    expect(imported.out).toContain('10 lines: 2 added');
    expect(imported.err.trim().split('\n')).toEqual([
      expect.stringMatching(/^line 3: The column searches: .*quotation mark is missing/),
      expect.stringMatching(/^line 4: The column authors: “<script>”: Write a name/),
      'line 5: The column min_matches must hold a whole number from 1 to 20, or nothing.',
      'line 6: The column abstracts must hold short or full, or nothing.',
      'line 7: The column searches: Keep to 50 entries.',
      'line 8: Keep to 50 interests; these are 51. A topic may stand for several searches.',
      'line 9: The column searches: Keep each entry to 200 characters.',
      'line 11: This line has more cells than the first line names; put a cell with separators in quotes.',
    ]);
    const preferencesOf = async (email: string) =>
      JSON.parse((await run(`subscribers show ${email} --json`)).out).preferences;
    const own = await preferencesOf('own@example.com');
    expect(own).toMatchObject({
      minMatches: 2,
      abstracts: 'full',
      topics: ['robotics'],
      searches: ['"whale song"', '-agents "large model"', 'a;b \\ c'],
      authors: ['Ada Lovelace', 'José Ångström'],
      organisations: ['Mila'],
      categories: ['cs.CL', 'stat'],
    });
    expect(
      await database.db.query('test: followed', "select from followed where key = 'ada lovelace'"),
    ).toHaveLength(1);

    // Out and in again, into a house that knows nobody; but for those who left.
    await database.db.query(
      'test: pause',
      "update subscribers set paused_until = '2090-01-01' where email = $1",
      ['plain@example.com'],
    );
    await writeFile(path, (await run('subscribers export')).out);
    const gonePath = join(folder, 'gone.csv');
    await writeFile(gonePath, (await run('subscribers export --state unsubscribed')).out);
    await database.db.query('test: empty', 'truncate subscribers, consents, followed cascade');
    expect(await run(`subscribers import ${path}`)).toMatchObject({ code: 0, err: '' });
    expect(await preferencesOf('own@example.com')).toEqual(own);
    expect(await preferencesOf('plain@example.com')).toMatchObject({ minMatches: null, searches: [] });
    expect(JSON.parse((await run('subscribers show plain@example.com --json')).out).pausedUntil).toBe(
      '2090-01-01',
    );
    expect(await run(`subscribers import ${gonePath}`)).toMatchObject({
      code: 1,
      out: expect.stringContaining('1 lines: 0 added'),
      err: 'line 2: This reader is "unsubscribed" there; only active readers are imported. If the column means something else, name it otherwise.\n',
    });
    expect((await run('subscribers show left@example.org')).code).toBe(1);

    await writeFile(path, 'email,Company,Organizations,Notes\nalias@example.com,ACME,Mila,new\n');
    expect(await run(`subscribers import ${path}`)).toMatchObject({
      code: 0,
      err: 'Not read: the columns Company, Notes.\n',
    });
    expect(await preferencesOf('alias@example.com')).toMatchObject({ organisations: ['Mila'] });
    await writeFile(path, '');
    expect(await run(`subscribers import ${path}`)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^line 1: The file is empty\. .*columns/),
    });
    expect((await run('subscribers show =cmd@example.org')).code).toBe(0);

    const add = 'subscribers add added@example.com --min-matches 3 --abstracts full';
    expect(await run(`${add} --searches open" --categories cs;nonsense`)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--searches: .*quotation mark.*--categories: .*arXiv category/s),
    });
    expect(await run(`${add} --hour 99 --authors %%% --cadence never`)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--cadence: Choose.*--hour: Give.*--authors: .*needs a letter/s),
    });
    expect((await run('subscribers add loud@example.com --abstracts FULL --cadence Weekly')).code).toBe(0);
    expect(await preferencesOf('loud@example.com')).toMatchObject({ abstracts: 'full', cadence: 'weekly' });
    expect((await run(`${add} --topics robotics --authors Lovelace;Turing`)).code).toBe(0);
    expect(await preferencesOf('added@example.com')).toMatchObject({
      minMatches: 3,
      abstracts: 'full',
      topics: ['robotics'],
      authors: ['Lovelace', 'Turing'],
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
