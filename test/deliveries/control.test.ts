import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  cancelEdition,
  dispatch,
  measureLedger,
  pauseEdition,
  plan,
  resumeEdition,
  verify,
} from '../../src/deliveries/index.ts';
import { sendBatch } from '../../src/outbox/index.ts';
import { addSubscriber, defaultPreferences, subscribe } from '../../src/subscribers/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { drain, tally } from '../support/day.ts';
import { issue, ledger } from './support.ts';

let app: TestApp;
let daily = 0;
const MORNING = new Date('2026-06-11T07:00Z');

beforeEach(async () => {
  app = await startTestApp({ now: new Date('2026-06-09T12:00Z') });
});
afterEach(() => app.end());

/** Readers at 7, whose edition of the 10th is planned; it is their hour. */
async function planFor(readers: number): Promise<void> {
  await Promise.all(
    Array.from({ length: readers }, (_, n) => addSubscriber(app, { email: `reader-${n}@example.org` })),
  );
  await issue(app, '2026-06-10');
  app.clock.set(MORNING);
  const [proof] = await verify(app.db, { latest: 1 });
  daily = proof?.editionId ?? 0;
}

async function take(): Promise<number[]> {
  const ids: number[] = [];
  await dispatch({ ...app.dispatching, enqueue: async (batches) => void ids.push(...batches.flat()) });
  return ids;
}

const audited = () =>
  app.db.query<{ actor: string; action: string; detail: unknown }>(
    'test-audit',
    'select actor, action, detail from audit order by id',
  );

describe('a pause', () => {
  test('sends nothing, and resuming sends all of it, once; both are written down, and twice is once', async () => {
    await planFor(5);
    expect(await pauseEdition(app, daily, 'ann')).toEqual({ outcome: 'done', rows: 0 });
    expect(await pauseEdition(app, daily, 'ann')).toEqual({ outcome: 'already', rows: 0 });
    app.clock.set(new Date('2026-06-11T08:00Z'));
    await drain(app);
    expect(app.sink.received).toHaveLength(0);
    expect(await verify(app.db, { editionId: daily })).toMatchObject([
      { state: 'paused', planned: 5, waiting: 5, holds: true },
    ]);
    // Nobody is to be woken for what an operator holds back.
    expect(await measureLedger(app.db, app.clock.now())).toMatchObject({ lagSeconds: 0 });
    expect(await resumeEdition(app, daily, 'ben')).toEqual({ outcome: 'done', rows: 0 });
    expect(await resumeEdition(app, daily, 'ben')).toEqual({ outcome: 'already', rows: 0 });
    await drain(app);
    expect(new Set(app.sink.received.map((mail) => mail.to[0])).size).toBe(5);
    expect(app.sink.received).toHaveLength(5);
    expect(await audited()).toMatchObject([
      { actor: 'ann', action: 'edition.pause', detail: { editionId: daily } },
      { actor: 'ben', action: 'edition.resume', detail: { editionId: daily } },
    ]);
  });

  test('takes back what was given to a queue; the jobs that come all the same send nothing', async () => {
    await planFor(5);
    const ids = await take();
    expect(await pauseEdition(app, daily, 'ann')).toEqual({ outcome: 'done', rows: 5 });
    expect(await sendBatch(await app.sending(), ids)).toEqual({});
    expect(await tally(app)).toEqual({ planned: 5 });
    await resumeEdition(app, daily, 'ann');
    const again = await take();
    // The old job and the new one, at once.
    const sending = await app.sending();
    await Promise.all([sendBatch(sending, ids), sendBatch(sending, again)]);
    expect(app.sink.received).toHaveLength(5);
    expect(await tally(app)).toEqual({ sent: 5 });
  });

  test('that comes between dispatch and claim is seen by the claim: given back, and not counted as a try', async () => {
    await planFor(3);
    const ids = await take();
    // Dispatch looked before the pause was there, and wrote after it.
    await app.db.query('test-pause', 'update editions set paused_at = now() where id = $1', [daily]);
    expect(await sendBatch(await app.sending(), ids)).toEqual({ planned: 3 });
    expect(app.sink.received).toHaveLength(0);
    expect(await ledger(app)).toMatchObject(
      Array(3).fill({ state: 'planned', attempts: 0, reason: 'the edition is paused', dueAt: MORNING }),
    );
    await resumeEdition(app, daily, 'ann');
    await drain(app);
    expect(app.sink.received).toHaveLength(3);
  });

  test('of one edition holds up no other, and no confirmation', async () => {
    await planFor(4);
    await addSubscriber(app, {
      email: 'weekly@example.org',
      preferences: { ...defaultPreferences, cadence: 'weekly' },
    });
    await issue(app, '2026-06-14');
    app.clock.set(new Date('2026-06-15T09:00Z'));
    const [today] = await verify(app.db, { issueDate: '2026-06-14' });
    await pauseEdition(app, today?.editionId ?? 0, 'ann');
    await subscribe(app, {
      email: 'new@example.org',
      preferences: defaultPreferences,
      wording: 'test',
      page: 'test',
    });
    await drain(app);
    expect(app.sink.received.map((mail) => mail.to[0]).sort()).toEqual([
      'new@example.org',
      'weekly@example.org',
    ]);
    expect(await verify(app.db, { editionId: today?.editionId ?? 0 })).toMatchObject([
      { state: 'paused', planned: 4, waiting: 4, holds: true },
    ]);
  });

  test('and a resume fifty times while mail goes out, with other batches each time: every reader has one', async () => {
    const readers = 120;
    await planFor(readers);
    const sending = await app.sending();
    for (let round = 0; round < 50; round += 1) {
      await resumeEdition(app, daily, 'ann');
      const ids = await take();
      const before = app.sink.received.length;
      const stop = new AbortController();
      // Batches of another size each time, some of them given to two senders.
      const size = 1 + (round % 7);
      const batches = [ids.slice(0, size), ids.slice(size), ...(round % 3 === 0 ? [ids] : [])];
      const sent = Promise.all(batches.map((batch) => sendBatch(sending, batch, stop.signal)));
      if (ids.length > 0) await app.sink.waitFor(before + 1);
      if (round % 2 === 0) stop.abort();
      await pauseEdition(app, daily, 'ann');
      await sent;
      expect(await verify(app.db, { editionId: daily })).toMatchObject([{ planned: readers, holds: true }]);
    }
    await resumeEdition(app, daily, 'ann');
    await drain(app);
    expect(await tally(app)).toEqual({ sent: readers });
    expect(app.sink.received.map((mail) => mail.to[0]).sort()).toEqual(
      Array.from({ length: readers }, (_, n) => `reader-${n}@example.org`).sort(),
    );
  });
});

