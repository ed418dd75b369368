import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createLog, migrate, openDatabase } from '../../src/platform/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const log = createLog('silent');

async function administer<Row>(sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

describe('an empty database', () => {
  let name: string;
  let url: string;
  beforeEach(async () => {
    name = `test_${randomBytes(6).toString('hex')}`;
    await administer(`create database ${name}`);
    url = inject('postgresUrl').replace(/\/[^/]*$/, `/${name}`);
  });
  afterEach(() => administer(`drop database ${name}`));

  /** Everything that makes up the schema, ours and BullMQ's, as text. */
  async function schemaOf(target: string): Promise<string[]> {
    const db = openDatabase({ url: target, max: 1 });
    try {
      const rows = await db.query<{ line: string }>(
        'schema',
        `select format('%s.%s %s %s', n.nspname, c.relname, c.relkind, a.attname || ' ' || format_type(a.atttypid, a.atttypmod)) as line
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where n.nspname in ('public', 'bullmq')
         union all select format('function %s.%s %s', n.nspname, p.proname, md5(p.prosrc))
         from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('public', 'bullmq')
         union all select format('constraint %s %s', conname, pg_get_constraintdef(oid)) from pg_constraint
         where connamespace in ('public'::regnamespace, (select oid from pg_namespace where nspname = 'bullmq'))
         union all select format('trigger %s on %s', tgname, tgrelid::regclass) from pg_trigger where not tgisinternal
         order by 1`,
      );
      return rows.map((row) => row.line);
    } finally {
      await db.close();
    }
  }

  test('is brought up to date once; again does nothing', async () => {
    const names = await migrate(url, log);
    expect(names[0]).toBe('0001_first-house');
    const schema = await schemaOf(url);
    expect(await migrate(url, log)).toEqual([]);
    expect(await schemaOf(url)).toEqual(schema);
    for (const table of ['papers', 'subscribers', 'consents', 'editions', 'deliveries', 'audit'])
      expect(
        schema.some((line) => line.startsWith(`public.${table} `)),
        table,
      ).toBe(true);
    expect(schema.some((line) => line.startsWith('bullmq.'))).toBe(true);
  });

  test('five at once: one of them runs each migration, and the result is that of one', async () => {
    const runs = await Promise.all(Array.from({ length: 5 }, () => migrate(url, log)));
    expect(runs.filter((names) => names.length > 0)).toHaveLength(1);
    // What the tests clone was migrated by one.
    const clone = await testDatabase();
    try {
      expect(await schemaOf(url)).toEqual(await schemaOf(clone.url));
    } finally {
      await clone.close();
    }
  });

  test('a connection that ends in the middle is an error, and the next run does all of it', async () => {
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    // Held where the migration wants it, so that it is under way for certain when its connection is ended.
    await admin.query("select pg_advisory_lock(hashtext('paperboy migrate'))");
    const interrupted = migrate(url, log).then(
      () => 'went through',
      (error: Error) => error.message,
    );
    await expect
      .poll(
        async () =>
          (
            await admin.query(
              `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and application_name = 'paperboy migrate' and wait_event_type = 'Lock'`,
            )
          ).rowCount,
      )
      .toBe(1);
    expect(await interrupted).toMatch(/terminat/);
    await admin.end();
    expect((await migrate(url, log)).length).toBeGreaterThan(0);
  });
});

describe('the tables', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.close());

  async function subscriber(email: string): Promise<number> {
    const [row] = await database.db.query<{ id: number }>(
      'test-subscriber',
      `insert into subscribers (email, email_key, state, created_at, changed_at) values ($1, $1, 'active', now(), now()) returning id`,
      [email],
    );
    return row?.id ?? 0;
  }

  test('consents can be added, and neither changed nor taken away', async () => {
    const { db } = database;
    const id = await subscriber('ada@example.org');
    await db.query(
      'test-consent',
      `insert into consents (at, step, subscriber_id, email, page, wording) values (now(), 'requested', $1, 'ada@example.org', 'test', 'test')`,
      [id],
    );
    const refused = /the table consents is an append-only record/;
    await expect(db.query('test-change', "update consents set page = 'another'")).rejects.toThrow(refused);
    await expect(db.query('test-remove', 'delete from consents')).rejects.toThrow(refused);
    expect(await db.query('test-consents', 'select page from consents')).toEqual([{ page: 'test' }]);
    // Erasing a reader is the one way, and it is on for one transaction alone.
    await db.transaction(async (tx) => {
      await tx.query('test-erasing', "select set_config('paperboy.erasing', 'on', true)");
      await tx.query('test-erase', 'delete from consents');
    });
    expect(await db.query('test-consents', 'select page from consents')).toEqual([]);
  });

  const insert = (month: string, sub: number, edition: number | null, request: number | null) =>
    database.db.query(
      'test-delivery',
      `insert into deliveries (month, kind, subscriber_id, edition_id, request_id, due_at, expires_at, message_id)
       values ($1, case when $3::bigint is null then 'confirmation' else 'digest' end, $2, $3, $4, now(), now(), gen_random_uuid()::text)`,
      [month, sub, edition, request],
    );

  test('a month of deliveries is made once, by however many at once, from any of its days', async () => {
    const { db } = database;
    const parts = () =>
      db.query<{ name: string }>(
        'test-parts',
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'deliveries'::regclass order by 1",
      );
    const before = await parts();
    const ensure = (day: string) => db.query('test-ensure', 'select ensure_deliveries_month($1)', [day]);
    await Promise.all(
      ['2031-01-01', '2031-01-31', '2031-01-15', '2031-02-01', '2031-01-01', '2031-02-28'].map(ensure),
    );
    await ensure('2031-01-02');
    const added = (await parts())
      .map((row) => row.name)
      .filter((one) => !before.some((row) => row.name === one));
    expect(added).toEqual(['deliveries_2031_01', 'deliveries_2031_02']);
    await insert('2031-01-01', 1, 1, null);
    await insert('2031-02-01', 1, 2, null);
  });

  test('a reader has one row for an edition and one for a request, ever', async () => {
    await database.db.query('test-ensure', "select ensure_deliveries_month('2031-03-01')");
    await insert('2031-03-01', 7, 1, null);
    await expect(insert('2031-03-01', 7, 1, null)).rejects.toThrow(/duplicate key/);
    await insert('2031-03-01', 7, null, 1);
    await expect(insert('2031-03-01', 7, null, 1)).rejects.toThrow(/duplicate key/);
    await insert('2031-03-01', 8, 1, null);
    await insert('2031-03-01', 7, 2, null);
  });

  test('an address has one subscriber, an edition one date of its cadence', async () => {
    const { db } = database;
    await subscriber('bo@example.org');
    await expect(subscriber('bo@example.org')).rejects.toThrow(/duplicate key/);
    const edition = (cadence: string) =>
      db.query(
        'test-edition',
        "insert into editions (cadence, issue_date, opened_at, assembled_at, subject, skeleton) values ($1, '2031-03-01', now(), now(), 's', '{}')",
        [cadence],
      );
    await edition('daily');
    await edition('weekly');
    await expect(edition('daily')).rejects.toThrow(/duplicate key/);
  });
});
