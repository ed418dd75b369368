import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import {
  type AgainChoice,
  cancelEdition,
  countCauses,
  listDeliveries,
  plan,
  sendAgain,
  settleByEvidence,
  verify,
} from '../../src/deliveries/index.ts';
import { createLog } from '../../src/platform/index.ts';
import { addSubscriber, defaultPreferences } from '../../src/subscribers/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { drain, tally } from '../support/day.ts';
import { issue, ledger } from './support.ts';

let app: TestApp;
let other: App;
let edition = 0;

const NOT_SENT = [
  'a@gone.example',
  'b@gone.example',
  'c@gone.example',
  'a@full.example',
  'b@full.example',
  'a@lost.example',
  'b@lost.example',
  'c@lost.example',
  'a@later.example',
];

/** What each domain does to its mail: no such users, full, greylisting. */
const REPLIES: Record<string, string> = {
  'gone.example': '550 5.1.1 no such user',
  'full.example': '552 5.2.2 over quota',
  'later.example': '451 4.7.1 greylisted',
};
const replyOf = (to: string) => REPLIES[to.slice(to.indexOf('@') + 1)];

/** The line drops after DATA, for all three at once: their server is left alone from then on. */
function dropThree(): void {
  let held = 0;
  let release = () => {};
  const all = new Promise<void>((go) => {
    release = go;
  });
  app.sink.behave({
    hold() {
      held += 1;
      if (held === 3) release();
      return all;
    },
    data: () => 'drop',
  });
}

/** Another sender, for whom the server does not rest; some minutes later. */
async function sendDue(): Promise<void> {
  app.clock.set(new Date(app.clock.now().getTime() + 600_000));
  await drain({ ...app, sending: other.sending });
}

// One morning for the whole file: each test goes on where the one before ended.
beforeAll(async () => {
  app = await startTestApp({ now: new Date('2026-06-09T12:00Z') });
  other = await createApp({ config: app.config, clock: app.clock, log: createLog('silent') });
  for (const email of ['ok@example.org', ...NOT_SENT]) {
    const preferences = { ...defaultPreferences, hour: email.endsWith('@lost.example') ? 7 : 6 };
    await addSubscriber(app, { email, preferences });
  }
  await issue(app, '2026-06-10');
  app.sink.behave({ rcpt: replyOf });
  app.clock.set(new Date('2026-06-11T06:00Z'));
  await drain(app);
  dropThree();
  // Before the greylisted one is tried again.
  await app.db.query(
    'test-later',
    "update deliveries set due_at = due_at + interval '2 hours' where attempts > 0 and state = 'planned'",
  );
  app.clock.set(new Date('2026-06-11T07:00Z'));
  await drain(app);
  const [proof] = await verify(app.db, { latest: 1 });
  edition = proof?.editionId ?? 0;
  expect(await tally(app)).toEqual({ sent: 1, failed: 5, uncertain: 3, planned: 1 });
});
afterAll(async () => {
  await other?.close();
  await app.end();
});

const messageIds = async (state: string) =>
  (await ledger(app)).filter((row) => row.state === state).map((row) => row.messageId);

