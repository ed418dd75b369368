import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test('int8 comes as a number, a date as its text, a moment as a Date', async () => {
  const [row] = await database.db.query<{ n: number; d: string; t: Date }>(
    'types',
    "select 42::bigint as n, date '2026-06-10' as d, timestamptz '2026-06-10T02:00Z' as t",
  );
  expect(row).toEqual({ n: 42, d: '2026-06-10', t: new Date('2026-06-10T02:00Z') });
});

test('a transaction that throws leaves nothing, an inner one only undoes itself', async () => {
  const { db } = database;
  const actors = () => db.query<{ actor: string }>('actors', 'select actor from audit order by id');
  const note = (target: typeof db, actor: string) =>
    target.query('note', "insert into audit (at, actor, action) values (now(), $1, 'test')", [actor]);
  await expect(
    db.transaction(async (tx) => {
      await note(tx as typeof db, 'lost');
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  await db.transaction(async (tx) => {
    await note(tx as typeof db, 'outer');
    await tx
      .transaction(async (inner) => {
        await note(inner as typeof db, 'inner');
        throw new Error('inner no');
      })
      .catch(() => {});
  });
  expect(await actors()).toEqual([{ actor: 'outer' }]);
});

test('a failed statement is named in its error', async () => {
  await expect(database.db.query('nonsense', 'select * from nowhere')).rejects.toThrow(
    /statement "nonsense" failed/,
  );
});
