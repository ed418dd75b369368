import { tmpdir } from 'node:os';
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
  expect(header).toBe('email,cadence,days,hour,timezone,max_papers,state,created_at,confirmed_at');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^ada@example\.org,daily,1 5,7,UTC,5,active,20/);
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
