import { Temporal } from 'temporal-polyfill';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plan, verify } from '../../src/deliveries/index.ts';
import { assemble } from '../../src/editions/index.ts';
import { ensureSamples } from '../../src/papers/index.ts';
import {
  addSubscriber,
  changePreferences,
  defaultPreferences,
  type Preferences,
  subscribe,
  unsubscribe,
} from '../../src/subscribers/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain, tally } from '../support/day.ts';
import { dueTimes, issue, ledger } from './support.ts';

let app: TestApp;

beforeEach(async () => {
  app = await startTestApp({ now: new Date('2026-03-01T12:00Z') });
});
afterEach(() => app.end());

const at = (moment: string) => app.clock.set(new Date(moment));
const change = (id: number, preferences: Partial<Preferences>) =>
  changePreferences(app, app.links.token('preferences', id), {
    preferences: { ...defaultPreferences, ...preferences },
    pausedUntil: null,
  });
const ask = (email: string) =>
  subscribe(app, { email, preferences: defaultPreferences, wording: 'test', page: 'test' });

/** Berlin's reader of 8 o'clock and others, one each. */
const CLOCKS: Record<string, Partial<Preferences>> = {
  'apia@example.org': { timezone: 'Pacific/Apia', hour: 0 },
  'auckland@example.org': { timezone: 'Pacific/Auckland', hour: 7 },
  'berlin@example.org': { timezone: 'Europe/Berlin', hour: 8 },
  'gap@example.org': { timezone: 'America/New_York', hour: 2 },
  'honolulu@example.org': { timezone: 'Pacific/Honolulu', hour: 16 },
  'kathmandu@example.org': { timezone: 'Asia/Kathmandu', hour: 7 },
  'night@example.org': { timezone: 'Europe/Berlin', hour: 2 },
  'utc@example.org': { timezone: 'UTC', hour: 2 },
};

/** The first moment from `opens` on at which a reader's clock shows the hour, by another implementation of calendars. */
function nextHour(opens: string, { timezone = 'UTC', hour = 7 }: Partial<Preferences>): string {
  const opening = Temporal.Instant.from(opens);
  const day = opening.toZonedDateTimeISO(timezone).toPlainDate();
  for (const ahead of [-1, 0, 1, 2]) {
    const moment = day
      .add({ days: ahead })
      .toPlainDateTime({ hour })
      .toZonedDateTime(timezone, { disambiguation: 'later' })
      .toInstant();
    if (Temporal.Instant.compare(moment, opening) >= 0) return moment.toString({ smallestUnit: 'minute' });
  }
  throw new Error('A clock without this hour.');
}

