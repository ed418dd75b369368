import { afterEach, expect, test } from 'vitest';
import { verify } from '../../src/deliveries/index.ts';
import { readPaces } from '../../src/outbox/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain, papersOf, tally, tickAll } from '../support/day.ts';

// The real sender to a real sink, under the rates that the settings give and those that a domain asks for.

const OPENS = new Date('2026-06-11T02:00Z');
const MORNING = Date.parse('2026-06-11T07:00Z');

let app: TestApp;
afterEach(() => app.end());

/** An edition planned for readers at these domains, at the hour when all are due. */
async function planFor(settings: Record<string, string>, readers: Record<string, number>): Promise<void> {
  app = await startTestApp({ now: new Date('2026-06-10T12:00Z'), days: papersOf('2026-06-10'), settings });
  for (const [domain, count] of Object.entries(readers))
    for (let i = 0; i < count; i += 1) await addReader(app, `reader-${i}@${domain}`);
  app.clock.set(OPENS);
  await tickAll(app);
  app.clock.set(new Date(MORNING));
}

const moveTo = (ms: number) => app.clock.set(new Date(MORNING + ms));

const receivedAt = (domain: string) =>
  app.sink.received.filter((mail) => mail.to[0]?.endsWith(`@${domain}`)).length;

const waiting = () =>
  app.db.query<{ attempts: number; afterMs: number }>(
    'test-waiting',
    `select attempts, (extract(epoch from due_at - $1::timestamptz) * 1000)::int as "afterMs"
     from deliveries where state = 'planned' and kind = 'digest' order by due_at`,
    [app.clock.now()],
  );

test('SEND_RATE spaces mails by the clock; what is further off is put off, unclaimed, and no try is counted', async () => {
  await planFor({ SEND_RATE: '5' }, { 'a.example': 12 });
  const startedAt = performance.now();
  await drain(app);
  // Now and every 200 ms up to a second ahead.
  expect(app.sink.received).toHaveLength(6);
  expect(performance.now() - startedAt).toBeGreaterThan(990);
  expect((await waiting()).map((row) => row.afterMs)).toEqual([1_200, 1_400, 1_600, 1_800, 2_000, 2_200]);
  expect((await waiting()).every((row) => row.attempts === 0)).toBe(true);
  moveTo(3_000);
  await drain(app);
  expect(app.sink.received).toHaveLength(12);
  expect(await verify(app.db, { latest: 1 })).toMatchObject([{ planned: 12, sent: 12, holds: true }]);
});

test('DOMAIN_RATES hold up that domain and no other; each reader gets one copy in the end', async () => {
  await planFor({ DOMAIN_RATES: 'slow.example=1' }, { 'slow.example': 5, 'a.example': 15 });
  await drain(app);
  expect([receivedAt('slow.example'), receivedAt('a.example')]).toEqual([1, 15]);
  for (let second = 1; second <= 4; second += 1) {
    moveTo(second * 1_000);
    await drain(app);
    expect(receivedAt('slow.example')).toBe(1 + second);
  }
  expect(await tally(app)).toEqual({ sent: 20 });
});

test('a domain that answers 451 is slowed, others go on; when it takes mail again all arrive, once', async () => {
  await planFor({}, { 'slow.example': 20, 'a.example': 10 });
  app.sink.behave({ rcpt: (to) => (to.endsWith('@slow.example') ? '451 4.7.1 too fast' : undefined) });
  await drain(app);
  expect(receivedAt('a.example')).toBe(10);
  // Those on the ten connections heard it, and on a slow machine four more, before the fifth complaint; the others were not
  // sent at all.
  expect(app.sink.recipients.filter((to) => to.endsWith('@slow.example')).length).toBeLessThanOrEqual(14);
  expect((await waiting()).filter((row) => row.attempts === 0).length).toBeGreaterThanOrEqual(6);
  expect(await readPaces(app.db)).toMatchObject([{ domain: 'slow.example', pauseMs: 5_000 }]);
  expect(await app.metrics.render()).toMatch(/paperboy_slowed_domains 1/);

  app.sink.behave({});
  const most: number[] = [];
  for (let ms = 5_000; receivedAt('slow.example') < 20 && ms < 600_000; ms += 5_000) {
    moveTo(ms);
    const before = receivedAt('slow.example');
    await drain(app);
    most.push(receivedAt('slow.example') - before);
  }
  expect(most[0]).toBe(1);
  expect(await tally(app)).toEqual({ sent: 30 });
  expect(new Set(app.sink.received.map((mail) => mail.to[0])).size).toBe(30);
});
