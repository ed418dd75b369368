import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dispatch, plan } from '../../src/deliveries/index.ts';
import { sendBatch } from '../../src/outbox/index.ts';
import {
  addressHash,
  changePreferences,
  confirm,
  defaultPreferences,
  subscribe,
  unsubscribe,
  unsubscribeByEmail,
} from '../../src/subscribers/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader } from '../support/day.ts';
import { issue, ledger } from './support.ts';

const KEYS = ['new-key-0123456789abcdef0123456789', 'old-key-0123456789abcdef0123456789'];
let app: TestApp;

async function start(): Promise<void> {
  app = await startTestApp({ now: new Date('2026-06-01T12:00Z'), settings: { SECRET_KEY: KEYS.join(',') } });
  await issue(app, '2026-06-10');
  app.clock.set(new Date('2026-06-11T09:00Z'));
}

/** Everything that is due is given to a queue, and its ids to the test. */
async function queue(): Promise<number[]> {
  const ids: number[] = [];
  await plan(app.planning);
  await dispatch({ ...app.dispatching, enqueue: async (batches) => void ids.push(...batches.flat()) });
  return ids;
}

const send = async (ids: number[]) => sendBatch(await app.sending(), ids);

const rowOf = async (id: number | undefined) => {
  const rows = [...(await ledger(app)), ...(await ledger(app, 'confirmation'))];
  return rows.find((row) => row.id === id);
};

const requestOf = async (email: string) => {
  const [row] = await app.db.query<{ id: number }>(
    'test-request',
    'select max(id) as id from consents where email = $1',
    [email],
  );
  return app.links.token('confirm', row?.id ?? 0);
};

const suppress = (email: string, key = KEYS[0] ?? '') =>
  app.db.query('test-suppress', "insert into suppressions (email_hash, reason, at) values ($1, 'hard', $2)", [
    addressHash([key], email),
    app.clock.now(),
  ]);

const eraseReader = (id: number) =>
  app.db.transaction(async (tx) => {
    await tx.query('test-erasing', "set local paperboy.erasing = 'on'");
    await tx.query('test-erase-consents', 'delete from consents where subscriber_id = $1', [id]);
    await tx.query('test-erase', 'delete from subscribers where id = $1', [id]);
  });

const prefer = (id: number, change: { cadence?: 'weekly'; pausedUntil?: string }) =>
  changePreferences(app, app.links.token('preferences', id), {
    preferences: { ...defaultPreferences, cadence: change.cadence ?? 'daily' },
    pausedUntil: change.pausedUntil ?? null,
  });

describe('a digest that was queued is not sent to a reader who meanwhile', () => {
  beforeAll(start);
  afterAll(() => app.end());

  test.each([
    {
      what: 'unsubscribed',
      act: (id: number) => unsubscribe(app, app.links.token('unsubscribe', id), { page: 'test' }),
      ending: { state: 'skipped', reason: 'unsubscribed' },
    },
    { what: 'was erased', act: eraseReader, ending: { state: 'skipped', reason: 'the reader was erased' } },
    {
      what: 'pauses',
      act: (id: number) => prefer(id, { pausedUntil: '2026-06-12' }),
      ending: { state: 'skipped', reason: 'paused' },
    },
    {
      what: 'went weekly',
      act: (id: number) => prefer(id, { cadence: 'weekly' }),
      ending: { state: 'skipped', reason: 'the reader changed the cadence' },
    },
    {
      what: 'is suppressed',
      act: (_: number, email: string) => suppress(email.toLowerCase()),
      ending: { state: 'skipped', reason: 'suppressed' },
    },
    {
      what: 'is suppressed under a key that was rotated out',
      act: (_: number, email: string) => suppress(email.toLowerCase(), KEYS[1]),
      ending: { state: 'skipped', reason: 'suppressed' },
    },
    {
      what: 'did nothing of the kind',
      act: (id: number) => prefer(id, { pausedUntil: '2026-06-11' }),
      ending: { state: 'sent', reason: null },
    },
  ])('$what', async ({ what, act, ending }) => {
    const email = `Reader-${what.length}@example.org`;
    const id = await addReader(app, email);
    const ids = await queue();
    const rows = (await ledger(app)).filter((row) => row.email === email);
    expect(rows).toHaveLength(1);
    await act(id, email);
    await send(ids);
    expect(await rowOf(rows[0]?.id)).toMatchObject(ending);
    expect(app.sink.recipients.filter((to) => to === email)).toHaveLength(ending.state === 'sent' ? 1 : 0);
  });
});

