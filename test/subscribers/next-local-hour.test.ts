import { Temporal } from 'temporal-polyfill';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

/** The SQL function `next_local_hour`, held against Temporal: another implementation of calendars, with another copy of the zone tables. */

let database: TestDatabase;
/** The zones on which the two copies of the tables agree; governments change their minds, and the past, faster than packages. */
let zones: string[];
beforeAll(async () => {
  database = await testDatabase();
  zones = await agreedZones();
});
afterAll(() => database.close());

interface Case {
  after: number;
  zone: string;
  hour: number;
  days: number[];
  expected: number;
}

const everyDay = [1, 2, 3, 4, 5, 6, 7];
const allZones = Intl.supportedValuesOf('timeZone');
// A year of many kinds of change, and past, so that the two copies of the zone tables mostly agree on it.
const YEAR = 2024;
const DAY_MS = 24 * 60 * 60 * 1000;

/** When a reader's clock shows this hour on this day: a skipped hour is when the clocks jump, a repeated one its second time. */
const momentOf = (day: Temporal.PlainDate, hour: number, zone: string) =>
  day.toPlainDateTime({ hour }).toZonedDateTime(zone, { disambiguation: 'later' }).epochMilliseconds;

const dayOf = (epochMs: number, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(zone).toPlainDate();

/** The cases whose answer differs, as readable lines. */
async function wrongOnes(cases: readonly Case[]): Promise<unknown[]> {
  return database.db.query(
    'test.next-local-hour',
    `select zone, hour, days, "after", expected, got
     from (select zone, hour, days, "after", expected, next_local_hour("after", zone, hour, days::smallint[]) as got
           from unnest($1::timestamptz[], $2::text[], $3::int[], $4::text[], $5::timestamptz[]) as c ("after", zone, hour, days, expected)) as a
     where got is distinct from expected limit 5`,
    [
      cases.map((c) => new Date(c.after)),
      cases.map((c) => c.zone),
      cases.map((c) => c.hour),
      cases.map((c) => `{${c.days.join(',')}}`),
      cases.map((c) => new Date(c.expected)),
    ],
  );
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

/** Zones whose offsets, each Monday and around each change of the year, are the same here and in Postgres. */
async function agreedZones(): Promise<string[]> {
  const probes = allZones.flatMap((zone) => {
    const changes = changesOf(zone, YEAR).map((change) => change.epochMilliseconds);
    const mondays = Array.from({ length: 53 }, (_, n) => Date.UTC(YEAR, 0, 1) + n * 7 * DAY_MS);
    return [...mondays, ...changes, ...changes.map((at) => at - 1)].map((at) => ({
      zone,
      at: new Date(at),
      offsetMinutes:
        Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).offsetNanoseconds / 60e9,
    }));
  });
  const differing = await database.db.query<{ zone: string }>(
    'test.offsets',
    `select distinct zone from unnest($1::text[], $2::timestamptz[], $3::float[]) as p (zone, at, minutes)
     where extract(epoch from (at at time zone zone) - (at at time zone 'UTC')) / 60 <> minutes`,
    [probes.map((p) => p.zone), probes.map((p) => p.at), probes.map((p) => p.offsetMinutes)],
  );
  return allZones.filter((zone) => !differing.some((row) => row.zone === zone));
}

/** One mail a day: each asked for from just after the one before. */
function chain(zone: string, hour: number, first: Temporal.PlainDate, length: number): Case[] {
  const cases: Case[] = [];
  let previous = momentOf(first.subtract({ days: 1 }), hour, zone);
  for (let n = 0; n < length; n += 1) {
    const expected = momentOf(first.add({ days: n }), hour, zone);
    cases.push({ after: previous + 1, zone, hour, days: everyDay, expected });
    previous = expected;
  }
  return cases;
}

describe('next_local_hour', () => {
  test('Postgres knows every zone that Node offers', async () => {
    const unknown = await database.db.query(
      'test.zones',
      'select z from unnest($1::text[]) as z where z not in (select name from pg_timezone_names)',
      [[...allZones, 'UTC']],
    );
    expect(unknown).toEqual([]);
    expect(zones.length).toBeGreaterThan(allZones.length * 0.98);
  });

  test('gives exactly one moment for each local day of a year, at the hour chosen', async () => {
    // Zones that change alike are one case: their offset at new year and the changes.
    const kinds = new Map<string, string>();
    for (const zone of zones) {
      const offset = Temporal.PlainDate.from({ year: YEAR, month: 1, day: 1 }).toZonedDateTime(zone).offset;
      const changes = changesOf(zone, YEAR).map((change) => `${change.epochMilliseconds} ${change.offset}`);
      kinds.set([offset, ...changes].join(), zone);
    }
    const start = Temporal.PlainDate.from({ year: YEAR, month: 1, day: 1 });
    const cases = [...kinds.values()].flatMap((zone, n) => chain(zone, (n * 7) % 24, start, 366));
    expect(kinds.size).toBeGreaterThan(50);
    expect(cases.length).toBeGreaterThan(18_000);
    expect(await wrongOnes(cases)).toEqual([]);
  });

  test('in every zone that changes its clocks, at every hour near each change', async () => {
    const cases = zones.flatMap((zone) =>
      changesOf(zone, YEAR).flatMap((change) =>
        [0, 1, 2, 3, 12, 23].flatMap((hour) =>
          chain(zone, hour, change.toPlainDate().subtract({ days: 1 }), 3),
        ),
      ),
    );
    expect(cases.length).toBeGreaterThan(4000);
    expect(await wrongOnes(cases)).toEqual([]);
  });

  test('keeps to the chosen weekdays from any moment', async () => {
    // A fixed walk in place of chance: the same cases each time.
    const cases = Array.from({ length: 2000 }, (_, n): Case => {
      const zone = zones[(n * 37) % zones.length] ?? 'UTC';
      const hour = (n * 5) % 24;
      const days = everyDay.filter((day) => ((n % 127) + 1) & (1 << (day - 1)));
      const after = Date.UTC(YEAR, 0, 1) + ((n * 15_485_863_001) % (365 * DAY_MS));
      const moments = Array.from({ length: 12 }, (_, k) => dayOf(after, zone).add({ days: k - 2 }))
        .filter((day) => days.includes(day.dayOfWeek))
        .map((day) => momentOf(day, hour, zone))
        .filter((moment) => moment >= after);
      return { after, zone, hour, days, expected: Math.min(...moments) };
    });
    expect(await wrongOnes(cases)).toEqual([]);
  });

  test.each([
    ['a skipped hour is when the clocks jump', 'Europe/Berlin', 2, '2024-03-31T00:30Z', '2024-03-31T01:00Z'],
    ['a repeated hour comes once', 'Europe/Berlin', 2, '2024-10-26T22:00Z', '2024-10-27T01:00Z'],
    ['and not again', 'Europe/Berlin', 2, '2024-10-27T01:00:00.001Z', '2024-10-28T01:00Z'],
    ['a jump of half an hour', 'Australia/Lord_Howe', 2, '2024-10-05T15:00Z', '2024-10-05T15:30Z'],
    ['a midnight that is skipped', 'Africa/Cairo', 0, '2024-04-25T12:00Z', '2024-04-25T22:00Z'],
    [
      'a jump over midnight: the evening comes at 0:00',
      'America/Nuuk',
      23,
      '2024-03-30T20:00Z',
      '2024-03-31T01:00Z',
    ],
    ['and the next evening comes too', 'America/Nuuk', 23, '2024-03-31T01:00:00.001Z', '2024-04-01T00:00Z'],
    ['a day that a country left out', 'Pacific/Apia', 7, '2011-12-29T17:00:00.001Z', '2011-12-30T17:00Z'],
    ['and only once', 'Pacific/Apia', 7, '2011-12-30T17:00:00.001Z', '2011-12-31T17:00Z'],
    ['a moment that is the hour itself', 'Asia/Kolkata', 7, '2024-06-01T01:30Z', '2024-06-01T01:30Z'],
  ])('%s', async (_name, zone, hour, after, expected) => {
    const [row] = await database.db.query<{ at: Date }>(
      'test.next-local-hour-once',
      'select next_local_hour($1, $2, $3, $4) as at',
      [after, zone, hour, everyDay],
    );
    expect(row?.at.toISOString()).toBe(new Date(expected).toISOString());
  });
});
