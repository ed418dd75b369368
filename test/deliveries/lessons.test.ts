import { afterEach, beforeEach, expect, test } from 'vitest';
import { dispatch, plan, sweep, verify } from '../../src/deliveries/index.ts';
import { sendBatch } from '../../src/outbox/index.ts';
import {
  addSubscriber,
  defaultPreferences,
  subscribe,
  unsubscribeByEmail,
} from '../../src/subscribers/index.ts';
import { tickAssemble, tickLedger } from '../../workers/clock.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain, tally } from '../support/day.ts';
import { issue, ledger } from './support.ts';

// What other engines got wrong, each played with the real sender against a real sink. Those not here are elsewhere:
// kill -9 in test/e2e/process.test.ts and `npm run chaos`; wiped queues and overlapping clocks in test/queue; one bad
// address among many in test/outbox/send-batch.test.ts; pauses in control.test.ts; hours over DST in plan.test.ts.

let app: TestApp;
const MORNING = new Date('2026-06-11T07:00Z');

beforeEach(async () => {
  app = await startTestApp({ now: new Date('2026-06-09T12:00Z') });
});
afterEach(() => app.end());

/** @param domainOf - a domain of its own for each reader where a slow one is not to hold up the others */
async function planFor(readers: number, domainOf = (_: number) => 'example.org'): Promise<void> {
  await Promise.all(
    Array.from({ length: readers }, (_, n) => addSubscriber(app, { email: `reader-${n}@${domainOf(n)}` })),
  );
  await issue(app, '2026-06-10');
  app.clock.set(MORNING);
}

async function take(): Promise<number[]> {
  const ids: number[] = [];
  await dispatch({ ...app.dispatching, enqueue: async (batches) => void ids.push(...batches.flat()) });
  return ids;
}

const counts = () => {
  const byReader: Record<string, number> = {};
  for (const { to } of app.sink.received) byReader[to[0] ?? ''] = (byReader[to[0] ?? ''] ?? 0) + 1;
  return byReader;
};

test('a server that throttles with 450, 451, 452 and 454 for a while: all arrive at last, once each', async () => {
  await planFor(15, (n) => `d${n}.example.org`);
  const replies = ['450 4.2.1 busy', '451 4.7.1 later', '452 4.3.1 no room', '454 4.7.0 not now'];
  const asked = new Map<string, number>();
  app.sink.behave({
    rcpt(to) {
      const times = asked.get(to) ?? 0;
      asked.set(to, times + 1);
      return times < 3 ? replies[(times + to.length) % replies.length] : undefined;
    },
  });
  for (let minutes = 0; minutes <= 360 && app.sink.received.length < 15; minutes += 15) {
    app.clock.set(new Date(MORNING.getTime() + minutes * 60_000));
    await drain(app);
    expect(await verify(app.db, { latest: 1 })).toMatchObject([{ planned: 15, failed: 0, holds: true }]);
  }
  expect(Object.values(counts())).toEqual(Array(15).fill(1));
  expect(await tally(app)).toEqual({ sent: 15 });
  expect([...asked.values()]).toEqual(Array(15).fill(4));
});

test('an edition is not finished before its last row: failed and uncertain ones are counted, never dropped', async () => {
  await planFor(12);
  app.sink.behave({ rcpt: (to) => (/-[0-3]@/.test(to) ? '550 5.1.1 no such user' : undefined) });
  const ids = await take();
  const waiting = async () => (await verify(app.db, { latest: 1 }))[0]?.waiting;
  for (const id of ids) {
    const before = (await waiting()) ?? 0;
    expect(before).toBeGreaterThan(0);
    await sendBatch(await app.sending(), [id]);
    expect(await waiting()).toBe(before - 1);
  }
  expect(await verify(app.db, { latest: 1 })).toMatchObject([
    { sent: 8, failed: 4, waiting: 0, holds: true },
  ]);
});

test('one person, written in two cases: one reader, one mail', async () => {
  for (const email of ['Ada@example.org', 'ada@example.org', 'ADA@EXAMPLE.ORG'])
    await addReader(app, email).catch(() => {});
  await issue(app, '2026-06-10');
  app.clock.set(MORNING);
  await drain(app);
  const digests = app.sink.received.filter((mail) => mail.parsed.headers.has('list'));
  expect(digests).toHaveLength(1);
});

