import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plan } from '../../src/deliveries/index.ts';
import { defaultPreferences, subscribe } from '../../src/subscribers/index.ts';
import { type AfterADay, HOSTILE_REPLY, liveADay } from '../web/admin-fixtures.ts';
import { dumpTables } from '../web/support.ts';
import { paperboyHere } from './run.ts';

let day: AfterADay;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paperboy-operate-'));
  day = await liveADay();
});
afterAll(async () => {
  await day?.end();
  await rm(folder, { recursive: true, force: true });
});

const run = (words: string) =>
  paperboyHere(words, {
    folder,
    environment: {
      DATABASE_URL: day.app.database.url,
      DATA_DIR: folder,
      SECRET_KEY: '0123456789abcdef0123456789abcdef',
      POSTAL_ADDRESS: '1 Test Street',
      NODE_ENV: 'test',
    },
  });
const json = async (words: string) => JSON.parse((await run(`${words} --json`)).out) as unknown;

test('editions: listed with what waits; named by number or by date', async () => {
  const { code, out } = await run('editions list');
  expect(code).toBe(0);
  expect(out).toMatch(/^EDITION +NAME +STATE +PLANNED +WAITING +SENT/);
  expect(out).toMatch(/1 +daily\/2026-06-10 +ready +7 +2 +2 +1 +1 +1/);
  expect(await json('verify daily/2026-06-10')).toMatchObject([{ editionId: day.editionId, waiting: 2 }]);
  expect(await run('editions pause daily/2026-06-11')).toMatchObject({
    code: 1,
    err: expect.stringContaining('There is no edition daily/2026-06-11'),
  });
  expect((await run('editions pause daily/2026-02-30')).code).toBe(2);
});

test('who did not get it: counted, and as CSV that no spreadsheet runs', async () => {
  expect(await json('deliveries list --edition daily/2026-06-10 --not-sent --by code')).toMatchObject([
    { state: 'failed', value: '550', rows: 1 },
    { state: 'planned', value: '451', rows: 1 },
    { rows: 1 },
    { rows: 1 },
  ]);
  expect((await run('deliveries list --edition 1 --not-sent --by domain')).out).toMatch(/example\.org/);
  expect((await run('deliveries list --by domain')).code).toBe(2);
  await day.app.db.query(
    'test-formula',
    "update deliveries set reason = '=HYPERLINK(\"http://evil.example\")' where state = 'uncertain'",
  );
  const { out } = await run('deliveries list --edition 1 --not-sent --csv');
  const rows = parse(out, { columns: true }) as Record<string, string>[];
  expect(rows.map((row) => row.reader).sort()).toEqual(
    ['bob', 'carol', 'dan', 'eve'].map((name) => `${name}@example.org`),
  );
  const of = (name: string) => rows.find((row) => row.reader === `${name}@example.org`);
  expect(of('bob')).toMatchObject({ state: 'failed', smtp_code: '550', smtp_reply: HOSTILE_REPLY });
  expect(of('carol')?.reason).toBe('\'=HYPERLINK("http://evil.example")');
});

test('a dry run says what would come of it, and changes nothing', async () => {
  const before = await dumpTables(day.app);
  expect(await json('editions cancel 1 --dry-run')).toEqual({
    dryRun: true,
    edition: 1,
    outcome: 'done',
    rows: 2,
  });
  expect(await json('editions pause 1 --dry-run')).toMatchObject({ outcome: 'done' });
  expect(await json('deliveries retry --edition 1 --now 2026-06-11T08:00:00Z --dry-run')).toEqual({
    dryRun: true,
    rows: 1,
    tooLate: 0,
  });
  expect(await dumpTables(day.app)).toBe(before);
});

test('pause, resume, and cancel only with --yes', async () => {
  expect((await run('editions pause 1')).out).toContain('daily/2026-06-10 paused.');
  expect((await run('editions pause 1')).out).toContain('is paused already');
  expect((await run('verify')).out).toContain('holds (paused)');
  expect((await run('editions resume 1')).out).toContain('goes on');
  const refused = await run('editions cancel 1');
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('add --yes') });
  expect((await json('verify 1')) as unknown[]).toMatchObject([{ state: 'ready', waiting: 2 }]);
});

test('retry and resend: only what is named', async () => {
  const now = '--now 2026-06-11T08:00:00Z';
  expect((await run('deliveries retry')).code).toBe(2);
  expect((await run('deliveries resend --edition 1')).code).toBe(2);
  expect(await json(`deliveries retry --edition 1 --code 552 ${now}`)).toMatchObject({ rows: 0 });
  expect(await json(`deliveries retry --edition 1 --code 550 --domain EXAMPLE.ORG ${now}`)).toMatchObject({
    rows: 1,
  });
  expect((await run(`deliveries resend --edition 1 --uncertain ${now}`)).out).toBe(
    '1 delivery is planned again with the same Message-ID.\n',
  );
  expect(await json('verify 1')).toMatchObject([{ failed: 0, uncertain: 0, waiting: 4, holds: true }]);
});

test('cancel --yes, then dropping: old months alone, and open ones only with --yes', async () => {
  expect((await run('editions cancel 1 --yes')).out).toContain('4 deliveries were cancelled');
  expect(await run('editions resume 1')).toMatchObject({ code: 1 });
  expect(await run('deliveries drop --before 2026-07 --now 2026-07-20T00:00:00Z')).toMatchObject({
    code: 1,
    err: expect.stringContaining('two months'),
  });
  const later = '--before 2026-07 --now 2026-08-20T00:00:00Z';
  // A confirmation that nobody sent still waits.
  await subscribe(day.app, {
    email: 'new@example.org',
    preferences: defaultPreferences,
    wording: 'test',
    page: 'test',
  });
  await plan(day.app.planning);
  const before = await dumpTables(day.app);
  expect(await run(`deliveries drop ${later}`)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/\d rows? still waits? and 0 are uncertain/),
  });
  expect((await run(`deliveries drop ${later} --dry-run`)).out).toMatch(/2026-06 +\d+ +\d +0/);
  expect(await dumpTables(day.app)).toBe(before);
  expect((await run(`deliveries drop ${later} --yes`)).code).toBe(0);
  expect((await run('verify')).out).toContain('holds (closed)');
  expect((await run(`deliveries drop ${later}`)).out).toContain('There are no deliveries before');
});
