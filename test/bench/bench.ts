// `npm run bench`: digests a second through the ledger, beside a plain Nodemailer loop and a bare socket that send the
// same mails to the same sink in the same run. `npm run bench -- --help` lists the flags.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import nodemailer from 'nodemailer';
import { type App, createApp } from '../../src/app.ts';
import { dispatch, plan, verify } from '../../src/deliveries/index.ts';
import { assemble, fillPiece, latestEdition, loadEdition } from '../../src/editions/index.ts';
import { createLog, readConfig, stoppedClock } from '../../src/platform/index.ts';
import { runSender } from '../../workers/sender.ts';
import type { SinkCount } from './sink.ts';

const { values: flags } = parseArgs({
  options: {
    readers: { type: 'string', default: '5000' },
    cards: { type: 'string', default: '30' },
    pool: { type: 'string', default: '10' },
    plain: { type: 'string', default: '600' },
    redis: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log(
    'npm run bench -- [--readers 5000] [--cards 30] [--pool 10 (connections)] [--plain 600 (mails of the plain loop)] [--redis URL]',
  );
  process.exit(0);
}
const readers = Number(flags.readers);
const pool = Number(flags.pool);
const cards = Number(flags.cards);

/** One line of the table. */
interface Row {
  what: string;
  mails: number;
  seconds: number;
  cpuSeconds: number;
}

async function startSink() {
  const child = fork(fileURLToPath(new URL('./sink.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const count = async (): Promise<SinkCount> => {
    child.send('count');
    const [answer] = (await once(child, 'message')) as [SinkCount];
    return answer;
  };
  return { port, count, close: () => child.disconnect() };
}

const sink = await startSink();
const dataDir = await mkdtemp(join(tmpdir(), 'paperboy-bench-'));

async function timed(what: string, mails: number, work: () => Promise<void>): Promise<Row> {
  const before = await sink.count();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const after = await sink.count();
  if (after.messages - before.messages !== mails)
    throw new Error(`${what}: the sink took ${after.messages - before.messages} mails, not ${mails}.`);
  return { what, mails, seconds, cpuSeconds: (user + system) / 1e6 };
}

/** An edition of papers with abstracts of ordinary length, and readers who all want it now. */
async function fill(app: App): Promise<void> {
  const day = '2026-06-10';
  await app.db.query(
    'bench-papers',
    `insert into papers (id, title, abstract, authors, organisation, published_on, code_url, upvotes, comments, first_seen_at, updated_at)
     select '2606.' || to_char(n, 'FM00000'), 'A paper of ordinary length about the matter number ' || n,
            repeat('A sentence of an abstract that says what was done and what was found. ', 20),
            '{Ada Lovelace,Alan Turing,Emmy Noether}', case when n % 2 = 0 then 'Example Laboratory' end, $2, 'https://github.com/example/matter', 200 - n, n % 7, now(), now()
     from generate_series(1, $1) as n`,
    [cards + 20, day],
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
  await assemble(app.assembling, { cadence: 'daily', date: day, force: true });
  await plan(app.planning);
}

async function sendThroughLedger(app: App): Promise<void> {
  const done = async () => {
    const [proof] = await verify(app.db, { latest: 1 });
    return proof?.waiting === 0;
  };
  const sender = await runSender(app);
  while (!(await done())) {
    await dispatch(app.dispatching);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await sender.close();
}

/** What one would write without Paperboy: the mail's html and text for each reader, through Nodemailer's own pool. */
async function sendPlainly(app: App, mails: number): Promise<void> {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: sink.port,
    ignoreTLS: true,
    pool: true,
    maxConnections: pool,
    maxMessages: Infinity,
  });
  const latest = await latestEdition(app.db, 'daily');
  const edition = latest && (await loadEdition(app.db, latest.id));
  if (!edition) throw new Error('There is no edition.');
  const pieces = [edition.head, ...edition.cards, edition.more, edition.foot];
  await Promise.all(
    Array.from({ length: mails }, (_, n) => {
      const email = `reader${n + 1}@example.org`;
      const slots = {
        unsubscribe_url: app.links.url('unsubscribe', n + 1),
        preferences_url: app.links.url('preferences', n + 1),
        read_url: app.links.url('read', n + 1),
        more_count: edition.moreCount,
        email,
      };
      return transport.sendMail({
        from: 'Paperboy <digest@example.org>',
        to: email,
        subject: edition.subject,
        html: pieces.map((piece) => fillPiece(piece.html, slots)).join(''),
        text: pieces.map((piece) => fillPiece(piece.text, slots)).join(''),
      });
    }),
  );
  transport.close();
}

/** The floor: the same number of bytes, made beforehand, over as many bare sockets; no ledger, no Nodemailer. */
async function sendBare(bytes: Buffer, mails: number): Promise<void> {
  let left = mails;
  const body = Buffer.concat([bytes, Buffer.from('\r\n.\r\n')]);
  await Promise.all(
    Array.from({ length: pool }, async () => {
      const socket = connect({ port: sink.port, host: '127.0.0.1', noDelay: true });
      let replies = '';
      let wake = () => {};
      socket.on('data', (chunk) => {
        replies += chunk.toString('latin1');
        wake();
      });
      const reply = async (code: string) => {
        while (!replies.includes(code))
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        replies = '';
      };
      await reply('220 ');
      socket.write('EHLO bench\r\n');
      await reply('250 8');
      while (left > 0) {
        left -= 1;
        socket.write('MAIL FROM:<b@example.org>\r\nRCPT TO:<r@example.org>\r\nDATA\r\n');
        await reply('354 ');
        socket.write(body);
        await reply('taken');
      }
      socket.end('QUIT\r\n');
    }),
  );
}

function print(rows: Row[], kilobytes: number, statements: number, peakMb: number): void {
  const [ledger, plain, bare] = rows;
  const rate = (row: Row | undefined) => (row ? row.mails / row.seconds : 0);
  const table = rows.map((row) => ({
    what: row.what,
    mails: row.mails,
    'mails/s': Math.round(rate(row)),
    'CPU s per 1,000': Number(((row.cpuSeconds / row.mails) * 1000).toFixed(2)),
  }));
  console.table(table);
  console.log(
    `${kilobytes.toFixed(0)} kB a mail, ${pool} connections, ${cpus().length} cores, everything on one machine.`,
  );
  console.log(
    `Statements per 1,000 digests: ${((statements / (ledger?.mails ?? 1)) * 1000).toFixed(0)} (pool of our own; BullMQ's come on top).`,
  );
  console.log(`Peak memory of the sending process: ${peakMb.toFixed(0)} MB.`);
  console.log(
    `Ledger / plain Nodemailer: ${(rate(ledger) / rate(plain)).toFixed(1)}. Ledger / bare socket: ${(rate(ledger) / rate(bare)).toFixed(2)}.`,
  );
}

const app = await createApp({
  config: readConfig({
    environment: {
      DATA_DIR: dataDir,
      SMTP_URL: `smtp://127.0.0.1:${sink.port}?pool=${pool}`,
      PUBLIC_URL: 'https://papers.example.org',
      MAIL_FROM: 'Paperboy <digest@papers.example.org>',
      EDITION_SIZE: String(cards),
      ...(flags.redis && { REDIS_URL: flags.redis }),
    },
  }),
  clock: stoppedClock(new Date('2026-06-11T07:00Z')),
  log: createLog('warn'),
});
try {
  await fill(app);
  const statements = async () => {
    const text = await app.metrics.render();
    return [...text.matchAll(/^paperboy_database_statement_ms_count\{[^}]*\} (\d+)/gm)].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    );
  };
  const before = await statements();
  const bytesBefore = (await sink.count()).bytes;
  const ledger = await timed('digests through the ledger', readers, () => sendThroughLedger(app));
  const used = (await statements()) - before;
  const bytesEach = ((await sink.count()).bytes - bytesBefore) / readers;
  const peakMb = process.resourceUsage().maxRSS / 1024;
  const plain = await timed('plain Nodemailer, html + text', Number(flags.plain), () =>
    sendPlainly(app, Number(flags.plain)),
  );
  const bare = await timed('bare socket, made beforehand', readers, () =>
    sendBare(Buffer.alloc(Math.round(bytesEach), 'x'), readers),
  );
  print([ledger, plain, bare], bytesEach / 1000, used, peakMb);
} finally {
  await app.close();
  sink.close();
  await rm(dataDir, { recursive: true, force: true });
}