describe('cancelling', () => {
  test('ends what was not sent, keeps what was, for good', async () => {
    await planFor(6);
    const ids = await take();
    await sendBatch(await app.sending(), ids.slice(0, 2));
    expect(await cancelEdition(app, daily, 'ann')).toEqual({ outcome: 'done', rows: 4 });
    expect(await cancelEdition(app, daily, 'ann')).toEqual({ outcome: 'already', rows: 0 });
    expect(await resumeEdition(app, daily, 'ann')).toEqual({ outcome: 'withdrawn', rows: 0 });
    expect(await pauseEdition(app, daily, 'ann')).toEqual({ outcome: 'withdrawn', rows: 0 });
    await sendBatch(await app.sending(), ids);
    await addSubscriber(app, { email: 'late@example.org' });
    await plan(app.planning);
    await drain(app);
    expect(app.sink.received).toHaveLength(2);
    expect(await tally(app)).toEqual({ sent: 2, cancelled: 4 });
    expect(await verify(app.db, { editionId: daily })).toMatchObject([
      { state: 'withdrawn', planned: 6, sent: 2, cancelled: 4, waiting: 0, holds: true },
    ]);
    expect(await audited()).toMatchObject([{ action: 'edition.cancel', detail: { rows: 4 } }]);
  });

  test('at once with planning leaves no row that waits', async () => {
    await planFor(3);
    await Promise.all(
      Array.from({ length: 5 }, (_, n) => addSubscriber(app, { email: `more-${n}@example.org` })),
    );
    await Promise.all([plan(app.planning), cancelEdition(app, daily, 'ann'), plan(app.planning)]);
    expect(await verify(app.db, { editionId: daily })).toMatchObject([{ waiting: 0, holds: true }]);
  });

  test('a mail that is on the wire arrives, and its row says so', async () => {
    await planFor(2);
    let release = () => {};
    const held = new Promise<void>((go) => {
      release = go;
    });
    let onWire = 0;
    app.sink.behave({
      hold: () => {
        onWire += 1;
        return held;
      },
    });
    const sent = sendBatch(await app.sending(), await take());
    await expect.poll(() => onWire).toBe(2);
    expect(await cancelEdition(app, daily, 'ann')).toEqual({ outcome: 'done', rows: 0 });
    release();
    await sent;
    expect(await tally(app)).toEqual({ sent: 2 });
  });
});

test('an edition that is not there', async () => {
  for (const act of [pauseEdition, resumeEdition, cancelEdition])
    expect(await act(app, 4711, 'ann')).toEqual({ outcome: 'unknown', rows: 0 });
  expect(await audited()).toEqual([]);
});
