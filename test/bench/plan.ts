// `npm run bench:plan`: how long it takes to plan and dispatch an edition for readers all over the world, what a delivery
// weighs on disk, and how both grow. `npm run bench:plan -- --help` lists the flags.

import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dispatch, plan, verify } from '../../src/deliveries/index.ts';
import {
  createLog,
  type Db,
  migrate,
  openDatabase,
  startEmbeddedPostgres,
  stoppedClock,
} from '../../src/platform/index.ts';

const { values: flags } = parseArgs({
  options: {
    readers: { type: 'string', default: '10000,100000,1000000' },
    safe: { type: 'boolean', default: false },
    database: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log(
    'npm run bench:plan -- [--readers 10000,100000,1000000] [--safe (commits wait for the disk)] [--database URL (an empty one; default: an embedded server)]',
  );
  process.exit(0);
}
const sizes = flags.readers.split(',').map(Number);

/** One for each of the 38 offsets from UTC that clocks on land show in a year. */
const ZONES =
  `Pacific/Pago_Pago Pacific/Honolulu Pacific/Marquesas America/Anchorage America/Los_Angeles America/Denver
  America/Chicago America/New_York America/Halifax America/St_Johns America/Sao_Paulo America/Noronha Atlantic/Azores Europe/London
  Europe/Berlin Europe/Kyiv Europe/Istanbul Asia/Tehran Asia/Dubai Asia/Kabul Asia/Karachi Asia/Kolkata Asia/Kathmandu Asia/Dhaka
  Asia/Yangon Asia/Bangkok Asia/Shanghai Australia/Eucla Asia/Tokyo Australia/Adelaide Australia/Sydney Australia/Lord_Howe
  Pacific/Noumea Pacific/Auckland Pacific/Chatham Pacific/Tongatapu Pacific/Kiritimati UTC`.split(/\s+/);

const OPENS = new Date('2026-06-11T02:00Z');
const clock = stoppedClock(OPENS);
const log = createLog('error');

async function fill(db: Db, readers: number): Promise<void> {
  await db.query('bench-empty', 'truncate deliveries, editions, subscribers cascade');
  await db.query(
    'bench-readers',
    `insert into subscribers (email, email_key, state, timezone, hour, days, created_at, confirmed_at, changed_at)
     select email, email, 'active', ($2::text[])[1 + n % cardinality($2::text[])], (n / 38) % 24,
            case when n % 5 = 0 then '{1,2,3,4,5}' else '{1,2,3,4,5,6,7}' end::smallint[], $3, $3, $3
     from (select n, 'reader' || n || '@' || n % 50 || '.example.org' as email from generate_series(1, $1) as n) r`,
    [readers, ZONES, new Date('2026-06-01T00:00Z')],
  );
  await db.query(
    'bench-edition',
    `insert into editions (cadence, issue_date, opened_at, assembled_at, subject, skeleton)
     values ('daily', '2026-06-10', $1, $1, 'A subject', '{}')`,
    [OPENS],
  );
  await db.query('bench-analyze', 'vacuum analyze subscribers');
}

/** What a sender does to 10,000 rows, by two statements: it is not what is measured here. */
async function send(db: Db): Promise<void> {
  await db.query(
    'bench-claim',
    "update deliveries set state = 'sending', claim = '00000000-0000-4000-8000-000000000000', claim_until = now() where state = 'queued'",
  );
  await db.query(
    'bench-settle',
    `update deliveries set state = 'sent', settled_at = now(), smtp_code = 250, smtp_reply = '250 2.0.0 Ok: queued as 4VZq3y1Q2Wz9sXR',
       server = 'mail.example.org:587', claim = null, claim_until = null, queued_at = null,
       papers = (select array_agg('2606.0' || n) from generate_series(1001, 1012) n)
     where state = 'sending'`,
  );
}

interface Weight {
  heap: number;
  indexes: number;
}

async function weigh(db: Db, readers: number): Promise<Weight> {
  const [weight] = await db.query<Weight>(
    'bench-weigh',
    `select sum(pg_table_size(relid)) / $1 as heap, sum(pg_indexes_size(relid)) / $1 as indexes
     from pg_partition_tree('deliveries') where isleaf`,
    [readers],
  );
  return { heap: Math.round(Number(weight?.heap)), indexes: Math.round(Number(weight?.indexes)) };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

async function measure(db: Db, readers: number): Promise<Record<string, string | number>> {
  const context = { db, clock, log, mailDomain: 'example.org' };
  clock.set(OPENS);
  await fill(db, readers);
  const planned = await seconds(() => plan(context));
  const again = await seconds(() => plan(context));
  const fresh = await weigh(db, readers);
  await db.query('bench-analyze', 'vacuum analyze deliveries');
  // All are due by then: the last zone's last chosen weekday is within a week of the opening.
  clock.set(new Date('2026-06-20T00:00Z'));
  let given = 0;
  let dispatched = 0;
  let longest = 0;
  while (given < readers) {
    const took = await seconds(async () => {
      given += await dispatch({ ...context, enqueue: async () => {} });
    });
    dispatched += took;
    longest = Math.max(longest, took);
    await send(db);
  }
  const [proof] = await verify(db, { latest: 1 });
  if (!proof?.holds || proof.sent !== readers)
    throw new Error(
      `Of ${readers}, ${proof?.sent} were sent; the proof ${proof?.holds ? 'holds' : 'fails'}.`,
    );
  const counted = await seconds(() => verify(db, { latest: 1 }));
  await db.query('bench-vacuum', 'vacuum deliveries');
  const sent = await weigh(db, readers);
  await db.query('bench-vacuum-full', 'vacuum full deliveries');
  const packed = await weigh(db, readers);
  return {
    readers,
    'plan s': planned.toFixed(2),
    'rows/s': Math.round(readers / planned),
    'again s': again.toFixed(2),
    'dispatch s': dispatched.toFixed(2),
    'given/s': Math.round(readers / dispatched),
    'longest ms': Math.round(longest * 1000),
    'verify s': counted.toFixed(2),
    'B planned': fresh.heap + fresh.indexes,
    'of it index': fresh.indexes,
    'B sent': sent.heap + sent.indexes,
    'B packed': packed.heap + packed.indexes,
  };
}

const dataDir = await mkdtemp(join(tmpdir(), 'paperboy-plan-'));
const server = flags.database
  ? undefined
  : await startEmbeddedPostgres({ dataDir, log: createLog('silent'), unsafe: !flags.safe });
const url = flags.database ?? server?.url ?? '';
await migrate(url, log);
const db = openDatabase({ url });
try {
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}; ${flags.database ? 'the database given' : `embedded Postgres, commits ${flags.safe ? 'wait for the disk' : 'do not wait for the disk (--safe: they do)'}`}; ${ZONES.length} time zones, 24 hours, two kinds of weekdays`,
  );
  const rows: Record<string, string | number>[] = [];
  for (const readers of sizes) rows.push(await measure(db, readers));
  const heads = Object.keys(rows[0] ?? {});
  const widths = heads.map((head) => Math.max(head.length, ...rows.map((row) => String(row[head]).length)));
  console.log(heads.map((head, i) => head.padStart(widths[i] ?? 0)).join('  '));
  for (const row of rows)
    console.log(heads.map((head, i) => String(row[head]).padStart(widths[i] ?? 0)).join('  '));
  const [first, last] = [rows[0], rows.at(-1)];
  if (first && last && rows.length > 1) {
    const times = Number(last.readers) / Number(first.readers);
    console.log(
      `From ${first.readers} to ${last.readers} readers, ${times} times as many: planning takes ${(Number(last['plan s']) / Number(first['plan s'])).toFixed(0)} times as long, dispatching ${(Number(last['dispatch s']) / Number(first['dispatch s'])).toFixed(0)}, a delivery ${((Number(last['B planned']) / Number(first['B planned'])) * 100).toFixed(0)} % of the bytes.`,
    );
  }
  console.log(
    'Dispatched in rounds of 10,000 into no queue; between rounds two statements play the senders. "again": planning once more, with nothing new. "B": bytes a delivery on disk, indexes included, right after planning; sent, as autovacuum leaves it, with room for the next edition of the month; and packed by `vacuum full`. Other work on the machine is in the figures.',
  );
} finally {
  await db.close();
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
}
