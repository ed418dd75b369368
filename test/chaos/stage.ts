// What a run is played on: real servers, a database with an edition that is due, and Paperboy's own processes.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../../src/app.ts';
import { plan, verify } from '../../src/deliveries/index.ts';
import { assemble } from '../../src/editions/index.ts';
import {
  createLog,
  type Database,
  openDatabase,
  readConfig,
  stoppedClock,
} from '../../src/platform/index.ts';
import { type Crew, createCrew } from './crew.ts';
import { createDice } from './dice.ts';
import {
  type PostgresServer,
  type RedisServer,
  type Sink,
  startPostgres,
  startRedis,
  startSink,
} from './servers.ts';
import type { Moods } from './sink.ts';

/** What may befall a run. The last two kill nobody. */
export type Blow = 'sender' | 'clock' | 'web' | 'sink' | 'postgres' | 'redis' | 'flush' | 'pause';

export interface ChaosOptions {
  readers: number;
  kills: number;
  /** What befalls it: each as often as it is named here, in any order, again and again. */
  blows: readonly Blow[];
  senders: number;
  clocks: number;
  sinks: number;
  /** Connections of a sender to each sink, at most: each sender that starts is given a number of its own. */
  pool: number;
  queue: 'postgres' | 'redis';
  /** A `redis-server` or `valkey-server`; needed where the queue is Redis. */
  redisBinary?: string;
  uncertain: 'hold' | 'resend';
  moods: Omit<Moods, 'thinkMs'>;
  seed: number;
  /** Mean time between two kills, in milliseconds. */
  everyMs: number;
  /** Waits for claims and retries as they come, minutes of them, instead of moving the clock on between two lives of all processes. */
  patient: boolean;
  /** Ends the run, with all that it started. */
  stop?: AbortSignal;
  say?(line: string): void;
}

/** All that takes part in a run. */
export interface Stage {
  options: ChaosOptions;
  random: () => number;
  db: Database;
  editionId: number;
  postgres: PostgresServer;
  redis: RedisServer | undefined;
  sinks: Sink[];
  crew: Crew;
  /** What time it is for Paperboy's processes. */
  now(): Date;
  moveOn(ms: number): void;
}

const DAY = '2026-06-10';
const CLOSES = new Date('2026-06-11T02:00Z');
const MORNING = new Date('2026-06-11T07:00:30Z');

/** Receiving domains: one that is slow slows no other. */
const DOMAINS = 40;

/** The address of the n-th reader, from 1. */
export const nameOf = (n: number) => `reader${n}@d${n % DOMAINS}.example.org`;

