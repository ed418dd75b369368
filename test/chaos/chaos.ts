// `npm run chaos`: readers get an edition while senders and clocks are killed (SIGKILL) and the queue is wiped; then
// what arrived is held against who should have got it. Ends with 1 if a mail was lost or doubled. The processes are
// the real ones, over a real Postgres and a real socket. `-- --help` lists the flags.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createApp } from '../../src/app.ts';
import { plan, verify } from '../../src/deliveries/index.ts';
import { assemble } from '../../src/editions/index.ts';
import { createLog, readConfig, startEmbeddedPostgres, stoppedClock } from '../../src/platform/index.ts';
import type { Taken } from './sink.ts';

const { values: flags } = parseArgs({
  options: {
    readers: { type: 'string', default: '2000' },
    kills: { type: 'string', default: '20' },
    senders: { type: 'string', default: '2' },
    clocks: { type: 'string', default: '2' },
    refuse: { type: 'string', default: '0.02' },
    drop: { type: 'string', default: '0.002' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log(
    'npm run chaos -- [--readers 2000] [--kills 20] [--senders 2] [--clocks 2] [--refuse 0.02 (chance of 451)] [--drop 0.002 (chance of a connection that dies after DATA)] [--seed N]',
  );
  process.exit(0);
}
const readers = Number(flags.readers);
const kills = Number(flags.kills);

/** The same choices for the same seed (mulberry32); the machine's timing is still its own. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const DAY = '2026-06-10';
const CLOSES = new Date('2026-06-11T02:00Z');
const MORNING = '2026-06-11T07:00:30Z';
const random = dice(Number(flags.seed));
const dataDir = await mkdtemp(join(tmpdir(), 'paperboy-chaos-'));
const log = createLog('silent');
const postgres = await startEmbeddedPostgres({ dataDir, log });
const sink = fork(fileURLToPath(new URL('./sink.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });
const [{ port }] = (await once(sink, 'message')) as [{ port: number }];

const environment = {
  DATABASE_URL: postgres.url,
  SMTP_URL: `smtp://127.0.0.1:${port}?pool=10`,
  DATA_DIR: dataDir,
  SECRET_KEY: 'chaos-needs-a-key-of-thirty-two-characters',
  ADMIN_TOKEN: 'chaos',
  LOG_LEVEL: 'silent',
  // Nothing is fetched: the discard port answers nobody.
  HUGGINGFACE_URL: 'http://127.0.0.1:9',
};

const paperboy = fileURLToPath(new URL('../../src/cli/paperboy.js', import.meta.url));
const startPart = (verb: 'clock' | 'sender'): ChildProcess =>
  spawn(process.execPath, [paperboy, verb, '--now', MORNING], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: 'ignore',
  });

const app = await createApp({ config: readConfig({ environment }), clock: stoppedClock(CLOSES), log });

async function fill(): Promise<void> {
  await app.db.query(
    'chaos-papers',
    `insert into papers (id, title, abstract, published_on, upvotes, first_seen_at, updated_at)
     select '2606.' || to_char(n, 'FM00000'), 'Paper ' || n, 'What was done.', $1, n, now(), now() from generate_series(1, 20) as n`,
    [DAY],
  );
  await app.db.query(
    'chaos-listings',
    "insert into listings select 'huggingface', id, $1::date, now() from papers",
    [DAY],
  );
  await app.db.query(
    'chaos-readers',
    `insert into subscribers (email, email_key, state, created_at, confirmed_at, changed_at)
     select 'reader' || n || '@example.org', 'reader' || n || '@example.org', 'active', $2, $2, $2 from generate_series(1, $1) as n`,
    [readers, new Date('2026-06-01T00:00Z')],
  );
  await assemble(app.assembling, { cadence: 'daily', date: DAY, force: true });
  await plan(app.planning);
}

const proof = async () => (await verify(app.db, { latest: 1 }))[0];

async function torment(
  parts: Map<ChildProcess, 'clock' | 'sender'>,
): Promise<{ killed: number; wiped: number }> {
  let wiped = 0;
  for (let killed = 0; killed < kills; killed += 1) {
    // Long enough for a process to come up (about a second) and be in the middle of something.
    await sleep(800 + random() * 1_500);
    if ((await proof())?.waiting === 0) return { killed, wiped };
    const victims = [...parts];
    const [victim, verb] = victims[Math.floor(random() * victims.length)] ?? [];
    if (!victim || !verb) continue;
    victim.kill('SIGKILL');
    parts.delete(victim);
    parts.set(startPart(verb), verb);
    if (random() < 0.2) {
      await app.db.query('chaos-wipe', 'truncate bullmq.job cascade').catch(() => {});
      wiped += 1;
    }
  }
  return { killed: kills, wiped };
}

let code = 1;
const parts = new Map<ChildProcess, 'clock' | 'sender'>();
try {
  await fill();
  sink.send({ refuse: Number(flags.refuse), drop: Number(flags.drop) });
  const startedAt = performance.now();
  for (let n = 0; n < Number(flags.clocks); n += 1) parts.set(startPart('clock'), 'clock');
  for (let n = 0; n < Number(flags.senders); n += 1) parts.set(startPart('sender'), 'sender');
  const { killed, wiped } = await torment(parts);
  sink.send({ refuse: 0, drop: 0 });
  // A claim ends a minute after its sender died, a refused mail is tried again within minutes.
  for (const until = Date.now() + 10 * 60_000; Date.now() < until && (await proof())?.waiting !== 0; )
    await sleep(1_000);

  sink.send('report');
  const [taken] = (await once(sink, 'message')) as [Taken[]];
  const byReader = new Map<string, Taken[]>();
  for (const mail of taken) byReader.set(mail.to, [...(byReader.get(mail.to) ?? []), mail]);
  const uncertain = await app.db.query<{ email: string }>(
    'chaos-uncertain',
    "select s.email from deliveries d join subscribers s on s.id = d.subscriber_id where d.state = 'uncertain'",
  );
  const unsure = new Set(uncertain.map((row) => row.email));
  const names = Array.from({ length: readers }, (_, n) => `reader${n + 1}@example.org`);
  const lost = names.filter((name) => !byReader.has(name) && !unsure.has(name));
  const doubled = [...byReader.values()].filter((mails) => mails.length > 1);
  console.table([
    {
      seed: flags.seed,
      expected: readers,
      received: byReader.size,
      lost: lost.length,
      doubled: doubled.length,
      uncertain: unsure.size,
      killed,
      'queue wiped': wiped,
      seconds: Math.round((performance.now() - startedAt) / 1000),
    },
  ]);
  console.table([await proof()]);
  code = lost.length === 0 && doubled.length === 0 && (await proof())?.holds ? 0 : 1;
} finally {
  for (const part of parts.keys()) part.kill('SIGTERM');
  await Promise.all([...parts.keys()].map((part) => part.exitCode ?? once(part, 'exit')));
  await app.close();
  sink.disconnect();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
process.exit(code);