describe('the hour', () => {
  test.each([
    '2026-03-07',
    '2026-03-27',
    '2026-03-28',
    '2026-04-04',
    '2026-06-10',
    '2026-10-24',
    '2026-10-31',
  ])('of every reader comes once after the edition of %s opens, wherever clocks change', async (day) => {
    for (const [email, preferences] of Object.entries(CLOCKS)) await addReader(app, email, preferences);
    await issue(app, day);
    const opens = app.clock.now().toISOString();
    const want = Object.entries(CLOCKS).map(([email, preferences]) => [email, nextHour(opens, preferences)]);
    expect(await dueTimes(app)).toEqual(Object.fromEntries(want));
    expect(await verify(app.db, { issueDate: day })).toMatchObject([
      { planned: want.length, waiting: want.length, holds: true },
    ]);
  });

  test('is what the reader of Berlin reads on the wall: 8, before and after the clocks change', async () => {
    await addReader(app, 'berlin@example.org', CLOCKS['berlin@example.org']);
    await issue(app, '2026-03-27');
    expect(await dueTimes(app)).toEqual({ 'berlin@example.org': '2026-03-28T07:00Z' });
    at('2026-03-28T07:00Z');
    await drain(app);
    await issue(app, '2026-03-28');
    expect(await dueTimes(app)).toEqual({ 'berlin@example.org': '2026-03-29T06:00Z' });
    at('2026-03-29T06:00Z');
    await drain(app);
    expect(app.sink.received.filter((mail) => mail.parsed.subject?.includes('2026'))).toHaveLength(2);
  });

  test.each(['2026-03-27', '2026-10-23'])(
    'comes once on each local day over the change of clocks after %s',
    async (first) => {
      const readers: Record<string, Partial<Preferences>> = {
        ...CLOCKS,
        'sydney@example.org': { timezone: 'Australia/Lord_Howe', hour: 2 },
      };
      for (const [email, preferences] of Object.entries(readers)) await addReader(app, email, preferences);
      const days = [0, 1, 2, 3].map((n) => Temporal.PlainDate.from(first).add({ days: n }).toString());
      for (const day of days) {
        await issue(app, day);
        const closed = app.clock.now().getTime();
        for (;;) {
          const [next] = await app.db.query<{ dueAt: Date }>(
            'test-next',
            `select due_at as "dueAt" from deliveries where state = 'planned' order by due_at limit 1`,
          );
          if (!next || next.dueAt.getTime() >= closed + 86_400_000) break;
          app.clock.set(next.dueAt);
          await drain(app);
        }
      }
      expect(await tally(app)).toMatchObject({ sent: expect.any(Number) });
      for (const [email, { timezone = 'UTC' }] of Object.entries(readers)) {
        const dates = app.sink.received
          .filter((mail) => mail.to[0] === email)
          .map((mail) =>
            Temporal.Instant.fromEpochMilliseconds(mail.parsed.date?.getTime() ?? 0)
              .toZonedDateTimeISO(timezone)
              .toPlainDate()
              .toString(),
          );
        const from = Temporal.PlainDate.from(dates[0] ?? first);
        expect(dates.length, email).toBeGreaterThanOrEqual(3);
        expect(dates, email).toEqual(dates.map((_, n) => from.add({ days: n }).toString()));
      }
    },
  );

  test('on chosen weekdays alone: the digest waits for the next of them', async () => {
    // The 10th of June 2026 is a Wednesday; its edition opens on Thursday.
    await addReader(app, 'friday@example.org', { days: [5] });
    await addReader(app, 'thursday@example.org', { days: [4], hour: 1 });
    await addReader(app, 'weekend@example.org', { days: [6, 7], timezone: 'Pacific/Auckland' });
    await issue(app, '2026-06-10');
    expect(await dueTimes(app)).toEqual({
      'friday@example.org': '2026-06-12T07:00Z',
      // 1 o'clock of this Thursday is over when it opens.
      'thursday@example.org': '2026-06-18T01:00Z',
      'weekend@example.org': '2026-06-12T19:00Z',
    });
  });

  test('changed while the digest waits: the row moves, and there is still one', async () => {
    const id = await addReader(app, 'ada@example.org');
    await issue(app, '2026-06-10');
    const [before] = await ledger(app);
    at('2026-06-11T03:00Z');
    await change(id, { hour: 20, timezone: 'Europe/Berlin' });
    await plan(app.planning);
    const rows = await ledger(app);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      id: before?.id,
      messageId: before?.messageId,
      dueAt: new Date('2026-06-11T18:00Z'),
      expiresAt: new Date('2026-06-12T18:00Z'),
    });
    at('2026-06-11T18:00Z');
    await drain(app);
    expect(await tally(app)).toEqual({ sent: 1 });
    await change(id, { hour: 22 });
    await plan(app.planning);
    expect(await ledger(app)).toMatchObject([{ state: 'sent' }]);
  });

  test('of a reader who changed it in a future that a replay has not seen is the chosen one all the same', async () => {
    await issue(app, '2026-06-10');
    at('2026-11-22T12:00Z');
    await addSubscriber(app, { email: 'ada@example.org' });
    await addReader(app, 'bob@example.org');
    at('2026-06-11T02:00Z');
    await plan(app.planning);
    expect(await dueTimes(app)).toEqual({
      'ada@example.org': '2026-06-11T07:00Z',
      'bob@example.org': '2026-06-11T07:00Z',
    });
  });
});

