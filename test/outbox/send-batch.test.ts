import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dispatch, exchange, listDeliveries, plan, sweep, verify } from '../../src/deliveries/index.ts';
import { sendBatch } from '../../src/outbox/index.ts';
import { unsubscribe } from '../../src/subscribers/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain, papersOf, tally, tickAll } from '../support/day.ts';
import { startSink } from '../support/smtp.ts';

let app: TestApp;
const OPENS = new Date('2026-06-11T02:00Z');
const MORNING = new Date('2026-06-11T07:00Z');

beforeEach(async () => {
  app = await startTestApp({ now: new Date('2026-06-10T12:00Z'), days: papersOf('2026-06-10') });
});
afterEach(() => app.end());

/** Readers at 7 UTC, and the edition of the 10th planned for them. */
async function planFor(...emails: string[]): Promise<void> {
  for (const email of emails) await addReader(app, email);
  app.clock.set(OPENS);
  await tickAll(app);
  expect(await tally(app)).toEqual({ planned: emails.length });
  app.clock.set(MORNING);
}

const rows = () =>
  app.db.query<{ state: string; reason: string | null; attempts: number; dueAt: Date; messageId: string }>(
    'test-rows',
    `select state, reason, attempts, due_at as "dueAt", message_id as "messageId" from deliveries where kind = 'digest' order by id`,
  );

describe('what servers say', () => {
  test('one 550 among several: the others get one copy, that one fails at once, and the proof holds', async () => {
    await planFor('a@example.org', 'gone@example.org', 'c@example.org');
    app.sink.behave({ rcpt: (to) => (to.startsWith('gone') ? '550 5.1.1 no such user' : undefined) });
    await drain(app);
    expect(app.sink.received.map((mail) => mail.to[0]).sort()).toEqual(['a@example.org', 'c@example.org']);
    expect(await tally(app)).toEqual({ sent: 2, failed: 1 });
    expect(await verify(app.db, { latest: 1 })).toMatchObject([
      { planned: 3, sent: 2, failed: 1, holds: true },
    ]);
  });

  test('451 at RCPT is tried again after growing waits, and arrives once with the same Message-ID', async () => {
    await planFor('a@example.org');
    app.sink.behave({ rcpt: () => '451 4.7.1 greylisted' });
    await drain(app);
    const [first] = await rows();
    expect(first).toMatchObject({ state: 'planned', attempts: 1, reason: 'refused for now' });
    const firstWait = (first?.dueAt.getTime() ?? 0) - MORNING.getTime();
    app.clock.set(first?.dueAt ?? MORNING);
    await drain(app);
    const [second] = await rows();
    expect((second?.dueAt.getTime() ?? 0) - (first?.dueAt.getTime() ?? 0)).toBeGreaterThan(firstWait);
    app.sink.behave({});
    app.clock.set(second?.dueAt ?? MORNING);
    await drain(app);
    expect(app.sink.received).toHaveLength(1);
    expect(app.sink.received[0]?.messageId).toBe(`<${first?.messageId}>`);
    expect(await rows()).toMatchObject([{ state: 'sent', attempts: 3, messageId: first?.messageId }]);
  });

  test('a connection that dies after DATA is uncertain, and is not sent again', async () => {
    await planFor('a@example.org');
    app.sink.behave({ data: () => 'drop' });
    await drain(app);
    expect(await tally(app)).toEqual({ uncertain: 1 });
    app.sink.behave({});
    app.clock.set(new Date('2026-06-11T12:00Z'));
    await drain(app);
    expect(app.sink.received).toHaveLength(0);
    expect(await verify(app.db, { latest: 1 })).toMatchObject([{ uncertain: 1, holds: true }]);
  });

  test('a policy refusal is ours: failed, counted apart, the reader stays', async () => {
    await planFor('a@example.org');
    app.sink.behave({ data: () => '550 5.7.26 unauthenticated mail is prohibited' });
    await drain(app);
    expect(await rows()).toMatchObject([
      { state: 'failed', reason: 'refused because of us, not of the address' },
    ]);
    expect(await app.metrics.render()).toMatch(/paperboy_outbox_sender_faults_total 1/);
  });

  test('with SMTP down deliveries wait, and nobody counts it as a try', async () => {
    await planFor('a@example.org', 'b@example.org');
    await app.sink.close();
    await drain(app);
    expect(await rows()).toMatchObject([
      { state: 'planned', attempts: 0 },
      { state: 'planned', attempts: 0 },
    ]);
  });
});

