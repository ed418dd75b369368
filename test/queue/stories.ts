import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { cut, verify } from '../../src/deliveries/index.ts';
import { createLog } from '../../src/platform/index.ts';
import { addSubscriber } from '../../src/subscribers/index.ts';
import { tickLedger } from '../../workers/clock.ts';
import { runSender } from '../../workers/sender.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { papersOf, tally, tickAll } from '../support/day.ts';

/** What the stories need of an engine. */
export interface StoryEngine {
  name: 'postgres' | 'redis';
  /** Settings that choose it. */
  settings(): Record<string, string>;
  /** Takes all jobs away, as nobody should and somebody will. */
  wipe(app: TestApp): Promise<void>;
}

export const OPENS = new Date('2026-06-11T02:05Z');
export const MORNING = new Date('2026-06-11T07:00Z');

/** An app, ready to be given readers, on the day before; it ends with the test, after all that is opened later. */
export async function startStory(settings: Record<string, string>): Promise<TestApp> {
  const app = await startTestApp({
    now: new Date('2026-06-10T12:00Z'),
    days: papersOf('2026-06-10', 5),
    settings,
  });
  onTestFinished(() => app.end());
  return app;
}

/** `count` readers of the daily digest at 7, whose edition is made and planned; it is their hour. */
export async function planFor(app: TestApp, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, n) => addSubscriber(app, { email: `reader-${n}@example.org` })),
  );
  app.clock.set(OPENS);
  await tickAll(app);
  expect(await tally(app)).toEqual({ planned: count });
  app.clock.set(MORNING);
}

/** Dispatches what is due in jobs of `size`, so that several senders have something to do. */
export const giveOut = (app: TestApp, size: number) =>
  tickLedger({
    ...app,
    dispatching: { ...app.dispatching, enqueue: (batches) => app.queue.add(cut(batches.flat(), size)) },
  });

/** Later than the sweep waits for a row whose job an empty queue has lost. */
export function goOn(app: TestApp): void {
  app.clock.set(new Date(app.clock.now().getTime() + 21_000));
}

/** Another process's app, on the same database, queue and servers. */
export async function anotherApp(app: TestApp): Promise<App> {
  const other = await createApp({ config: app.config, clock: app.clock, log: createLog('silent') });
  onTestFinished(() => other.close());
  return other;
}

/** A sender that ends with the test, if not before. */
export async function startSender(app: App) {
  const sender = await runSender(app);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= sender.close();
    return closing;
  };
  onTestFinished(close);
  return { close };
}

/** Every reader has one digest, and the ledger says the same. */
export async function expectOnceEach(app: TestApp, count: number): Promise<void> {
  await app.sink.waitFor(count);
  await expect.poll(() => tally(app)).toEqual({ sent: count });
  expect(app.sink.received.map((mail) => mail.to[0]).sort()).toEqual(
    Array.from({ length: count }, (_, n) => `reader-${n}@example.org`).sort(),
  );
  expect(await verify(app.db, { latest: 1 })).toMatchObject([{ planned: count, sent: count, holds: true }]);
}

/** Holds every message at its final dot until `free` is called. */
export function holdMail(app: TestApp): { held(): number; free(): void } {
  let held = 0;
  let free = () => {};
  const freed = new Promise<void>((go) => {
    free = go;
  });
  app.sink.behave({
    hold: () => {
      held += 1;
      return freed;
    },
  });
  return { held: () => held, free };
}

