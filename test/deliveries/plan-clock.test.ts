import { Temporal } from 'temporal-polyfill';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { plan } from '../../src/deliveries/index.ts';
import {
  addSubscriber,
  changePreferences,
  defaultPreferences,
  type Preferences,
} from '../../src/subscribers/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain, tally } from '../support/day.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { dueTimes, issue, ledger } from './support.ts';

// Temporal is the oracle: another implementation of calendars, with another copy of the zone tables.

const DAY_MS = 86_400_000;
const localOf = (at: Date, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone);

function groupBy<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return groups;
}

/** The offset changes of a zone within a year. */
function changesOf(zone: string, year: number): Temporal.ZonedDateTime[] {
  const changes: Temporal.ZonedDateTime[] = [];
  let at = Temporal.PlainDate.from({ year, month: 1, day: 1 }).toZonedDateTime(zone);
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    if (next === null || next.year > year) return changes;
    changes.push(next);
    at = next;
  }
}

/** What is wrong with one reader's mails, given in order: a day without or with two, an hour that was not chosen. */
function faultsOf(zone: string, hour: number, mails: readonly { opened: Date; due: Date }[]): string[] {
  const faults: string[] = [];
  let previous: Temporal.PlainDate | undefined;
  for (const { opened, due } of mails) {
    const local = localOf(due, zone);
    const say = (what: string) => faults.push(`${zone} ${hour}: ${local.toString()} ${what}`);
    if (previous && !previous.add({ days: 1 }).equals(local.toPlainDate()))
      say(`after ${previous.toString()}`);
    previous = local.toPlainDate();
    const wall = local
      .toPlainDate()
      .toPlainDateTime({ hour })
      .toZonedDateTime(zone, { disambiguation: 'later' });
    const lateMs = due.getTime() - wall.epochMilliseconds;
    // Summer time puts some hours just before the opening; Antarctica/Troll has two hours of it.
    if (lateMs !== 0 && (due.getTime() !== opened.getTime() || lateMs < 0 || lateMs > 2 * 3_600_000))
      say('is another hour');
    if (due < opened || due.getTime() >= opened.getTime() + 26 * 3_600_000) say('is not the latest edition');
  }
  return faults;
}

describe('digest_due', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.close());

  const YEAR = 2024;

  test('one digest on each local day, at the hour, in every kind of zone around each change of clocks, and over a year', async () => {
    const kinds = new Map<string, string>();
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      const first = Temporal.PlainDate.from({ year: YEAR, month: 1, day: 1 }).toZonedDateTime(zone);
      const changes = changesOf(zone, YEAR).map((change) => `${change.epochMilliseconds} ${change.offset}`);
      kinds.set([first.offset, ...changes].join(), zone);
    }
    const cases: { zone: string; hour: number; from: number; days: number }[] = [];
    for (const [n, zone] of [...kinds.values()].entries()) {
      const changes = changesOf(zone, YEAR);
      const hourAt = (month: number) => localOf(new Date(Date.UTC(YEAR, month, 9, 2)), zone).hour;
      // The hours of the opening in both halves of the year are where days go missing. 23 is apart, below.
      const hours = [...new Set([hourAt(0), hourAt(6), (n * 7) % 23])].filter((hour) => hour !== 23);
      for (const hour of hours) {
        for (const change of changes)
          cases.push({ zone, hour, from: Math.floor(change.epochMilliseconds / DAY_MS) - 4, days: 8 });
        if (n % 12 === 0) cases.push({ zone, hour, from: Date.UTC(YEAR, 0, 1) / DAY_MS, days: 366 });
      }
    }
    expect(kinds.size).toBeGreaterThan(50);
    const rows = await database.db.query<{ n: number; opened: Date; due: Date }>(
      'test.digest-due',
      `with cases as (
         select * from unnest($1::text[], $2::int[], $3::int[], $4::int[]) with ordinality as c (zone, hour, day, days, n)
       ), openings as (
         select c.*, timestamptz '1970-01-01 02:00Z' + (day + k) * interval '24 hours' as opened
         from cases c, generate_series(0, days - 1) as k
       ), offsets as materialized (
         select zone, opened, standard_offset(zone, opened) as zone_offset
         from (select distinct zone, opened from openings) as z
       )
       select n, opened, digest_due(opened, 'daily', zone_offset, zone, hour, '{1,2,3,4,5,6,7}', '-infinity', '-infinity', '{}') as due
       from openings join offsets using (zone, opened) order by n, opened`,
      [
        cases.map((c) => c.zone),
        cases.map((c) => c.hour),
        cases.map((c) => c.from),
        cases.map((c) => c.days),
      ],
    );
    expect(rows.length).toBeGreaterThan(5000);
    const byCase = groupBy(rows, (row) => row.n);
    const faults = cases.flatMap(({ zone, hour }, n) => faultsOf(zone, hour, byCase.get(n + 1) ?? []));
    expect(faults.slice(0, 20)).toEqual([]);
  });

  test('its day does not depend on when of the year it is asked, in any zone', async () => {
    const differing = await database.db.query(
      'test.standard-offset',
      `select z.zone from unnest($1::text[]) as z (zone)
       where standard_offset(z.zone, '2024-01-15Z') <> standard_offset(z.zone, '2024-07-15Z')`,
      [
        Intl.supportedValuesOf('timeZone').filter((zone) => {
          const offsets = [2023, 2024].flatMap((year) =>
            changesOf(zone, year).map((change) => change.offset),
          );
          return new Set(offsets).size === 2 && changesOf(zone, 2024).length >= 2;
        }),
      ],
    );
    expect(differing).toEqual([]);
  });
});