describe('trouble with some is no trouble for the others', () => {
  const queueAll = async () => {
    const queued: number[] = [];
    await dispatch({
      ...app.dispatching,
      enqueue: async (batches) => void queued.push(...batches.flat()),
    });
    return queued;
  };

  test('a mail that its server thinks about for long holds one connection, and all others go out meanwhile', async () => {
    const emails = Array.from({ length: 25 }, (_, i) => `reader-${i}@example.org`);
    await planFor(...emails, 'stuck@example.org');
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    app.sink.behave({ hold: (to) => (to.startsWith('stuck') ? held : undefined) });
    const sending = sendBatch(await app.sending(), (await queueAll()).reverse());
    await app.sink.waitFor(25);
    await expect.poll(() => tally(app)).toEqual({ sent: 25, sending: 1 });
    release();
    expect(await sending).toEqual({ sent: 26 });
    expect(await tally(app)).toEqual({ sent: 26 });
  });

  test('batches at once share the connections: no more rows are claimed than there are of them', async () => {
    await planFor(...Array.from({ length: 24 }, (_, i) => `reader-${i}@example.org`));
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    app.sink.behave({ hold: () => held });
    const sending = await app.sending();
    const ids = await queueAll();
    const batches = [ids.slice(0, 8), ids.slice(8, 16), ids.slice(16)].map((part) =>
      sendBatch(sending, part),
    );
    const { capacity } = sending.transport;
    expect(capacity).toBeLessThan(ids.length);
    // Longer than a chunk waits for its mails: those that are held keep their permits.
    await expect
      .poll(() => tally(app), { timeout: 5_000 })
      .toEqual({ sending: capacity, queued: 24 - capacity });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(await tally(app)).toEqual({ sending: capacity, queued: 24 - capacity });
    release();
    await Promise.all(batches);
    expect(await tally(app)).toEqual({ sent: 24 });
    expect(app.sink.received).toHaveLength(24);
  });

  test('a claim whose answer was lost is asked for again and gives the same rows; what was settled stays', async () => {
    await planFor('a@example.org', 'b@example.org');
    const ids = await queueAll();
    const ask = { claimId: randomUUID(), now: MORNING, until: new Date(MORNING.getTime() + 60_000) };
    const [first = 0, second = 0] = ids;
    const { rows: claimed } = await exchange(app, { ...ask, endings: [], ids: [first] });
    const again = await exchange(app, { ...ask, endings: [], ids: [first] });
    expect(again.rows).toEqual(claimed);
    // The database was away for so long that the sweep gave the row up: nobody has sent it, and its owner knows.
    app.clock.set(new Date(MORNING.getTime() + 10 * 60_000));
    expect(await sweep(app.sweeping)).toMatchObject({ uncertain: 1 });
    app.clock.set(MORNING);
    expect((await exchange(app, { ...ask, endings: [], ids: [first] })).rows).toMatchObject([
      { id: first, refusal: null },
    ]);
    // Another sender gets nothing of it.
    expect(await exchange(app, { ...ask, claimId: randomUUID(), endings: [], ids: [first] })).toEqual({
      settled: 0,
      rows: [],
    });
    const endings = [{ id: first, month: claimed[0]?.month ?? '', state: 'sent' as const, attempted: true }];
    const next = await exchange(app, { ...ask, endings, ids: [second] });
    expect(next).toMatchObject({ settled: 1, rows: [{ id: second, refusal: null }] });
    expect(await exchange(app, { ...ask, endings, ids: [second] })).toEqual({ settled: 0, rows: next.rows });
    expect(await tally(app)).toEqual({ sent: 1, sending: 1 });
  });

  test('an address beyond ASCII, from before they were refused, fails alone and is ours', async () => {
    await planFor('a@example.org', 'b@example.org');
    await app.db.query(
      'test-idn',
      "update subscribers set email = 'jürgen@example.org' where email like 'a@%'",
    );
    await drain(app);
    expect(await rows()).toMatchObject([
      { state: 'failed', reason: 'refused because of us, not of the address' },
      { state: 'sent' },
    ]);
    expect(app.sink.recipients).toEqual(['b@example.org']);
  });

  test('a database that drops us while a mail is composed: nothing is sent, and it is tried again', async () => {
    await planFor('a@example.org');
    const ids = await queueAll();
    const sending = await app.sending();
    const counts = await app.db.transaction(async (tx) => {
      await tx.query('test-lock', 'lock table edition_papers in access exclusive mode');
      const sent = sendBatch(sending, ids);
      const end = `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%from edition_papers%'`;
      await expect.poll(() => app.db.query('test-end', end), { timeout: 5_000 }).not.toEqual([]);
      return sent;
    });
    expect(counts).toEqual({ planned: 1 });
    expect(await rows()).toMatchObject([
      { state: 'planned', attempts: 0, reason: expect.stringMatching(/^not composed: /) },
    ]);
    app.clock.set(new Date(MORNING.getTime() + 60_000));
    await drain(app);
    expect(await tally(app)).toEqual({ sent: 1 });
  });

  test('a server that takes only small mails refuses before the data, and that is ours to mend', async () => {
    const small = await startSink({ size: 2_000 });
    const narrow = await startTestApp({
      now: new Date('2026-06-10T12:00Z'),
      days: papersOf('2026-06-10'),
      settings: { SMTP_URL: `smtp://127.0.0.1:${small.port}` },
    });
    try {
      await addReader(narrow, 'a@example.org');
      narrow.clock.set(OPENS);
      await tickAll(narrow);
      narrow.clock.set(MORNING);
      await drain(narrow);
      expect(await listDeliveries(narrow.db, { state: 'failed' })).toMatchObject([
        { reason: 'refused because of us, not of the address', smtpCode: 552, attempts: 1 },
      ]);
      expect(small.recipients).toEqual([]);
    } finally {
      await narrow.end();
      await small.close();
    }
  });
});