describe('who did not get it, and why', () => {
  test('every row counted, by reason, code, domain and server', async () => {
    const [reasons, codes, domains, servers] = await Promise.all(
      (['reason', 'code', 'domain', 'server'] as const).map((by) => countCauses(app.db, edition, by)),
    );
    expect(codes).toMatchObject([
      { state: 'failed', value: '550', smtpCode: 550, rows: 3 },
      { state: 'uncertain', value: null, smtpCode: null, rows: 3 },
      { state: 'failed', value: '552', smtpCode: 552, rows: 2 },
      { state: 'planned', value: '451', smtpCode: 451, rows: 1 },
    ]);
    expect(domains).toMatchObject([
      { state: 'failed', value: 'gone.example', rows: 3 },
      { state: 'uncertain', value: 'lost.example', rows: 3 },
      { state: 'failed', value: 'full.example', rows: 2 },
      { state: 'planned', value: 'later.example', rows: 1 },
    ]);
    expect(servers?.map((cause) => [cause.state, cause.value, cause.rows])).toContainEqual([
      'failed',
      `127.0.0.1:${app.sink.port}`,
      5,
    ]);
    for (const groups of [reasons, codes, domains, servers])
      expect(groups?.reduce((sum, cause) => sum + cause.rows, 0)).toBe(9);
    expect(await countCauses(app.db, edition, 'domain', 1)).toHaveLength(1);
  });

  test('row by row: by code, domain and server, without those who got it or whose hour is to come', async () => {
    await addSubscriber(app, {
      email: 'waits@example.org',
      preferences: { ...defaultPreferences, hour: 20 },
    });
    await plan(app.planning);
    const emails = async (filter: Parameters<typeof listDeliveries>[1]) =>
      (await listDeliveries(app.db, { notSent: true, ...filter })).map((row) => row.email).sort();
    expect(await emails({})).toEqual([...NOT_SENT].sort());
    expect(await emails({ smtpCode: 552 })).toEqual(['a@full.example', 'b@full.example']);
    expect(await emails({ domain: 'gone.example', state: 'failed' })).toHaveLength(3);
    expect(await emails({ domain: 'one.example' })).toEqual([]);
    expect(await emails({ server: 'elsewhere' })).toEqual([]);
  });
});

describe('retry', () => {
  test('only those that fit go out, with their Message-ID; asking twice does nothing', async () => {
    app.sink.behave({ rcpt: (to) => (to.endsWith('@later.example') ? replyOf(to) : undefined) });
    const failed = new Set((await messageIds('failed')).map((id) => `<${id}>`));
    const before = app.sink.received.length;
    const retry = (which: Partial<AgainChoice>) =>
      sendAgain(app, 'retry', { editionId: edition, ...which }, 'ann');
    for (const which of [
      { smtpCode: 552, domain: 'gone.example' },
      { server: 'elsewhere:25' },
      { smtpCode: null },
      { reason: 'no such reason' },
      { editionId: edition + 1 },
    ])
      expect(await retry(which)).toEqual({ rows: 0, tooLate: 0 });
    expect(await retry({ smtpCode: 552 })).toEqual({ rows: 2, tooLate: 0 });
    expect(await retry({ smtpCode: 552 })).toEqual({ rows: 0, tooLate: 0 });
    expect((await ledger(app)).filter((row) => row.reason?.startsWith('retried'))).toMatchObject(
      Array(2).fill({ state: 'planned', attempts: 0 }),
    );
    await sendDue();
    const emails = () =>
      app.sink.received
        .slice(before)
        .map((mail) => mail.to[0])
        .sort();
    expect(emails()).toEqual(['a@full.example', 'b@full.example']);
    expect(await retry({ domain: 'gone.example', server: `127.0.0.1:${app.sink.port}` })).toMatchObject({
      rows: 3,
    });
    expect(await retry({})).toEqual({ rows: 0, tooLate: 0 });
    await sendDue();
    expect(emails()).toEqual(NOT_SENT.filter((email) => /gone|full/.test(email)).sort());
    for (const mail of app.sink.received.slice(before)) expect(failed).toContain(mail.messageId);
    expect(await verify(app.db, { latest: 1 })).toMatchObject([
      { sent: 6, failed: 0, uncertain: 3, holds: true },
    ]);
    const audit = await app.db.query<{ detail: { rows: number } }>(
      'test-audit',
      "select detail from audit where action = 'deliveries.retry' order by id",
    );
    expect(audit.map((entry) => entry.detail.rows)).toEqual([2, 3]);
  });
});

