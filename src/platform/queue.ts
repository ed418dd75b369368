import { setTimeout as delay } from 'node:timers/promises';
import {
  createPostgresBackend,
  type IQueueBackend,
  type PgPool,
  type PostgresConnectionOptions,
  type PostgresQueueBackend,
  Queue,
  runMigrations,
  Worker,
} from 'bullmq';
import { Redis } from 'ioredis';
import type pg from 'pg';
import { openPool } from './db.ts';
import type { Log } from './log.ts';
import {
  type Consumer,
  type Handle,
  keepReady,
  keepTaking,
  type Opened,
  PATIENCE,
  type Part,
  type Patience,
  within,
} from './queue-patience.ts';

export type { Consumer };

/** Schema that BullMQ keeps for itself, on the Postgres engine. */
const SCHEMA = 'bullmq';

const NAME = 'deliveries';

/** A job: delivery ids, and nothing that the ledger does not know better. */
interface Batch {
  ids: number[];
}

/**
 * The queue only knocks: everything in it can be lost at any moment, and `dispatch` and `sweep` knock again.
 */
export interface BatchQueue {
  readonly engine: 'postgres' | 'redis';
  /**
   * Adds one job a batch. Throws within seconds when the engine is away.
   *
   * @param options.first - before all that wait (default: after them)
   */
  add(batches: readonly (readonly number[])[], options?: { first?: boolean }): Promise<void>;
  /** Calls `handle` for each batch, `concurrency` at once at most; what it throws is logged and not repeated. */
  consume(handle: (ids: number[]) => Promise<void>, options: { concurrency: number }): Consumer;
  /** Jobs that wait or are being worked on. Throws when the engine does not answer. */
  depth(): Promise<number>;
  /** Throws when the engine does not answer. */
  ping(): Promise<void>;
  /** Done within seconds, whether the engine answers or not. */
  close(): Promise<void>;
}

export interface QueueOptions {
  databaseUrl: string;
  /** Set: the engine is Redis; absent: the same Postgres. */
  redisUrl?: string;
  log: Log;
  /** For tests (default: seconds). */
  patience?: Patience;
}

/** BullMQ's own tables, in a schema of their own. The caller holds the session. */
export async function migrateQueue(client: pg.Client): Promise<void> {
  await runMigrations(client, SCHEMA);
}

// A job is a knock: done or failed it may go, the ledger knows what came of it. The failed ones are kept to look at.
const jobOptions = { removeOnComplete: true, removeOnFail: { count: 100 }, attempts: 1 };

// A batch on a slow server takes minutes; the lock is renewed at half its time. A worker that died without a word is
// noticed within the sum of both, and its batch given to another, whose claims find what is left (with 30 seconds each,
// thousands of readers waited for a minute after a kill while other senders had nothing to do). One that was only slow
// loses nothing: whoever comes second finds the rows claimed.
const workerOptions = ({ againMs }: Patience) => ({
  lockDuration: 10_000,
  stalledInterval: 5_000,
  maxStalledCount: 5,
  runRetryDelay: againMs,
});

type Giver = Pick<Queue<Batch, void, 'send'>, 'addBulk' | 'getJobCounts' | 'waitUntilReady' | 'close'>;

/** What differs between the engines. Each call opens anew; whoever asked lets go of it. */
interface Engine {
  name: BatchQueue['engine'];
  openGiver(): Opened<Giver>;
  openTaker(handle: Handle, concurrency: number): Opened<Part>;
}

/** Opens the queue; the engine is chosen here and nowhere else. */
export function openQueue(options: QueueOptions): BatchQueue {
  const { databaseUrl, redisUrl, log, patience = PATIENCE } = options;
  const engine = redisUrl ? redisEngine(redisUrl, patience, log) : postgresEngine(databaseUrl, patience, log);
  const giver = keepReady(engine.openGiver, patience, log);
  const count = async (queue: Giver) =>
    Object.values(await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized')).reduce(
      (sum, n) => sum + n,
      0,
    );
  const ask = <T>(work: (queue: Giver) => Promise<T>) =>
    within(patience.answerMs, giver.use(work), `The queue's engine (${engine.name}) does not answer`);
  return {
    engine: engine.name,
    async add(batches, { first = false } = {}) {
      const jobs = batches.map((ids) => ({
        name: 'send' as const,
        data: { ids: [...ids] },
        opts: { ...jobOptions, lifo: first },
      }));
      await ask((queue) => queue.addBulk(jobs));
    },
    consume: (handle, { concurrency }) =>
      keepTaking((tracked) => engine.openTaker(tracked, concurrency), handle, patience, log),
    depth: () => ask(count),
    ping: () => ask(count).then(() => {}),
    close: giver.close,
  };
}

