import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setInterests } from '../support/interests.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { makeItem, startUpstream, type Upstream } from '../support/upstream.ts';
import { type Ended, paperboy, paperboyHere } from './run.ts';

// The verbs as an operator runs them, one after another, on one database; each at least once as a process of its own.

const DAY = '2026-11-19';
const BEFORE = '2026-11-18T12:00:00Z';
let folder: string;
let database: TestDatabase;
let upstream: Upstream;
let smtp: SMTPServer;
const mails: { to: string; text: string }[] = [];
let environment: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paperboy-verbs-'));
  database = await testDatabase();
  upstream = await startUpstream();
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      let text = '';
      stream.on('data', (data: Buffer) => {
        text += data.toString();
      });
      stream.on('end', () => {
        mails.push({ to: session.envelope.rcptTo.map((to) => to.address).join(), text });
        done();
      });
    },
  });
  await new Promise<void>((listening) => smtp.listen(0, '127.0.0.1', listening));
  environment = {
    DATABASE_URL: database.url,
    HUGGINGFACE_URL: upstream.url,
    SMTP_URL: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
    SECRET_KEY: 'a key for these tests that signs nothing real',
    ADMIN_TOKEN: 'a token for these tests',
    DATA_DIR: join(folder, 'data'),
  };
});
afterAll(async () => {
  await new Promise<void>((closed) => smtp.close(() => closed()));
  await upstream.close();
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

const apart = (words: string, input?: string): Promise<Ended> =>
  paperboy(words, { folder, environment, ...(input !== undefined && { input }) });
const run = (words: string): Promise<Ended> => paperboyHere(words, { folder, environment });
const ok = (out: string | RegExp) => ({
  code: 0,
  out: typeof out === 'string' ? expect.stringContaining(out) : expect.stringMatching(out),
  err: '',
});

describe('the verbs', () => {
  it('migrate is safe to run again, and at once', async () => {
    const [dry, ...both] = await Promise.all([run('migrate --dry-run'), apart('migrate'), apart('migrate')]);
    expect(dry).toMatchObject(ok('Dry run: nothing was changed.\nThe database is up to date.'));
    expect(both).toMatchObject([ok('up to date'), ok('up to date')]);
  });

  it('ingest reads a source and a file, reports each bad item, and keeps nothing in a dry run', async () => {
    upstream.setDay(DAY, [
      makeItem({ id: '2611.10001', day: DAY, title: 'The most loved paper', upvotes: 90 }),
      makeItem({ id: '2611.10002', day: DAY, title: 'Escape \u001b[31m codes', upvotes: 5 }),
      makeItem({ id: 'no id', day: DAY }),
    ]);
    const file = join(folder, '2026-11-20.json');
    await writeFile(file, JSON.stringify([makeItem({ id: '2611.10003', day: '2026-11-20' })]));
    const dry = await run(`ingest --date ${DAY} --dry-run`);
    expect(dry).toMatchObject({
      code: 0,
      out: expect.stringMatching(/huggingface +2026-11-19 +stored +2 +2 +1/),
    });
    expect(await database.db.query('papers', 'select from papers')).toHaveLength(0);

    const [source, path, missing] = await Promise.all([
      apart(`ingest --source huggingface --date ${DAY} --json`),
      run(`ingest --file ${file}`),
      run(`ingest --file ${join(folder, 'nothing')}`),
    ]);
    expect(source.code).toBe(0);
    expect(JSON.parse(source.out)).toMatchObject({
      dryRun: false,
      rows: [{ source: 'huggingface', day: DAY, outcome: 'stored', papers: 2, fresh: 2, faults: [{}] }],
    });
    expect(path).toMatchObject(ok(/2026-11-20 +stored +1 +1 +0/));
    expect(missing.code).toBe(1);
    expect(await database.db.query('papers', 'select from papers')).toHaveLength(3);
  });

  it('subscribers add, import, show, list and unsubscribe', async () => {
    const csv = [
      'email,hour,timezone',
      'grace@example.org,8,America/New_York',
      'not an address,8,UTC',
      'emmy@example.org,25,UTC',
      'GRACE@example.org,9,UTC',
      'alan@example.org,,',
    ].join('\n');
    const rehearsed = await Promise.all([
      apart('subscribers import - --dry-run', csv),
      run('subscribers add ada@example.org --dry-run'),
    ]);
    expect(rehearsed[0]).toMatchObject({
      code: 1,
      out: 'Dry run: nothing was changed.\n5 lines: 2 added, 1 known already, 0 have left, 0 suppressed, 2 not usable.\n',
      err: expect.stringMatching(/^line 3: .+\nline 4: .+\n$/),
    });
    expect(rehearsed[1]).toMatchObject(ok('Dry run: nothing was changed.\nAdded ada@example.org.'));
    expect(await database.db.query('readers', 'select from subscribers')).toHaveLength(0);

    const path = join(folder, 'readers.csv');
    await writeFile(path, csv);
    const [imported, added, malformed, gone] = await Promise.all([
      run(`subscribers import ${path} --json --now ${BEFORE}`),
      run(
        `subscribers add ada@example.org --days mon,tue,wed,thu,fri --hour 6 --max-papers 1 --now ${BEFORE}`,
      ),
      run('subscribers add nobody@nowhere@example.org'),
      run('subscribers import no-such.csv'),
    ]);
    expect(imported.code).toBe(1);
    expect(JSON.parse(imported.out)).toMatchObject({
      lines: 5,
      added: 2,
      existing: 1,
      faults: [{ line: 3 }, { line: 4 }],
    });
    expect(added).toMatchObject(ok('Added ada@example.org.'));
    expect(malformed).toMatchObject({ code: 2, out: '' });
    expect(gone).toMatchObject({ code: 1, err: expect.stringContaining('Name a CSV file') });

    const [shown, unknown, left, twice] = await Promise.all([
      run('subscribers show Ada@Example.org --json'),
      run('subscribers show eve@example.org'),
      run('subscribers unsubscribe alan@example.org'),
      run('subscribers add ada@example.org'),
    ]);
    expect(JSON.parse(shown.out)).toMatchObject({
      email: 'ada@example.org',
      state: 'active',
      preferences: { days: [1, 2, 3, 4, 5], hour: 6, maxPapers: 1 },
      consents: [{ step: 'imported', page: 'cli' }],
    });
    expect(unknown).toMatchObject({ code: 1, out: '', err: 'eve@example.org is not known here.\n' });
    expect(left).toMatchObject(ok('gets no more mail'));
    expect(twice).toMatchObject(ok('is active already'));

    const [list, text, back] = await Promise.all([
      run('subscribers list --state active --json'),
      run('subscribers list'),
      run('subscribers add alan@example.org'),
    ]);
    expect((JSON.parse(list.out) as { email: string }[]).map((reader) => reader.email).sort()).toEqual([
      'ada@example.org',
      'grace@example.org',
    ]);
    expect(text).toMatchObject(ok(/alan@example\.org +unsubscribed +daily/));
    expect(back).toMatchObject({ code: 1, err: expect.stringContaining('is not brought back') });
  });

  it('assemble makes an edition once, and says why there is none', async () => {
    const dry = await run(`assemble --date ${DAY} --now 2026-11-20T02:00:00Z --dry-run`);
    expect(dry).toMatchObject(
      ok(`Dry run: nothing was changed.\nMade the daily edition of ${DAY}: 2 cards and 0 more`),
    );
    const [made, none] = await Promise.all([
      apart(`assemble --date ${DAY} --now 2026-11-20T02:00:00Z --json`),
      run('assemble --date 2026-11-14'),
    ]);
    expect(JSON.parse(made.out)).toMatchObject({ dryRun: false, outcome: 'made', cards: 2, more: 0 });
    expect(none).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^No edition: .*14 November 2026/),
      err: '',
    });
  });

  it('preview prints the mail in each form, for a reader or for nobody, and changes nothing', async () => {
    const [text, html, eml, unmade, stranger] = await Promise.all([
      run(`preview --date ${DAY} --to ada@example.org`),
      apart(`preview --date ${DAY} --format html`),
      run(`preview --date ${DAY} --to ada@example.org --format eml`),
      run('preview --date 2026-11-20'),
      run(`preview --date ${DAY} --to eve@example.org`),
    ]);
    expect(text).toMatchObject(ok('The most loved paper'));
    // She wants one paper a digest.
    expect(text.out).not.toContain('codes');
    expect(html).toMatchObject(ok(/<html[\s\S]+The most loved paper[\s\S]+<\/html>/));
    expect(eml).toMatchObject(ok(/^To: .*ada@example\.org/m));
    expect(eml.out).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m);
    expect(unmade).toMatchObject(ok('On the matter of 2611.10003'));
    expect(stranger).toMatchObject({ code: 1, out: '', err: expect.stringContaining('is not known here') });
    expect(await database.db.query('editions', 'select from editions')).toHaveLength(1);
    expect(mails).toEqual([]);
  });

  it('preview of a digest that is chosen for its reader has the scores beside it', async () => {
    const [grace] = await database.db.query<{ id: number }>(
      'grace',
      `select id from subscribers where email = 'grace@example.org'`,
    );
    const id = grace?.id ?? 0;
    await setInterests(database.db, id, [{ kind: 'search', value: 'escape' }]);
    const own = await run(`preview --date ${DAY} --to grace@example.org`);
    expect(own).toMatchObject({ code: 0, out: expect.stringContaining('2 papers for you, of 2 new papers') });
    expect(own.out).toContain('Matches escape · 2nd on Hugging Face');
    expect(own.err).toMatch(/^# +part +followed +near +trending +paper +reason$/m);
    expect(own.err).toMatch(/^1 +followed +0\.9 +0 +0\.1 +2611\.\d{5} +Matches escape$/m);
    expect(await database.db.query('matched', 'select from edition_matches')).toEqual([]);
    await setInterests(database.db, id, []);
  });

  it('deliver sends what is due at a moment, once; verify and deliveries tell of it', async () => {
    const early = await run(`deliver --date ${DAY} --now 2026-11-20T05:59:00Z`);
    expect(early).toMatchObject(ok(`The daily edition of ${DAY}: 2 planned, 0 sent, 2 wait for their hour.`));
    const dry = await run('deliver --now 2026-11-20T06:00:30Z --dry-run --json');
    expect(JSON.parse(dry.out)).toEqual({ dryRun: true, due: 1 });
    expect(mails).toEqual([]);
    const sent = await apart(`deliver --date ${DAY} --now 2026-11-20T06:00:30Z --json`);
    expect(JSON.parse(sent.out)).toMatchObject({
      counts: { sent: 1 },
      editions: [{ planned: 2, sent: 1, waiting: 1, holds: true }],
    });
    expect(mails.map((mail) => mail.to)).toEqual(['ada@example.org']);
    const [again, missing] = await Promise.all([
      run('deliver --now 2026-11-20T06:01:00Z'),
      run('deliver --date 2026-11-02'),
    ]);
    expect(again).toMatchObject(ok('0 sent'));
    expect(missing).toMatchObject({
      code: 1,
      err: expect.stringContaining('paperboy assemble --date 2026-11-02'),
    });
    expect(mails).toHaveLength(1);

    const [proof, json, unknown, list, mine] = await Promise.all([
      apart(`verify --date ${DAY}`),
      run('verify --json'),
      run('verify 999'),
      apart('deliveries list'),
      run('deliveries list --json --state sent --email ADA@example.org'),
    ]);
    expect(proof).toMatchObject(ok(/daily +2026-11-19 +2 +1 +0 +0 +0 +1 +0 +0 +holds/));
    expect(JSON.parse(json.out)).toMatchObject([{ issueDate: DAY, planned: 2, holds: true }]);
    expect(unknown).toMatchObject({ code: 1, out: '' });
    expect(list).toMatchObject(ok(/digest +2026-11-19 +planned +grace@example\.org/));
    const [row] = JSON.parse(mine.out) as { id: number; email: string }[];
    expect(row).toMatchObject({ email: 'ada@example.org', state: 'sent', papers: ['2611.10001'] });
    const [show, nothing] = await Promise.all([
      run(`deliveries show ${row?.id} --json`),
      run('deliveries show 999999'),
    ]);
    expect(JSON.parse(show.out)).toEqual(row);
    expect(nothing).toMatchObject({ code: 1, out: '' });
  });

  it('verify ends with 1 when a row is missing', async () => {
    await database.db.query('lose', `delete from deliveries where state = 'planned'`);
    expect(await run(`verify --date ${DAY}`)).toMatchObject({
      code: 1,
      out: expect.stringContaining('DOES NOT ADD UP'),
    });
  });

  it('demo refuses to send to a real server', async () => {
    expect(await apart('demo')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('Unset SMTP_URL'),
    });
  });

  it('health tells whether the database and the page answer', async () => {
    const away = { ...environment, DATABASE_URL: 'postgres://127.0.0.1:1/paperboy', PORT: '1' };
    const [there, none, page] = await Promise.all([
      run('health'),
      paperboy('health', { folder, environment: away }),
      paperboyHere('health --web', { folder, environment: away }),
    ]);
    expect(there).toEqual({ code: 0, out: 'healthy\n', err: '' });
    expect(none).toMatchObject({ code: 1, out: '', err: expect.stringContaining('ECONNREFUSED') });
    expect(page).toMatchObject({ code: 1, out: '', err: expect.stringContaining('does not answer') });
    expect(none.err).not.toMatch(/^\s+at /m);
  });

  it('a listing whose reader goes away ends quietly', async () => {
    await database.db.query(
      'crowd',
      `insert into subscribers (email, email_key, state, created_at, changed_at)
       select 'reader' || n || '@example.org', 'reader' || n || '@example.org', 'pending', now(), now()
       from generate_series(1, 5000) n`,
    );
    const command = join(import.meta.dirname, '../../src/cli/paperboy.js');
    const child = spawn('sh', ['-c', `"${process.execPath}" "${command}" subscribers list | head -n 2`], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...environment },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString();
    });
    await new Promise((closed) => child.once('close', closed));
    expect(out.split('\n')).toHaveLength(3);
    expect(err).toBe('');
  });
});
