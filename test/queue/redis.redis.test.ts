import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { tickLedger } from '../../workers/clock.ts';
import { tally } from '../support/day.ts';
import { startGate } from '../support/gate.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { tellOutages } from './outages.ts';
import {
  expectOnceEach,
  giveOut,
  goOn,
  holdMail,
  planFor,
  startSender,
  startStory,
  tellStories,
} from './stories.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());
beforeEach(() => redis.wipe());

const atPort = (port: number) =>
  Object.assign(new URL(redis.url), { hostname: '127.0.0.1', port: String(port) }).href;

tellStories({ name: 'redis', settings: () => ({ REDIS_URL: redis.url }), wipe: () => redis.wipe() });

tellOutages({
  name: 'redis',
  port: () => redis.port,
  at: (port) => ({ databaseUrl: 'postgres://unused', redisUrl: atPort(port) }),
});

async function startBehindGate() {
  const gate = await startGate(redis.port);
  onTestFinished(() => gate.close());
  return { gate, app: await startStory({ REDIS_URL: atPort(gate.port) }) };
}

test('rows that cannot be given out, Redis being away, wait in the ledger and go out when it is back', async () => {
  const { gate, app } = await startBehindGate();
  await planFor(app, 50);
  await startSender(app);
  await gate.shut();
  expect(await tickLedger(app)).toMatchObject({ given: 0 });
  expect(await tally(app)).toEqual({ planned: 50 });
  const { ready, checks } = await app.health();
  expect(ready).toBe(false);
  expect(checks.find((check) => check.name === 'queue')).toMatchObject({ ok: false });
  await gate.open();
  await expect.poll(() => tickLedger(app)).toMatchObject({ given: 50 });
  await expectOnceEach(app, 50);
  expect(await app.health()).toMatchObject({ ready: true });
});

test('a Redis that restarts empty in the middle of sending loses nothing', async () => {
  const { gate, app } = await startBehindGate();
  await planFor(app, 50);
  const mail = holdMail(app);
  await startSender(app);
  await giveOut(app, 5);
  await expect.poll(mail.held).toBe(10);
  await gate.shut();
  await redis.wipe();
  mail.free();
  await gate.open();
  await expect
    .poll(
      async () => {
        goOn(app);
        await tickLedger(app);
        return (await tally(app)).sent;
      },
      { timeout: 15_000 },
    )
    .toBe(50);
  await expectOnceEach(app, 50);
});
