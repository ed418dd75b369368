import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BATCH_SIZE, dispatch, measureLedger, sweep } from '../../src/deliveries/index.ts';
import { importSubscribers } from '../../src/subscribers/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { tally } from '../support/day.ts';
import { issue } from './support.ts';

let app: TestApp;
const MORNING = new Date('2026-06-11T07:00Z');
const READERS = 2 * BATCH_SIZE + 50;
// Every hundredth wants it an hour earlier.
const EARLY = Math.ceil(READERS / 100);

beforeEach(async () => {
  app = await startTestApp({ now: new Date('2026-06-09T12:00Z') });
  const lines = Array.from(
    { length: READERS },
    (_, i) => `reader-${i}@example.org,${i % 100 === 0 ? 6 : 7}\n`,
  );
  await importSubscribers(app, Readable.from(['email,hour\n', ...lines]));
  await issue(app, '2026-06-10');
});
afterEach(() => app.end());

async function take(): Promise<number[][]> {
  const taken: number[][] = [];
  await dispatch({
    ...app.dispatching,
    enqueue: async (batches) => void taken.push(...batches.map((one) => [...one])),
  });
  return taken;
}

test('nothing is given before its hour, each hour gives its own, and nothing is given twice', async () => {
  app.clock.set(new Date('2026-06-11T05:59:59Z'));
  expect(await take()).toEqual([]);
  app.clock.set(new Date('2026-06-11T06:00Z'));
  expect((await take()).map((batch) => batch.length)).toEqual([EARLY]);
  expect(await take()).toEqual([]);
  app.clock.set(MORNING);
  const batches = await take();
  expect(batches.map((batch) => batch.length)).toEqual([BATCH_SIZE, BATCH_SIZE, 50 - EARLY]);
  expect(new Set(batches.flat()).size).toBe(READERS - EARLY);
  expect(await tally(app)).toEqual({ queued: READERS });
});

test('three clocks at once give each delivery once', async () => {
  app.clock.set(MORNING);
  const taken = (await Promise.all([take(), take(), take()])).flat(2);
  expect(taken).toHaveLength(READERS);
  expect(new Set(taken).size).toBe(READERS);
});

test('the ledger tells how many are queued, and how long the oldest one waits', async () => {
  expect(await measureLedger(app.db, app.clock.now())).toMatchObject({
    states: { queued: 0, sending: 0 },
    lagSeconds: 0,
  });
  app.clock.set(new Date('2026-06-11T06:10Z'));
  expect(await measureLedger(app.db, app.clock.now())).toMatchObject({ lagSeconds: 600 });
  await take();
  expect(await measureLedger(app.db, app.clock.now())).toEqual({
    states: { queued: EARLY, sending: 0 },
    lagSeconds: 0,
    dueInSeconds: 3_000,
  });
});

test('a queue that says it is empty, or is away, or is busy: rows are taken back after seconds, or a quarter of an hour', async () => {
  app.clock.set(MORNING);
  await take();
  const look = (depth: () => Promise<number>) => sweep({ ...app.sweeping, queueDepth: depth });
  const away = async () => {
    throw new Error('away');
  };
  expect(await look(async () => 0)).toMatchObject({ requeued: 0 });
  app.clock.set(new Date(MORNING.getTime() + 21_000));
  expect(await look(async () => 3)).toMatchObject({ requeued: 0 });
  expect(await look(away)).toMatchObject({ requeued: 0 });
  expect(await look(async () => 0)).toMatchObject({ requeued: READERS });
  await take();
  app.clock.set(new Date(MORNING.getTime() + 16 * 60_000));
  expect(await look(away)).toMatchObject({ requeued: READERS });
});

test('what waited for longer than its day expires with the last that is known of it', async () => {
  app.clock.set(new Date('2026-06-12T06:30Z'));
  expect(await sweep(app.sweeping)).toMatchObject({ expired: EARLY });
  expect(await tally(app)).toEqual({ planned: READERS - EARLY, expired: EARLY });
});