describe('a reader of the running service', () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startTestApp({ now: new Date('2026-03-01T12:00Z') });
  });
  afterEach(() => app.end());

  const at = (moment: string) => app.clock.set(new Date(moment));
  const change = async (id: number, preferences: Partial<Preferences>, pausedUntil: string | null = null) => {
    await changePreferences(app, app.links.token('preferences', id), {
      preferences: { ...defaultPreferences, ...preferences },
      pausedUntil,
    });
    await drain(app);
  };
  const mailDays = (zone: string) =>
    app.sink.received
      .filter((mail) => mail.parsed.headers.has('list'))
      .map((mail) =>
        localOf(mail.parsed.date ?? new Date(0), zone)
          .toString()
          .slice(0, 16),
      );
  /** Lives until then, minute by minute of what is due. */
  async function live(until: string): Promise<void> {
    for (;;) {
      const [next] = await app.db.query<{ dueAt: Date }>(
        'test-next',
        "select due_at as \"dueAt\" from deliveries where state = 'planned' and kind = 'digest' order by due_at limit 1",
      );
      if (!next || next.dueAt >= new Date(until)) break;
      if (next.dueAt > app.clock.now()) app.clock.set(next.dueAt);
      await drain(app);
    }
    at(until);
  }

  const ZONES =
    `Pacific/Pago_Pago Pacific/Honolulu Pacific/Marquesas America/Anchorage America/Los_Angeles America/Denver America/Chicago
    America/New_York America/Halifax America/St_Johns America/Sao_Paulo America/Noronha Atlantic/Azores Europe/London Europe/Berlin
    Europe/Kyiv Europe/Istanbul Asia/Tehran Asia/Dubai Asia/Kabul Asia/Karachi Asia/Kolkata Asia/Kathmandu Asia/Dhaka Asia/Yangon
    Asia/Bangkok Asia/Shanghai Australia/Eucla Asia/Tokyo Australia/Adelaide Australia/Sydney Australia/Lord_Howe Pacific/Noumea
    Pacific/Auckland Pacific/Chatham Pacific/Tongatapu Pacific/Kiritimati America/Santiago Africa/Casablanca UTC`.split(
      /\s+/,
    );

  test.each([
    ['2026-03-05', 34],
    ['2026-09-24', 45],
  ])(
    'gets one digest a local day, in 40 zones, through the changes of clocks after %s',
    async (first, days) => {
      at('2026-02-01T00:00Z');
      const readers = new Map<string, { zone: string; hour: number }>();
      for (const [n, zone] of ZONES.entries()) {
        const opening = localOf(new Date(`${first}T02:00Z`), zone).hour;
        // The hour of the opening, where days go missing, and another.
        for (const hour of new Set([opening % 23, (n * 5) % 23])) {
          const email = `r${readers.size}@example.org`;
          readers.set(email, { zone, hour });
          await addSubscriber(app, { email, preferences: { ...defaultPreferences, timezone: zone, hour } });
        }
      }
      for (let n = 0; n < days; n += 1) {
        const opened = new Date(Date.parse(`${first}T02:00Z`) + n * DAY_MS);
        app.clock.set(opened);
        await app.db.query(
          'test-edition',
          `insert into editions (cadence, issue_date, opened_at, assembled_at, subject, skeleton)
         values ('daily', ($1::timestamptz at time zone 'UTC')::date - 1, $1, $1, 'A subject', '{}')`,
          [opened],
        );
        await plan(app.planning);
      }
      const rows = await app.db.query<{ email: string; opened: Date; due: Date }>(
        'test-rows',
        `select s.email, e.opened_at as opened, d.due_at as due from deliveries d
       join subscribers s on s.id = d.subscriber_id join editions e on e.id = d.edition_id order by e.opened_at`,
      );
      expect(rows).toHaveLength(readers.size * days);
      const byReader = groupBy(rows, (row) => row.email);
      const faults = [...readers].flatMap(([email, { zone, hour }]) =>
        faultsOf(zone, hour, byReader.get(email) ?? []),
      );
      expect(faults.slice(0, 20)).toEqual([]);
    },
  );

  test('who moves the hour back past now gets the waiting digest now, and no other that day', async () => {
    const id = await addReader(app, 'ada@example.org', { hour: 20 });
    await issue(app, '2026-06-10');
    at('2026-06-11T12:00Z');
    await change(id, { hour: 7 });
    await issue(app, '2026-06-11');
    await live('2026-06-13T00:00Z');
    expect(mailDays('UTC')).toEqual(['2026-06-11T12:00', '2026-06-12T07:00']);
  });

  test('who moves the hour on after the digest gets no second one that day', async () => {
    // It is 16:00 in Honolulu when an edition opens.
    const zone = { timezone: 'Pacific/Honolulu' };
    const id = await addReader(app, 'ada@example.org', { ...zone, hour: 7 });
    await issue(app, '2026-06-10');
    await live('2026-06-11T20:00Z');
    await change(id, { ...zone, hour: 20 });
    await issue(app, '2026-06-11');
    await live('2026-06-13T01:00Z');
    await issue(app, '2026-06-12');
    await live('2026-06-13T20:00Z');
    expect(mailDays('Pacific/Honolulu')).toEqual(['2026-06-11T07:00', '2026-06-12T20:00']);
    expect(await tally(app)).toEqual({ sent: 2, expired: 1 });
  });

  test.each([
    ['Europe/Berlin', 'America/New_York', '2026-06-11T03:00Z', ['2026-06-11T07:00', '2026-06-12T07:00']],
    ['Europe/Berlin', 'America/New_York', '2026-06-11T08:00Z', ['2026-06-11T01:00', '2026-06-12T07:00']],
    ['America/New_York', 'Europe/Berlin', '2026-06-11T08:00Z', ['2026-06-11T10:00', '2026-06-12T07:00']],
    ['America/New_York', 'Europe/Berlin', '2026-06-11T15:00Z', ['2026-06-11T13:00', '2026-06-12T07:00']],
    ['Asia/Tokyo', 'Europe/Berlin', '2026-06-11T12:00Z', ['2026-06-11T14:00', '2026-06-12T07:00']],
    ['Asia/Tokyo', 'Pacific/Honolulu', '2026-06-11T23:00Z', ['2026-06-11T12:00', '2026-06-12T07:00']],
  ])('who moves from %s to %s at %s gets one on each day there', async (from, to, moved, expected) => {
    const id = await addReader(app, 'ada@example.org', { timezone: from });
    await issue(app, '2026-06-10');
    await live(moved);
    await change(id, { timezone: to });
    await live('2026-06-11T23:00Z');
    await issue(app, '2026-06-11');
    await live('2026-06-12T20:00Z');
    expect(mailDays(to)).toEqual(expected);
  });

  test('who changes the weekdays in the middle of the week gets the chosen days from then on, a weekly reader this week still', async () => {
    const daily = await addReader(app, 'daily@example.org', { days: [5] });
    const weekly = await addReader(app, 'weekly@example.org', { cadence: 'weekly', days: [4] });
    await issue(app, '2026-06-14');
    at('2026-06-16T12:00Z');
    await change(daily, { days: [2, 3] });
    await change(weekly, { cadence: 'weekly', days: [1] });
    expect((await ledger(app)).map((row) => [row.email, row.state])).toEqual([
      ['daily@example.org', 'sent'],
      ['weekly@example.org', 'sent'],
    ]);
    await issue(app, '2026-06-16');
    expect(await dueTimes(app)).toEqual({ 'daily@example.org': '2026-06-17T07:00Z' });
  });

  test('who pauses gets nothing until the day, and from that day on one a day', async () => {
    const id = await addReader(app, 'ada@example.org');
    await change(id, {}, '2026-06-12');
    for (const day of ['2026-06-09', '2026-06-10', '2026-06-11', '2026-06-12']) {
      await issue(app, day);
      await live(new Date(app.clock.now().getTime() + DAY_MS / 2).toISOString());
    }
    expect(mailDays('UTC')).toEqual(['2026-06-12T07:00', '2026-06-13T07:00']);
    expect(await tally(app)).toEqual({ skipped: 2, sent: 2 });
  });

  test('who turns to daily in the middle of a day begins at the next hour', async () => {
    const id = await addReader(app, 'ada@example.org', { cadence: 'weekly' });
    await issue(app, '2026-06-10');
    at('2026-06-11T12:00Z');
    await change(id, { cadence: 'daily' });
    expect(mailDays('UTC')).toEqual([]);
    await issue(app, '2026-06-11');
    await live('2026-06-13T00:00Z');
    expect(mailDays('UTC')).toEqual(['2026-06-12T07:00']);
  });
});
