import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createLog, openQueue } from '../../src/platform/index.ts';
import { tickLedger } from '../../workers/clock.ts';
import type { TestApp } from '../support/app.ts';
import { tally } from '../support/day.ts';
import { startGate } from '../support/gate.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { fatal, welcomeAndGoodbye } from '../support/postgres-wire.ts';
import { tellOutages } from './outages.ts';
import { giveOut, goOn, planFor, startSender, startStory, tellStories } from './stories.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

tellStories({
  name: 'postgres',
  settings: () => ({}),
  async wipe(app) {
    const tables = await app.db.query<{ name: string }>(
      'test-tables',
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname = 'bullmq' and tablename not like '%migration%'`,
    );
    await app.db.query('test-wipe', `truncate ${tables.map((table) => table.name).join(', ')} cascade`);
  },
});

const portOf = (url: string) => Number(new URL(url).port);
const atPort = (url: string, port: number) => Object.assign(new URL(url), { port: String(port) }).href;

tellOutages({
  name: 'postgres',
  port: () => portOf(database.url),
  at: (port) => ({ databaseUrl: atPort(database.url, port) }),
});

test('a Postgres that lets nobody in, as while it starts up, is asked now and then, and not without a pause', async () => {
  const gate = await startGate(portOf(database.url));
  onTestFinished(() => gate.close());
  const patience = { answerMs: 500, closeMs: 200, againMs: 100 };
  const queue = openQueue({
    databaseUrl: atPort(database.url, gate.port),
    log: createLog('silent'),
    patience,
  });
  onTestFinished(() => queue.close());
  const taken: number[] = [];
  let free = () => {};
  const freed = new Promise<void>((go) => {
    free = go;
  });
  const consumer = queue.consume(
    async (ids) => {
      taken.push(...ids);
      await freed;
    },
    { concurrency: 1 },
  );
  onTestFinished(() => consumer.close());
  await queue.add([[1], [2], [3]]);
  await expect.poll(() => taken).toEqual([1]);
  gate.refuse(fatal('57P03', 'the database system is starting up'));
  free();
  await expect
    .poll(() => queue.ping().catch((error: Error) => error.message))
    .toMatch('the database system is starting up');
  await delay(1_000);
  // Without a pause it would be thousands.
  expect(gate.refused()).toBeGreaterThan(2);
  expect(gate.refused()).toBeLessThan(40);
  await gate.open();
  await expect.poll(() => new Set(taken).size, { timeout: 5_000 }).toBe(3);
});

test('a DATABASE_URL with options of its own keeps them, and the queue finds its tables', async () => {
  const url = new URL(database.url);
  url.searchParams.set('options', '-c work_mem=8MB');
  const queue = openQueue({ databaseUrl: url.href, log: createLog('silent') });
  onTestFinished(() => queue.close());
  const taken: number[] = [];
  await queue.add([[901], [902]]);
  const consumer = queue.consume(async (ids) => void taken.push(...ids), { concurrency: 1 });
  onTestFinished(() => consumer.close());
  await expect.poll(() => taken).toEqual(expect.arrayContaining([901, 902]));
});

test('a Postgres that ends each connection in the breath that opens it ends no process', async () => {
  const gate = await startGate(portOf(database.url));
  onTestFinished(() => gate.close());
  const queue = openQueue({
    databaseUrl: atPort(database.url, gate.port),
    log: createLog('silent'),
    patience: { answerMs: 500, closeMs: 200, againMs: 100 },
  });
  onTestFinished(() => queue.close());
  gate.refuse(welcomeAndGoodbye());
  const taken: number[] = [];
  const consumer = queue.consume(async (ids) => void taken.push(...ids), { concurrency: 1 });
  onTestFinished(() => consumer.close());
  await expect(queue.add([[1]])).rejects.toThrow();
  await expect.poll(() => gate.refused()).toBeGreaterThan(4);
  await gate.open();
  await expect.poll(() => queue.add([[2]]).then(() => 'added', String), { timeout: 5_000 }).toBe('added');
  await expect.poll(() => taken, { timeout: 5_000 }).toEqual([2]);
});

/** Ends every connection to the app's database but the asker's own, as a restart of the server does. */
async function endConnections(app: TestApp): Promise<void> {
  await database.db.query(
    'test-terminate',
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
    [new URL(app.database.url).pathname.slice(1)],
  );
}

describe('the database that goes away again and again', () => {
  test('ends no process and doubles no mail: what was sent is known, and the rest goes out after', async () => {
    const app = await startStory({});
    await planFor(app, 50);
    app.sink.behave({ hold: () => delay(30) });
    await startSender(app);
    await startSender(app);
    const tick = () => giveOut(app, 5).catch((error: Error) => error.message);
    for (let round = 0; round < 12; round += 1) {
      await Promise.all([tick(), tick(), delay(60).then(() => endConnections(app))]);
      goOn(app);
    }
    const open = async () => {
      goOn(app);
      await tickLedger(app).catch(() => {});
      const states = await tally(app);
      return (states.planned ?? 0) + (states.queued ?? 0) + (states.sending ?? 0);
    };
    await expect.poll(open, { timeout: 15_000, interval: 200 }).toBe(0);
    const sent = await app.db.query<{ email: string }>(
      'test-sent',
      "select s.email from deliveries d join subscribers s on s.id = d.subscriber_id where d.state = 'sent' order by 1",
    );
    expect(app.sink.received.map((mail) => mail.to[0]).sort()).toEqual(sent.map((row) => row.email));
    const { sent: n = 0, uncertain = 0, ...others } = await tally(app);
    expect(n + uncertain).toBe(50);
    expect(others).toEqual({});
    // A claim that was written down and whose sender never heard of it: rare, and never a doubled mail.
    expect(n).toBeGreaterThan(30);
  });
});
