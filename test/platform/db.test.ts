import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/platform/index.ts';
import { startGate } from '../support/gate.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { welcomeAndGoodbye } from '../support/postgres-wire.ts';

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

describe('a database that ends connections', () => {
  /** Ends all connections of this database but the asker's own. */
  async function endConnections(): Promise<number> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      const { rowCount } = await client.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
      return rowCount ?? 0;
    } finally {
      await client.end();
    }
  }

  test('in the middle of a statement: it fails, the next one works', async () => {
    const { db } = database;
    const sleeping = db.query('sleep', 'select pg_sleep(30)').then(
      () => 'slept',
      (error: Error) => error.message,
    );
    await expect.poll(endConnections).toBeGreaterThan(0);
    expect(await sleeping).toMatch(/statement "sleep" failed: terminating connection/);
    expect(await db.query('one', 'select 1 as n')).toEqual([{ n: 1 }]);
  });

  test('between two statements of a transaction: the transaction fails as a whole, and nothing else does', async () => {
    const { db } = database;
    const work = db.transaction(async (tx) => {
      await tx.query('note', "insert into audit (at, actor, action) values (now(), 'cut off', 'test')");
      expect(await endConnections()).toBeGreaterThan(0);
      // Until the news of it is here.
      await new Promise((go) => setTimeout(go, 50));
      await tx.query('one', 'select 1');
    });
    await expect(work).rejects.toThrow(/statement "one" failed/);
    expect(await db.query('cut', "select from audit where actor = 'cut off'")).toEqual([]);
  });

  test('while all are idle: the next statement works, and the log is told', async () => {
    const told: string[] = [];
    const db = openDatabase({ url: database.url, max: 3, onIdleError: (error) => told.push(error.message) });
    try {
      await Promise.all([1, 2, 3].map((n) => db.query('sleep', 'select pg_sleep(0.01)', []).then(() => n)));
      await endConnections();
      await expect.poll(() => told.length).toBe(3);
      expect(await db.query('one', 'select 1 as n')).toEqual([{ n: 1 }]);
    } finally {
      await db.close();
    }
  });

  test('and that is not there at all says so in seconds', async () => {
    const server = createServer((socket) => socket.pause()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const deaf = openDatabase({ url: `postgres://a:b@127.0.0.1:${port}/c`, connectMs: 200 });
    await expect(deaf.query('one', 'select 1')).rejects.toThrow(/statement "one" failed: .*timeout/);
    await deaf.close();
    server.close();
    const away = openDatabase({ url: `postgres://a:b@127.0.0.1:${port}/c` });
    await expect(away.query('one', 'select 1')).rejects.toThrow(/statement "one" failed: .*ECONNREFUSED/);
    await expect(away.transaction(async () => {})).rejects.toThrow(/ECONNREFUSED/);
    await away.close();
  });
});

test('each statement is reported with its label, its duration and its end', async () => {
  const told: [string, boolean][] = [];
  const db = openDatabase({
    url: database.url,
    onStatement: (label, durationMs, failed) => {
      expect(durationMs).toBeGreaterThanOrEqual(0);
      told.push([label, failed]);
    },
  });
  await db.query('good', 'select 1');
  await db.query('bad', 'select nonsense').catch(() => {});
  await db.transaction((tx) => tx.query('inner', 'select 1'));
  await db.close();
  expect(told).toEqual([
    ['good', false],
    ['bad', true],
    ['inner', false],
  ]);
});

test('a connection that is ended in the breath that opens it ends no process; the next one is used', async () => {
  const gate = await startGate(Number(new URL(database.url).port));
  onTestFinished(() => gate.close());
  const db = openDatabase({ url: Object.assign(new URL(database.url), { port: String(gate.port) }).href });
  onTestFinished(() => db.close());
  const ask = () => db.transaction((tx) => tx.query<{ one: number }>('one', 'select 1 as one'));
  gate.refuse(welcomeAndGoodbye());
  await expect(ask()).rejects.toThrow();
  await gate.open();
  expect(await ask()).toEqual([{ one: 1 }]);
});