/** Readers who all want the edition at the same hour. @returns its id */
async function fill(
  databaseUrl: string,
  environment: Record<string, string>,
  readers: number,
): Promise<number> {
  const app = await createApp({
    config: readConfig({ environment: { ...environment, DATABASE_URL: databaseUrl } }),
    clock: stoppedClock(CLOSES),
    log: createLog('silent'),
  });
  try {
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
       select name, name, 'active', $2, $2, $2
       from generate_series(1, $1) as n, lateral (select 'reader' || n || '@d' || n % $3::integer || '.example.org' as name) as r`,
      [readers, new Date('2026-06-01T00:00Z'), DOMAINS],
    );
    // Every third reader's digest is chosen for them.
    await app.db.query(
      'chaos-interests',
      `insert into interests (subscriber_id, kind, value)
       select id, 'topic', (array['robotics', 'agents', 'vision'])[1 + id % 3] from subscribers where id % 3 = 0`,
    );
    await assemble(app.assembling, { cadence: 'daily', date: DAY, force: true });
    await plan(app.planning);
    return (await verify(app.db, { latest: 1 }))[0]?.editionId ?? 0;
  } finally {
    await app.close();
  }
}

/** A question to a database that is killed now and then is asked until it is answered. */
export async function insist<T>(ask: () => Promise<T>, stop: AbortSignal | undefined): Promise<T> {
  for (let tries = 1; ; tries += 1)
    try {
      return await ask();
    } catch (error) {
      if (tries === 200 || stop?.aborted) throw error;
      await sleep(100);
    }
}

/** How many wait for mail. */
export async function waitingIn({ db, options }: Stage): Promise<number> {
  const rows = await insist(
    () =>
      db.query<{ n: number }>(
        'chaos-waiting',
        "select count(*) as n from deliveries where state in ('planned', 'queued', 'sending')",
      ),
    options.stop,
  );
  return rows[0]?.n ?? 0;
}

/** Waits until it is so, at most `ms`. @returns how many wait for mail then */
export async function waitUntil(
  stage: Stage,
  ms: number,
  isSo: (waiting: number) => boolean,
): Promise<number> {
  for (const until = performance.now() + ms; ; ) {
    const waiting = await waitingIn(stage);
    if (isSo(waiting) || performance.now() > until) return waiting;
    await sleep(50, undefined, { signal: stage.options.stop });
  }
}

/** Undone in the reverse order, whatever happens. */
export type Closers = (() => Promise<unknown>)[];

/** Starts all servers, and no process of Paperboy yet. */
export async function setStage(options: ChaosOptions, dataDir: string, closers: Closers): Promise<Stage> {
  const random = createDice(options.seed);
  const postgres = await startPostgres(dataDir);
  closers.push(() => postgres.end());
  let redis: RedisServer | undefined;
  if (options.queue === 'redis') {
    if (!options.redisBinary)
      throw new Error('There is no redis-server or valkey-server on the PATH; leave out --queue redis.');
    const folder = join(dataDir, 'redis');
    await mkdir(folder);
    redis = await startRedis(options.redisBinary, folder);
    closers.push(async () => redis?.end());
  }
  const connections = (options.senders * options.pool * options.sinks) / 2;
  // Slow enough that there is mail under way for as long as there is somebody to kill, who takes a second or two to come back.
  const thinkMs = Math.min(
    1_000,
    (options.kills * (options.everyMs + 2_000) * connections) / options.readers,
  );
  const sinks: Sink[] = [];
  for (let n = 0; n < options.sinks; n += 1) {
    const sink = await startSink({
      record: join(dataDir, `sink-${n}.txt`),
      seed: options.seed + n * 1_000_003,
      moods: { ...options.moods, thinkMs },
    });
    closers.push(() => sink.end());
    sinks.push(sink);
  }
  const environment = {
    DATABASE_URL: postgres.url,
    DATA_DIR: dataDir,
    PORT: '0',
    HOST: '127.0.0.1',
    PUBLIC_URL: 'http://papers.example.org',
    MAIL_FROM: 'Paperboy <digest@papers.example.org>',
    SECRET_KEY: 'chaos-needs-a-key-of-thirty-two-characters',
    ADMIN_TOKEN: 'chaos',
    LOG_LEVEL: 'silent',
    UNCERTAIN: options.uncertain,
    // Nothing is fetched: the discard port answers nobody.
    HUGGINGFACE_URL: 'http://127.0.0.1:9',
    ...(redis && { REDIS_URL: redis.url }),
  };
  const editionId = await fill(postgres.url, environment, options.readers);
  const db = openDatabase({ url: postgres.url, max: 2, connectMs: 2_000 });
  closers.push(() => db.close());
  let offsetMs = MORNING.getTime() - Date.now();
  const now = () => new Date(Date.now() + offsetMs);
  // Its own dice: how often processes start is the machine's affair, and must not change what befalls them.
  const limits = createDice(options.seed + 1);
  const crew = createCrew({
    environment() {
      const pool = 1 + Math.floor(limits() * options.pool);
      return {
        ...environment,
        SMTP_URL: sinks.map(({ port }) => `smtp://127.0.0.1:${port}?pool=${pool}`).join(','),
      };
    },
    now,
    random,
  });
  closers.push(() => crew.end());
  return {
    options,
    random,
    db,
    editionId,
    postgres,
    redis,
    sinks,
    crew,
    now,
    moveOn(ms) {
      offsetMs += ms;
    },
  };
}