describe('the readers', () => {
  test('who are active get a daily digest; pending, gone and weekly ones get no row', async () => {
    await addReader(app, 'active@example.org');
    await addReader(app, 'weekly@example.org', { cadence: 'weekly' });
    const gone = await addReader(app, 'gone@example.org');
    await unsubscribe(app, app.links.token('unsubscribe', gone), { page: 'test' });
    await ask('pending@example.org');
    await issue(app, '2026-06-10');
    expect(Object.keys(await dueTimes(app))).toEqual(['active@example.org']);
  });

  test('of the weekly edition are the weekly ones, at their next hour after Monday', async () => {
    await addReader(app, 'daily@example.org');
    await addReader(app, 'weekly@example.org', { cadence: 'weekly', hour: 9, timezone: 'Europe/Berlin' });
    // Sunday the 14th ends the week of the 8th, which opens together with the daily one on Monday the 15th.
    await issue(app, '2026-06-14');
    expect(await ledger(app)).toMatchObject([
      { email: 'daily@example.org', issueDate: '2026-06-14', dueAt: new Date('2026-06-15T07:00Z') },
      {
        email: 'weekly@example.org',
        issueDate: '2026-06-08',
        dueAt: new Date('2026-06-15T07:00Z'),
        expiresAt: new Date('2026-06-18T07:00Z'),
      },
    ]);
  });

  test('who are samples get sample editions alone, and nobody else gets those', async () => {
    await addReader(app, 'real@example.org');
    await addSubscriber(app, { email: 'sample@paperboy.example', sample: true });
    await ensureSamples(app);
    await issue(app, '2026-06-10');
    await assemble(app.assembling, { cadence: 'sample', date: '2026-06-11', force: true });
    await plan(app.planning);
    expect(await ledger(app)).toMatchObject([
      { email: 'real@example.org', issueDate: '2026-06-10' },
      { email: 'sample@paperboy.example', issueDate: '2026-06-11', dueAt: app.clock.now() },
    ]);
  });

  test('who confirm after it opened get it at once, who are added by an operator at their next hour', async () => {
    await issue(app, '2026-06-10');
    at('2026-06-11T10:30Z');
    await addReader(app, 'confirmed@example.org');
    await addSubscriber(app, { email: 'added@example.org' });
    await plan(app.planning);
    expect(await dueTimes(app)).toEqual({
      'added@example.org': '2026-06-12T07:00Z',
      'confirmed@example.org': '2026-06-11T10:30Z',
    });
  });

  test('who come back after leaving do not get the same edition again', async () => {
    const id = await addReader(app, 'ada@example.org');
    await issue(app, '2026-06-10');
    at('2026-06-11T07:00Z');
    await drain(app);
    await unsubscribe(app, app.links.token('unsubscribe', id), { page: 'test' });
    at('2026-06-11T09:00Z');
    await addReader(app, 'ada@example.org');
    await drain(app);
    expect(await ledger(app)).toMatchObject([{ state: 'sent' }]);
    expect(app.sink.received).toHaveLength(1);
  });
});

