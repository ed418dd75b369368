// `npm run bench`: digests a second through the ledger, beside a plain Nodemailer loop and a bare socket that send the
// same mails to the same sink in the same run. `npm run bench -- --help` lists the flags.

import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type App, createApp } from '../../src/app.ts';
import { dispatch, plan, verify } from '../../src/deliveries/index.ts';
import { assemble } from '../../src/editions/index.ts';
import { TOPICS } from '../../src/interests/index.ts';
import { createLog, readConfig, stoppedClock } from '../../src/platform/index.ts';
import { runSender } from '../../workers/sender.ts';
import { printRows, type Row, rateOf, startSink, timed } from './measure.ts';
import { sendBare, sendPlainly, sendWithSmtpSource } from './rivals.ts';

const { values: flags } = parseArgs({
  options: {
    readers: { type: 'string', default: '20000' },
    cards: { type: 'string', default: '30' },
    pool: { type: 'string', default: '100' },
    plain: { type: 'string', default: '600' },
    senders: { type: 'string', default: '1' },
    dkim: { type: 'boolean', default: false },
    personal: { type: 'boolean', default: false },
    redis: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log(`npm run bench -- [flags]
  --readers 20000   digests through the ledger
  --cards 30        papers in a digest; 30 make a mail of about 64 kB
  --pool 100        SMTP connections, of the rivals too
  --senders 1       1: in this process, which is measured; more: processes of their own, of which only the rate is seen
  --dkim            sign with RSA-2048
  --personal        each reader follows five of 200 things, a few of them much oftener, and gets a digest of their own
  --redis URL       BullMQ on Redis instead of Postgres
  --plain 600       mails of the plain Nodemailer loop`);
  process.exit(0);
}
const readers = Number(flags.readers);
const pool = Number(flags.pool);
const cards = Number(flags.cards);
const senders = Number(flags.senders);
const MORNING = '2026-06-11T07:00:00Z';

const sink = await startSink();
const dataDir = await mkdtemp(join(tmpdir(), 'paperboy-bench-'));
const environment = {
  DATA_DIR: dataDir,
  SMTP_URL: `smtp://127.0.0.1:${sink.port}?pool=${pool}`,
  PUBLIC_URL: 'https://papers.example.org',
  MAIL_FROM: 'Paperboy <digest@papers.example.org>',
  SECRET_KEY: 'bench-needs-a-key-of-thirty-two-characters',
  ADMIN_TOKEN: 'bench',
  EDITION_SIZE: String(cards),
  LOG_LEVEL: 'warn',
  ...(flags.redis && { REDIS_URL: flags.redis }),
  ...(flags.dkim && {
    DKIM_DOMAIN: 'papers.example.org',
    DKIM_SELECTOR: 'bench',
    DKIM_KEY: generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey,
  }),
};

/** What the papers are about. */
const SUBJECTS = [
  'matters',
  'a robot',
  'a language model',
  'video generation',
  'proteins',
  'speech',
  'agents',
  'benchmarks',
];

/** An edition of papers with abstracts of ordinary length, and readers who all want it now. */
async function fill(app: App): Promise<void> {
  const day = '2026-06-10';
  await app.db.query(
    'bench-papers',
    `insert into papers (id, title, abstract, authors, organisation, published_on, code_url, upvotes, comments, first_seen_at, updated_at)
     select '2606.' || to_char(n, 'FM00000'),
            'A paper of ordinary length about ' || ($3::text[])[1 + n % 8] || ' number ' || n,
            repeat('A sentence of an abstract that says what was done and what was found. ', 20),
            '{Ada Lovelace,Alan Turing,Emmy Noether}', case when n % 2 = 0 then 'Example Laboratory' end, $2, 'https://github.com/example/matter', 200 - n, n % 7, now(), now()
     from generate_series(1, $1) as n`,
    [cards + 20, day, SUBJECTS],
  );
  await app.db.query(
    'bench-listings',
    `insert into listings select 'huggingface', id, $1::date, now() from papers where not sample`,
    [day],
  );
  await app.db.query(
    'bench-readers',
    `insert into subscribers (email, email_key, state, created_at, confirmed_at, changed_at)
     select 'reader' || n || '@example.org', 'reader' || n || '@example.org', 'active', $2, $2, $2 from generate_series(1, $1) as n`,
    [readers, new Date('2026-06-01T00:00Z')],
  );
  if (flags.personal) await follow(app);
  await assemble(app.assembling, { cadence: 'daily', date: day, force: true });
  await plan(app.planning);
}

/** Five interests a reader: topics, authors and searches of this edition and of none, the first much oftener than the last. */
async function follow(app: App): Promise<void> {
  await app.db.query(
    'bench-interests',
    `insert into interests (subscriber_id, kind, value)
     select r, case n % 3 when 0 then 'topic' when 1 then 'search' else 'author' end,
            case n % 3 when 0 then ($2::text[])[1 + n / 3 % 24] when 1 then ($3::text[])[1 + n / 3 % 8] || ' number ' || n / 3
                       else 'Ada ' || chr(65 + n / 3 % 26) || ' Lovelace' end
     from generate_series(1, $1) as r, generate_series(1, 5) as k,
          lateral (select floor(200 * power(hashint8extended(r, k)::numeric / 18446744073709551616.0 + 0.5, 3))::integer as n) as d
     on conflict do nothing`,
    [readers, TOPICS.map(({ id }) => id), SUBJECTS],
  );
}

let firstMailMs = Number.NaN;
// Its timer of 5 ms is part of what it sees.
const loop = monitorEventLoopDelay({ resolution: 5 });

/** As in service: the clock gives out what is due and tops it up every second; done with the last settle. */
async function sendThroughLedger(app: App, endSenders: () => Promise<void>): Promise<void> {
  const before = (await sink.count()).messages;
  const startedAt = performance.now();
  let dispatchedAt = Number.NEGATIVE_INFINITY;
  for (let taken = 0; taken < readers; taken = (await sink.count()).messages - before) {
    if (taken > 0 && Number.isNaN(firstMailMs)) firstMailMs = performance.now() - startedAt;
    if (performance.now() - dispatchedAt > 1_000) {
      dispatchedAt = performance.now();
      await dispatch(app.dispatching);
    }
    await sleep(10);
  }
  await endSenders();
}

/** Senders of their own, ready to take batches. */
async function startSenders(databaseUrl: string): Promise<ChildProcess[]> {
  const paperboy = fileURLToPath(new URL('../../src/cli/paperboy.js', import.meta.url));
  const children = Array.from({ length: senders }, () =>
    spawn(process.execPath, [paperboy, 'sender', '--now', MORNING], {
      env: { PATH: process.env.PATH, ...environment, DATABASE_URL: databaseUrl },
      stdio: ['ignore', 'inherit', 'inherit'],
    }),
  );
  // They say nothing when they are up; a start takes about two seconds here.
  await sleep(5_000);
  return children;
}

async function endAll(children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')));
}

async function runLedger(app: App): Promise<Row> {
  const what = `${flags.personal ? 'personal ' : ''}digests through the ledger${flags.dkim ? ', DKIM' : ''}`;
  if (senders > 1) {
    const children = await startSenders(app.db.url);
    return timed({ sink, dataDir }, `${what}, ${senders} senders`, readers, () =>
      sendThroughLedger(app, () => endAll(children)),
    );
  }
  return timed({ sink, dataDir }, what, readers, async () => {
    const sender = await runSender(app);
    loop.enable();
    await sendThroughLedger(app, () => sender.close());
    loop.disable();
  });
}

async function countStatements(app: App): Promise<number> {
  const text = await app.metrics.render();
  return [...text.matchAll(/^paperboy_database_statement_ms_count\{[^}]*\} (\d+)/gm)].reduce(
    (sum, match) => sum + Number(match[1]),
    0,
  );
}

const app = await createApp({
  config: readConfig({ environment }),
  clock: stoppedClock(new Date(MORNING)),
  log: createLog('warn'),
});
try {
  await fill(app);
  const statementsBefore = await countStatements(app);
  const bytesBefore = (await sink.count()).bytes;
  const ledger = await runLedger(app);
  const statements = (await countStatements(app)) - statementsBefore;
  const bytesEach = Math.round(((await sink.count()).bytes - bytesBefore) / readers);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  const [proof] = await verify(app.db, { latest: 1 });
  if (!proof?.holds || proof.sent !== readers)
    throw new Error(`The ledger does not add up: ${JSON.stringify(proof)}`);

  const target = { port: sink.port, pool };
  const plainMails = Number(flags.plain);
  const measured = { sink, dataDir };
  const plain = await timed(measured, 'plain Nodemailer, html + text', plainMails, () =>
    sendPlainly(app, target, plainMails),
  );
  const bare = await timed(measured, 'bare socket, made beforehand', readers, () =>
    sendBare(Buffer.alloc(bytesEach, 'x'), target, readers),
  );
  const rows = [ledger, plain, bare];
  const hasSource = sendWithSmtpSource(bytesEach, target, 1);
  if (hasSource)
    rows.push(
      await timed(measured, 'smtp-source', readers, async () => {
        sendWithSmtpSource(bytesEach, target, readers);
      }),
    );
  printRows(rows);
  const per1000 = (n: number) => ((n / readers) * 1000).toFixed(0);
  console.log(
    `${(bytesEach / 1000).toFixed(0)} kB a mail, ${pool} connections, queue on ${app.queue.engine}, ${cpus().length} cores with everything on them.`,
  );
  console.log(`First mail ${firstMailMs.toFixed(0)} ms after dispatch.`);
  if (senders === 1)
    console.log(
      `The event loop was held for ${(loop.percentile(99) / 1e6).toFixed(0)} ms at the 99th percentile, ${(loop.max / 1e6).toFixed(0)} ms at most.`,
    );
  if (senders === 1)
    console.log(
      `Statements per 1,000 digests: ${per1000(statements)} (dispatch included; BullMQ's own, about 5 a batch of 1,000, come on top). Peak memory of the sending process: ${peakMb.toFixed(0)} MB.`,
    );
  console.log(
    `Ledger / plain Nodemailer: ${(rateOf(ledger) / rateOf(plain)).toFixed(1)}. Ledger / bare socket: ${(rateOf(ledger) / rateOf(bare)).toFixed(2)}.`,
  );
} finally {
  await app.close();
  sink.close();
  await rm(dataDir, { recursive: true, force: true });
}