/** The queue's stories, the same over each engine. */
export function tellStories(engine: StoryEngine): void {
  describe(`the queue over ${engine.name}`, () => {
    const start = () => startStory(engine.settings());

    test('fifty readers have their digest once each', async () => {
      const app = await start();
      expect(app.queue.engine).toBe(engine.name);
      await planFor(app, 50);
      await startSender(app);
      expect(await tickLedger(app)).toMatchObject({ given: 50 });
      await expectOnceEach(app, 50);
    });

    test('what is to go first goes before all that waits', async () => {
      const app = await start();
      await app.queue.add([[1], [2], [3]]);
      await app.queue.add([[4], [5]], { first: true });
      const taken: number[] = [];
      const consumer = app.queue.consume(async (ids) => void taken.push(...ids), { concurrency: 1 });
      await expect.poll(() => taken.length, { timeout: 10_000 }).toBe(5);
      await consumer.close();
      expect(taken.slice(0, 2).sort()).toEqual([4, 5]);
      expect(taken.slice(2)).toEqual([1, 2, 3]);
    });

    test('two senders share the work, and rows that are given out twice are sent once', async () => {
      const app = await start();
      await planFor(app, 50);
      const another = await anotherApp(app);
      const mail = holdMail(app);
      await giveOut(app, 5);
      const rows = await app.db.query<{ id: number }>(
        'test-queued',
        "select id from deliveries where state = 'queued' order by id",
      );
      await another.queue.add(
        cut(
          rows.map((row) => row.id),
          7,
        ),
      );
      await Promise.all([startSender(app), startSender(another)]);
      // Each holds a batch before any mail goes through.
      const claims = async () =>
        (await app.db.query('test-claims', "select distinct claim from deliveries where state = 'sending'"))
          .length;
      await expect.poll(claims).toBeGreaterThanOrEqual(2);
      mail.free();
      await expectOnceEach(app, 50);
      await expect.poll(() => app.queue.depth()).toBe(0);
    });

    test('three clocks that tick at the same moment make one edition, once each', async () => {
      const app = await start();
      const clocks = [app, await anotherApp(app), await anotherApp(app)].map((one) => ({
        ...app,
        ...one,
        clock: app.clock,
      }));
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => addSubscriber(app, { email: `reader-${n}@example.org` })),
      );
      await startSender(app);
      for (const now of [OPENS, MORNING]) {
        app.clock.set(now);
        await Promise.all(clocks.map((clock) => tickAll(clock)));
      }
      await expectOnceEach(app, 50);
      const editions = await app.db.query('test-editions', 'select cadence, issue_date as day from editions');
      expect(editions).toEqual([{ cadence: 'daily', day: '2026-06-10' }]);
    });

    test('jobs that are lost before anybody took them: found by the sweep', async () => {
      const app = await start();
      await planFor(app, 50);
      await giveOut(app, 5);
      expect(await app.queue.depth()).toBe(10);
      await engine.wipe(app);
      expect(await app.queue.depth()).toBe(0);
      await startSender(app);
      expect(await tickLedger(app)).toMatchObject({ given: 0 });
      goOn(app);
      expect(await tickLedger(app)).toMatchObject({ given: 50 });
      await expectOnceEach(app, 50);
    });

    test('jobs that are lost while two are worked on: those are finished, the others are found', async () => {
      const app = await start();
      await planFor(app, 50);
      const mail = holdMail(app);
      await startSender(app);
      await giveOut(app, 5);
      await expect.poll(mail.held).toBe(10);
      await engine.wipe(app);
      mail.free();
      await expect.poll(() => tally(app)).toEqual({ sent: 10, queued: 40 });
      goOn(app);
      await expect
        .poll(async () => {
          await tickLedger(app);
          return (await tally(app)).sent;
        })
        .toBe(50);
      await expectOnceEach(app, 50);
    });

    test('a sender that is closed finishes what it has begun and gives back the rest', async () => {
      const app = await start();
      await planFor(app, 50);
      const mail = holdMail(app);
      const sender = await startSender(app);
      await tickLedger(app);
      await expect.poll(mail.held).toBe(10);
      const closing = sender.close();
      mail.free();
      await closing;
      expect(await tally(app)).toEqual({ sent: 10, planned: 40 });
      expect(app.sink.received).toHaveLength(10);
      expect(await app.queue.depth()).toBe(0);
      await startSender(app);
      expect(await tickLedger(app)).toMatchObject({ given: 40 });
      await expectOnceEach(app, 50);
    });

    test('a batch that ends in an error is dropped and logged, and the next one is taken', async () => {
      const app = await start();
      const taken: number[][] = [];
      const consumer = app.queue.consume(
        async (ids) => {
          taken.push(ids);
          if (ids[0] === 1) throw new Error('a bug of ours');
        },
        { concurrency: 1 },
      );
      onTestFinished(consumer.close);
      await app.queue.add([[1], [2, 3]]);
      await app.queue.add([[4]]);
      await expect.poll(() => taken).toEqual([[1], [2, 3], [4]]);
      await expect.poll(() => app.queue.depth()).toBe(0);
    });

    test('as many batches are worked on at once as are asked for, and closing waits for them', async () => {
      const app = await start();
      let [now, most, done] = [0, 0, 0];
      let free = () => {};
      const freed = new Promise<void>((go) => {
        free = go;
      });
      const consumer = app.queue.consume(
        async () => {
          now += 1;
          most = Math.max(most, now);
          await freed;
          now -= 1;
          done += 1;
        },
        { concurrency: 3 },
      );
      await app.queue.add(Array.from({ length: 8 }, (_, n) => [n]));
      await expect.poll(() => now).toBe(3);
      expect(await app.queue.depth()).toBe(8);
      const closing = consumer.close();
      free();
      await closing;
      expect({ most, now, done }).toEqual({ most: 3, now: 0, done: 3 });
      expect(await app.queue.depth()).toBe(5);
    });

    test('depth counts, ping answers, and nothing is added by nothing', async () => {
      const app = await start();
      await app.queue.ping();
      expect(await app.queue.depth()).toBe(0);
      await app.queue.add([]);
      await app.queue.add([[1], [2]]);
      expect(await app.queue.depth()).toBe(2);
    });

    test('a queue that is closed at once, or idle, or after work, holds nothing that keeps a process alive', async () => {
      const app = await start();
      const options = { databaseUrl: app.database.url, redisUrl: app.config.redisUrl };
      const program = `
        const { openQueue } = await import('./src/platform/queue.ts');
        const { createLog } = await import('./src/platform/log.ts');
        const options = { ...${JSON.stringify(options)}, log: createLog('warn') };
        await openQueue(options).close();
        const idle = openQueue(options);
        await idle.consume(async () => {}, { concurrency: 1 }).close();
        await idle.close();
        const busy = openQueue(options);
        let left = 2;
        const worked = new Promise((go) => {
          busy.consumer = busy.consume(async () => { left -= 1; if (left === 0) go(); }, { concurrency: 2 });
        });
        await busy.add([[1], [2]]);
        await worked;
        await busy.consumer.close();
        await busy.close();
        console.log('closed');`;
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        env: { PATH: process.env.PATH },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      const ended = once(child, 'exit');
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (data) => {
          said += data.toString();
        });
      await expect.poll(() => said, { timeout: 10_000 }).toBe('closed\n');
      const closedAt = performance.now();
      expect(await ended).toEqual([0, null]);
      expect(performance.now() - closedAt).toBeLessThan(1_000);
    });
  });
}