describe('which editions', () => {
  test('are open: a later one makes the earlier ones stale, for newcomers and for rows that wait', async () => {
    await addReader(app, 'monday@example.org', { days: [1] });
    await issue(app, '2026-06-10');
    await issue(app, '2026-06-11');
    at('2026-06-12T09:00Z');
    await addReader(app, 'new@example.org');
    await drain(app);
    expect(await ledger(app)).toMatchObject([
      { email: 'monday@example.org', issueDate: '2026-06-10', state: 'planned' },
      { email: 'monday@example.org', issueDate: '2026-06-11', state: 'planned' },
      { email: 'new@example.org', issueDate: '2026-06-11', state: 'sent' },
    ]);
    at('2026-06-15T07:00Z');
    await drain(app);
    expect(await ledger(app)).toMatchObject([
      { issueDate: '2026-06-10', state: 'expired', reason: 'a later edition is out' },
      { issueDate: '2026-06-11', state: 'sent' },
      { state: 'sent' },
    ]);
    expect(await verify(app.db, { latest: 9 })).toMatchObject([{ holds: true }, { holds: true }]);
  });

  test('are forced: an old date that is opened now is planned, and the newer one goes on', async () => {
    await addReader(app, 'ada@example.org', { hour: 12 });
    app.upstream.setDay('2026-06-05', []);
    await issue(app, '2026-06-05');
    await issue(app, '2026-06-10');
    await app.db.query('test-drop', "delete from editions where issue_date = '2026-06-05'");
    await app.db.query('test-drop-rows', "delete from deliveries where due_at < '2026-06-07'");
    at('2026-06-11T09:00Z');
    const made = await assemble(app.assembling, { cadence: 'daily', date: '2026-06-05', force: true });
    expect(made.outcome).toBe('made');
    await plan(app.planning);
    expect(await ledger(app)).toMatchObject([
      { issueDate: '2026-06-05', dueAt: new Date('2026-06-11T12:00Z') },
      { issueDate: '2026-06-10', dueAt: new Date('2026-06-11T12:00Z') },
    ]);
    at('2026-06-11T12:00Z');
    // Who joins while both are open gets one of them.
    await addReader(app, 'new@example.org');
    await drain(app);
    expect(await tally(app)).toEqual({ sent: 3 });
  });

  test('are too old: nobody is planned for what opened more than 14 days ago', async () => {
    await issue(app, '2026-06-10');
    at('2026-06-25T02:01Z');
    await addReader(app, 'new@example.org');
    await plan(app.planning);
    expect(await ledger(app)).toEqual([]);
    at('2026-06-25T01:59Z');
    await plan(app.planning);
    expect(await ledger(app)).toHaveLength(1);
  });

  test('are withdrawn: nobody is planned', async () => {
    await issue(app, '2026-06-10');
    await app.db.query('test-withdraw', "update editions set state = 'withdrawn'");
    await addReader(app, 'new@example.org');
    await plan(app.planning);
    expect(await ledger(app)).toEqual([]);
  });

  test('of an old month get a partition of that month when they are planned', async () => {
    await addReader(app, 'ada@example.org');
    await issue(app, '2025-11-30');
    expect(await ledger(app)).toMatchObject([{ month: '2025-11-01', dueAt: new Date('2025-12-01T07:00Z') }]);
    const [table] = await app.db.query<{ name: string }>(
      'test-partition',
      "select tableoid::regclass::text as name from deliveries where kind = 'digest'",
    );
    expect(table).toEqual({ name: 'deliveries_2025_11' });
  });
});

describe('confirmation mails', () => {
  test('one row for each request that owes one; none for an active reader, and replanning adds none', async () => {
    await addReader(app, 'active@example.org');
    await plan(app.planning);
    at('2026-03-02T12:00Z');
    await ask('active@example.org');
    await ask('new@example.org');
    at('2026-03-02T12:30Z');
    await ask('new@example.org');
    await Promise.all([plan(app.planning), plan(app.planning), plan(app.planning)]);
    at('2026-03-02T13:00Z');
    await ask('NEW@example.org');
    await plan(app.planning);
    expect((await ledger(app, 'confirmation')).map((row) => row.email)).toEqual([
      'active@example.org',
      'new@example.org',
      'new@example.org',
    ]);
  });

  test('a request in the last second of a year, in UTC, is kept in its month and mailed in the next', async () => {
    at('2026-12-31T23:59:59Z');
    await ask('ada@example.org');
    at('2027-01-01T00:00:30Z');
    await drain(app);
    await plan(app.planning);
    expect(await ledger(app, 'confirmation')).toMatchObject([
      { month: '2026-12-01', state: 'sent', expiresAt: new Date('2027-01-07T23:59:59Z') },
    ]);
    expect(app.sink.received).toHaveLength(1);
  });

  test('a request that nobody planned for 7 days is not mailed: its link is dead', async () => {
    await ask('ada@example.org');
    at('2026-03-08T12:00Z');
    await plan(app.planning);
    expect(await ledger(app, 'confirmation')).toEqual([]);
  });
});