describe('the late look', () => {
  test('who unsubscribed after queueing gets nothing', async () => {
    await planFor('a@example.org', 'b@example.org');
    const queued: number[] = [];
    await dispatch({ ...app.dispatching, enqueue: async (batches) => void queued.push(...batches.flat()) });
    expect(queued).toHaveLength(2);
    const [reader] = await app.db.query<{ id: number }>(
      'test-id',
      "select id from subscribers where email = 'a@example.org'",
    );
    await unsubscribe(app, app.links.token('unsubscribe', reader?.id ?? 0), { page: 'one-click' });
    await sendBatch(await app.sending(), queued);
    expect(app.sink.received.map((mail) => mail.to[0])).toEqual(['b@example.org']);
    expect(await tally(app)).toEqual({ sent: 1, skipped: 1 });
  });

  test('two senders with the same ids send each mail once', async () => {
    await planFor('a@example.org', 'b@example.org', 'c@example.org');
    const queued: number[] = [];
    await dispatch({ ...app.dispatching, enqueue: async (batches) => void queued.push(...batches.flat()) });
    const sending = await app.sending();
    await Promise.all([sendBatch(sending, queued), sendBatch(sending, queued), sendBatch(sending, queued)]);
    expect(app.sink.received).toHaveLength(3);
    expect(await tally(app)).toEqual({ sent: 3 });
  });

  test('a withdrawn edition is cancelled, a stale one expires', async () => {
    await planFor('a@example.org');
    await app.db.query('test-withdraw', "update editions set state = 'withdrawn'");
    await drain(app);
    expect(await tally(app)).toEqual({ cancelled: 1 });
  });

  test('a day that passed (a restored database) is not mailed', async () => {
    await planFor('a@example.org');
    app.clock.set(new Date('2026-06-12T09:00Z'));
    await drain(app);
    expect(app.sink.received).toHaveLength(0);
    expect(await tally(app)).toEqual({ expired: 1 });
  });
});