test('resend: an uncertain one goes out once more with its Message-ID, by number', async () => {
  const [row] = await listDeliveries(app.db, { state: 'uncertain' });
  expect(await sendAgain(app, 'resend', { ids: [1_000_000] }, 'ann')).toEqual({ rows: 0, tooLate: 0 });
  expect(await sendAgain(app, 'retry', { ids: [row?.id ?? 0] }, 'ann')).toEqual({ rows: 0, tooLate: 0 });
  expect(await sendAgain(app, 'resend', { ids: [row?.id ?? 0] }, 'ann')).toEqual({ rows: 1, tooLate: 0 });
  await sendDue();
  expect(app.sink.received.at(-1)).toMatchObject({ to: [row?.email], messageId: `<${row?.messageId}>` });
  expect(await tally(app)).toMatchObject({ sent: 7, uncertain: 2 });
});

describe('evidence that comes later', () => {
  const at = new Date('2026-06-11T07:05Z');
  const events = () =>
    app.db.query<{ kind: string; detail: string | null }>(
      'test-events',
      'select kind, detail from delivery_events order by id',
    );

  test('of an uncertain mail that it arrived: it is sent; once more is known already', async () => {
    const [id] = await messageIds('uncertain');
    const delivered = { kind: 'delivered', at, providerEventId: 'e1' } as const;
    expect(await settleByEvidence(app, `<${id}>`, delivered)).toBe('settled');
    expect(await settleByEvidence(app, `<${id}>`, delivered)).toBe('known');
    expect(await verify(app.db, { latest: 1 })).toMatchObject([{ sent: 8, uncertain: 1, holds: true }]);
  });

  test('that it bounced: it is failed, with the code', async () => {
    const [id = ''] = await messageIds('uncertain');
    expect(
      await settleByEvidence(app, id, {
        kind: 'bounced',
        at,
        providerEventId: 'e2',
        smtpCode: 550,
        detail: 'no\0 such user'.padEnd(5_000, '!'),
      }),
    ).toBe('settled');
    expect(await listDeliveries(app.db, { state: 'failed', domain: 'lost.example' })).toMatchObject([
      { smtpCode: 550, reason: 'known by a later notice: bounced' },
    ]);
    expect((await events()).at(-1)?.detail).toHaveLength(1_000);
  });

  test('of a mail that was sent, is a fact beside it: the row stays sent', async () => {
    const [id = ''] = await messageIds('sent');
    expect(await settleByEvidence(app, id, { kind: 'bounced', at, providerEventId: 'e3' })).toBe('noted');
    expect(await settleByEvidence(app, id, { kind: 'deferred', at, providerEventId: 'e4' })).toBe('noted');
    expect((await events()).map((event) => event.kind).slice(-2)).toEqual(['bounced', 'deferred']);
    expect(await tally(app)).toMatchObject({ sent: 8, failed: 1 });
  });

  test('of a mail of others, or of nobody, is not kept', async () => {
    const [id = ''] = await messageIds('sent');
    const before = await events();
    for (const text of [
      '',
      'not-ours@example.org',
      id.replace(/\.[0-9a-f]/, '.x'),
      id.replace(/^d[0-9a-f]+/, 'd7fffffff'),
      id.replace(/@.*/, '@elsewhere.example'),
      'dffffffffffffffff.00000000000000000000@x',
    ])
      expect(await settleByEvidence(app, text, { kind: 'delivered', at, providerEventId: text }), text).toBe(
        'unknown',
      );
    expect(await events()).toEqual(before);
  });
});

test('nothing goes out again when it was withdrawn, a later edition is out or the day has passed: it stays, and is counted', async () => {
  const again = () => sendAgain(app, 'retry', { editionId: edition }, 'ann');
  const none = { rows: 0, tooLate: 1 };
  const now = app.clock.now();
  await issue(app, '2026-06-11');
  expect(await again()).toEqual(none);
  app.clock.set(new Date('2026-06-12T07:00Z'));
  expect(await again()).toEqual(none);
  app.clock.set(now);
  await cancelEdition(app, edition, 'ann');
  expect(await again()).toEqual(none);
  expect(await tally(app)).toMatchObject({ failed: 1 });
});