describe('a confirmation that was queued is not sent to an address that meanwhile', () => {
  beforeAll(start);
  afterAll(() => app.end());

  test.each([
    {
      what: 'confirmed by an earlier mail',
      act: async (email: string) => confirm(app, await requestOf(email), { page: 'test' }),
      ending: { state: 'skipped', reason: 'confirmed already' },
    },
    {
      what: 'said no',
      act: (email: string) => unsubscribeByEmail(app, email, { page: 'test' }),
      ending: { state: 'skipped', reason: 'unsubscribed' },
    },
    {
      what: 'is suppressed',
      act: (email: string) => suppress(email),
      ending: { state: 'skipped', reason: 'suppressed' },
    },
    { what: 'waits', act: async () => {}, ending: { state: 'sent', reason: null } },
  ])('$what', async ({ what, act, ending }) => {
    const email = `asker-${what.length}@example.org`;
    await subscribe(app, { email, preferences: defaultPreferences, wording: 'test', page: 'test' });
    const ids = await queue();
    await act(email);
    await send(ids);
    const rows = (await ledger(app, 'confirmation')).filter((row) => row.email === email);
    expect(rows).toMatchObject([ending]);
    expect(app.sink.recipients.filter((to) => to === email)).toHaveLength(ending.state === 'sent' ? 1 : 0);
  });

  test('who said no and then asks again is asked to confirm', async () => {
    const email = 'again@example.org';
    const ask = () =>
      subscribe(app, { email, preferences: defaultPreferences, wording: 'test', page: 'test' });
    await ask();
    await unsubscribeByEmail(app, email, { page: 'test' });
    app.clock.set(new Date(app.clock.now().getTime() + 3_600_000));
    await ask();
    await send(await queue());
    const rows = (await ledger(app, 'confirmation')).filter((row) => row.email === email);
    expect(rows).toMatchObject([{ state: 'skipped', reason: 'unsubscribed' }, { state: 'sent' }]);
  });
});

describe('a digest that was queued is not sent of an edition that meanwhile', () => {
  let ids: number[];
  beforeEach(async () => {
    await start();
    await addReader(app, 'ada@example.org');
    ids = await queue();
  });
  afterEach(() => app.end());

  test.each([
    {
      what: 'was withdrawn',
      act: () => app.db.query('test-withdraw', "update editions set state = 'withdrawn'"),
      ending: { state: 'cancelled', reason: 'the edition was withdrawn' },
    },
    {
      what: 'was removed',
      act: () => app.db.query('test-remove', 'delete from editions'),
      ending: { state: 'cancelled', reason: 'the edition was removed' },
    },
    {
      what: 'was followed by a later one',
      act: () => issue(app, '2026-06-11'),
      ending: { state: 'expired', reason: 'a later edition is out' },
    },
    {
      what: 'had its day',
      act: async () => app.clock.set(new Date('2026-06-12T09:00Z')),
      ending: { state: 'expired', reason: 'overdue' },
    },
  ])('$what', async ({ act, ending }) => {
    const [row] = await ledger(app);
    await act();
    await send(ids);
    expect(await rowOf(row?.id)).toMatchObject(ending);
    expect(app.sink.recipients).not.toContain('ada@example.org');
  });

  test('the suppression list costs no statement while it is empty, and one a chunk when it is not', async () => {
    const statements = async () =>
      Number(/_count\{label="claim-suppressed"\} (\d+)/.exec(await app.metrics.render())?.[1] ?? 0);
    await send(ids);
    expect(await statements()).toBe(0);
    await suppress('somebody-else@example.org');
    await addReader(app, 'bob@example.org');
    await send(await queue());
    expect(await statements()).toBe(1);
    expect(app.sink.recipients.sort()).toEqual(['ada@example.org', 'bob@example.org']);
  });

  test('a suppression list that cannot be read holds mail back; it goes out when the list is back', async () => {
    await suppress('somebody-else@example.org');
    await app.db.query('test-break', 'alter table suppressions rename email_hash to broken');
    // The other row is the confirmation mail, which is not needed any more.
    expect(await send(ids)).toEqual({ planned: 1, skipped: 1 });
    expect(await ledger(app)).toMatchObject([
      { state: 'planned', attempts: 0, reason: 'the suppression list could not be read' },
    ]);
    await app.db.query('test-mend', 'alter table suppressions rename broken to email_hash');
    expect(await send(await queue())).toEqual({ sent: 1 });
  });
});