describe('what is dropped is found', () => {
  test('a queue that lost its jobs: the rows go out after the next sweep, once', async () => {
    await planFor('a@example.org');
    await dispatch({ ...app.dispatching, enqueue: async () => {} });
    expect(await tally(app)).toEqual({ queued: 1 });
    app.clock.set(new Date(MORNING.getTime() + 30_000));
    await drain(app);
    expect(app.sink.received).toHaveLength(1);
    expect(await tally(app)).toEqual({ sent: 1 });
  });

  test('a queue that is away: the rows are planned again at once', async () => {
    await planFor('a@example.org');
    const away = async () => {
      throw new Error('away');
    };
    expect(await dispatch({ ...app.dispatching, enqueue: away })).toBe(0);
    expect(await tally(app)).toEqual({ planned: 1 });
  });

  test.each(['hold', 'resend'] as const)('a sender that died with a claim: %s', async (uncertain) => {
    await planFor('a@example.org');
    const queued: number[] = [];
    await dispatch({ ...app.dispatching, enqueue: async (batches) => void queued.push(...batches.flat()) });
    // The server holds the final dot for ever: as far as the ledger can tell, this sender died in the middle.
    let reached = () => {};
    const atTheDot = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    app.sink.behave({
      hold: () => {
        reached();
        return held;
      },
    });
    const stuck = sendBatch(await app.sending(), queued);
    await atTheDot;
    app.clock.set(new Date(MORNING.getTime() + 10 * 60_000));
    const counts = await sweep({ ...app.sweeping, uncertain });
    expect(counts).toMatchObject(uncertain === 'hold' ? { uncertain: 1 } : { resent: 1 });
    release();
    await stuck;
    if (uncertain === 'hold') {
      // The sender lived after all, and it knows best.
      expect(await tally(app)).toEqual({ sent: 1 });
    } else {
      app.sink.behave({});
      await drain(app);
      expect(app.sink.received).toHaveLength(2);
      expect(new Set(app.sink.received.map((mail) => mail.messageId)).size).toBe(1);
    }
  });

  test('planning twice, and by three at once, writes each row once', async () => {
    await planFor('a@example.org', 'b@example.org');
    await Promise.all([plan(app.planning), plan(app.planning), plan(app.planning)]);
    expect(await verify(app.db, { latest: 1 })).toMatchObject([{ planned: 2, waiting: 2, holds: true }]);
  });

  test('stopping gives back what has not been begun', async () => {
    await planFor('a@example.org');
    const queued: number[] = [];
    await dispatch({ ...app.dispatching, enqueue: async (batches) => void queued.push(...batches.flat()) });
    expect(await sendBatch(await app.sending(), queued, AbortSignal.abort())).toEqual({});
    expect(await tally(app)).toEqual({ planned: 1 });
  });
});

test('the proof names an edition whose rows do not add up', async () => {
  await planFor('a@example.org', 'b@example.org');
  await drain(app);
  await app.db.query(
    'test-lose',
    "delete from deliveries where id = (select min(id) from deliveries where kind = 'digest')",
  );
  expect(await verify(app.db, { latest: 1 })).toMatchObject([{ planned: 2, sent: 1, holds: false }]);
});