test('readers who leave or are erased in the middle of a run: the edition still closes', async () => {
  await planFor(6);
  const ids = await take();
  await sendBatch(await app.sending(), ids.slice(0, 2));
  await unsubscribeByEmail(app, 'reader-4@example.org', { page: 'test' });
  const sent = new Set(app.sink.received.map((mail) => mail.to[0]));
  await sendBatch(await app.sending(), ids);
  await drain(app);
  const [proof] = await verify(app.db, { latest: 1 });
  expect(proof).toMatchObject({ planned: 6, waiting: 0, holds: true });
  expect((proof?.sent ?? 0) + (proof?.skipped ?? 0)).toBe(6);
  expect(app.sink.received.map((mail) => mail.to[0]).includes('reader-4@example.org')).toBe(
    sent.has('reader-4@example.org'),
  );
});

test('yesterday’s database, restored: overdue editions expire, nothing of them is sent, and today’s goes out once', async () => {
  await planFor(5);
  await take();
  // Two days later the copy of the morning, with rows planned and queued, is put back and the service started.
  app.clock.set(new Date('2026-06-13T07:30Z'));
  await plan(app.planning);
  await sweep(app.sweeping);
  await drain(app);
  expect(app.sink.received).toHaveLength(0);
  expect(await verify(app.db, { issueDate: '2026-06-10' })).toMatchObject([
    { planned: 5, expired: 5, waiting: 0, holds: true },
  ]);
  await issue(app, '2026-06-13');
  app.clock.set(new Date('2026-06-14T07:00Z'));
  await drain(app);
  expect(Object.values(counts())).toEqual(Array(5).fill(1));
});

test('clocks that tick thrice at once, every minute of an hour: one edition, one mail each', async () => {
  await planFor(4);
  for (let minute = 0; minute < 10; minute += 1) {
    app.clock.set(new Date(MORNING.getTime() + minute * 60_000));
    await Promise.all([1, 2, 3].flatMap(() => [tickAssemble(app), tickLedger(app)]));
    const ids = (await app.db.query<{ id: number }>('test-ids', 'select id from deliveries')).map(
      (row) => row.id,
    );
    const sending = await app.sending();
    await Promise.all([1, 2, 3].map(() => sendBatch(sending, ids)));
  }
  expect(counts()).toEqual(Object.fromEntries([0, 1, 2, 3].map((n) => [`reader-${n}@example.org`, 1])));
  expect(await verify(app.db, { latest: 5 })).toHaveLength(1);
});

test('many batches that were put off are all taken up again', async () => {
  await planFor(40, (n) => `d${n}.example.org`);
  app.sink.behave({ rcpt: () => '451 4.3.2 not now' });
  const ids = await take();
  const sending = await app.sending();
  await Promise.all([0, 10, 20, 30].map((from) => sendBatch(sending, ids.slice(from, from + 10))));
  expect(await tally(app)).toEqual({ planned: 40 });
  app.sink.behave({});
  for (const minutes of [5, 20, 60]) {
    app.clock.set(new Date(MORNING.getTime() + minutes * 60_000));
    await drain(app);
  }
  expect(Object.keys(counts())).toHaveLength(40);
  expect(app.sink.received).toHaveLength(40);
});

test('a confirmation does not wait behind a morning’s digests, nor behind a full queue', async () => {
  await planFor(30);
  await subscribe(app, {
    email: 'new@example.org',
    preferences: defaultPreferences,
    wording: 'test',
    page: 'test',
  });
  app.clock.set(new Date(MORNING.getTime() + 60_000));
  await plan(app.planning);
  const batches: (readonly number[])[] = [];
  await dispatch({ ...app.dispatching, enqueue: async (given) => void batches.push(...given) });
  const [confirmation] = await ledger(app, 'confirmation');
  expect(batches[0]).toEqual([confirmation?.id]);
  expect(batches.flat()).toHaveLength(31);
});