function postgresEngine(databaseUrl: string, patience: Patience, log: Log): Engine {
  // BullMQ's own pool would end the process when Postgres ends a connection at the wrong moment (see openPool). Of one
  // that it is given, it takes a connection for good to listen on, and leaves the schema and its end to the giver.
  function connect(max: number) {
    const pool = openPool({
      connectionString: databaseUrl,
      // Not by `options`, which a DATABASE_URL may have its own of.
      onConnect: (client) => client.query(`set search_path to ${SCHEMA}`),
      max: max + 1,
      connectionTimeoutMillis: patience.answerMs,
      keepAlive: true,
      application_name: 'paperboy queue',
    });
    // A real pool is what BullMQ means; its type asks for read-only parameters, which @types/pg does not promise.
    const connection = pool as unknown as PgPool;
    return { connection, drop: () => void pool.end().catch(() => {}) };
  }
  return {
    name: 'postgres',
    openGiver() {
      const { connection, drop } = connect(2);
      const queue = new Queue<
        Batch,
        void,
        'send',
        Batch,
        void,
        'send',
        PostgresQueueBackend,
        PostgresConnectionOptions
      >(NAME, { connection }, createPostgresBackend);
      return { part: heard(queue, log), drop };
    },
    openTaker(handle, concurrency) {
      const { connection, drop } = connect(2 + concurrency);
      const worker = new PatientWorker<PostgresQueueBackend, PostgresConnectionOptions>(
        NAME,
        (job) => handle(job.data.ids),
        { connection, concurrency, ...workerOptions(patience) },
        createPostgresBackend,
      );
      return { part: heard(worker, log), drop };
    },
  };
}

function redisEngine(url: string, patience: Patience, log: Log): Engine {
  const connect = (maxRetriesPerRequest: number | null) => {
    const redis = new Redis(url, {
      maxRetriesPerRequest,
      connectTimeout: patience.answerMs,
      // ioredis's own waits grow without a bound that would suit a service: back a second after Redis is.
      retryStrategy: (times) => Math.min(times * 100, patience.againMs),
    });
    // BullMQ, which listens too, tells of it.
    redis.on('error', () => {});
    return redis;
  };
  return {
    name: 'redis',
    openGiver() {
      // Adding must fail at once when Redis is away (the sweep tries again); a worker waits for it for ever.
      const connection = connect(1);
      const queue = new Queue<Batch, void, 'send'>(NAME, { connection });
      return { part: heard(queue, log), drop: () => connection.disconnect() };
    },
    openTaker(handle, concurrency) {
      const connection = connect(null);
      const worker = new PatientWorker(NAME, (job) => handle(job.data.ids), {
        connection,
        concurrency,
        ...workerOptions(patience),
      });
      return { part: heard(worker, log), drop: () => connection.disconnect() };
    },
  };
}

/** BullMQ asks for the next job again at once when a database says anything but "connection refused". */
class PatientWorker<Backend extends IQueueBackend, ConnectionOptions> extends Worker<
  Batch,
  void,
  'send',
  Backend,
  number,
  ConnectionOptions
> {
  protected override async moveToActive(token: string, name?: string) {
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      await delay(this.opts.runRetryDelay);
      throw error;
    }
  }
}

/** The same error of the same part is told again after this long: it may come once a second for hours. */
const TELL_AGAIN_MS = 60_000;

/** Logs what goes wrong in it; without a listener an error would end the process. */
function heard<T extends { on(event: string, listener: (...args: never[]) => void): unknown }>(
  part: T,
  log: Log,
): T {
  const told = new Map<string, number>();
  part.on('error', ({ message }: Error) => {
    const now = performance.now();
    if (now - (told.get(message) ?? Number.NEGATIVE_INFINITY) < TELL_AGAIN_MS) return;
    told.set(message, now);
    log.warn({ err: message }, 'the queue has trouble with its engine');
  });
  part.on('failed', (job: { id?: string } | undefined, error: Error) =>
    log.error({ job: job?.id, err: error.message }, 'a batch failed; the ledger gives its rows out again'),
  );
  return part;
}
