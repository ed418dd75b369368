import {
  createPostgresBackend,
  type PostgresConnectionOptions,
  type PostgresQueueBackend,
  Queue,
  runMigrations,
  Worker,
} from 'bullmq';
import { Redis } from 'ioredis';
import type pg from 'pg';
import type { Log } from './log.ts';

/** Schema that BullMQ keeps for itself, on the Postgres engine. */
const SCHEMA = 'bullmq';

const NAME = 'deliveries';

/** A job: delivery ids, and nothing that the ledger does not know better. */
interface Batch {
  ids: number[];
}

/** Takes batches in turn until it is closed; closing waits for those under way. */
export interface Consumer {
  close(): Promise<void>;
}

/**
 * The queue only knocks: everything in it can be lost at any moment, and `dispatch` and `sweep` knock again.
 */
export interface BatchQueue {
  readonly engine: 'postgres' | 'redis';
  /** Adds one job a batch. Throws within seconds when the engine is away. */
  add(batches: readonly (readonly number[])[]): Promise<void>;
  /** Calls `handle` for each batch, `concurrency` at once at most; what it throws is logged and not repeated. */
  consume(handle: (ids: number[]) => Promise<void>, options: { concurrency: number }): Consumer;
  /** Jobs that wait or are being worked on. Throws when the engine does not answer. */
  depth(): Promise<number>;
  /** Throws when the engine does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface QueueOptions {
  databaseUrl: string;
  /** Set: the engine is Redis; absent: the same Postgres. */
  redisUrl?: string;
  log: Log;
}

/** BullMQ's own tables, in a schema of their own. The caller holds the session. */
export async function migrateQueue(client: pg.Client): Promise<void> {
  await runMigrations(client, SCHEMA);
}

// A job is a knock: done or failed it may go, the ledger knows what came of it. The failed ones are kept to look at.
const jobOptions = { removeOnComplete: true, removeOnFail: { count: 100 }, attempts: 1 };

// A batch of hundreds on a slow server takes minutes; the lock is renewed at half its time. A worker that died
// without a word is noticed after this long, and the batch given to another, whose claims find what is left.
const workerTimes = { lockDuration: 30_000, stalledInterval: 30_000, maxStalledCount: 5 };

/** Opens the queue; the engine is chosen here and nowhere else. */
export function openQueue(options: QueueOptions): BatchQueue {
  return options.redisUrl ? openRedisQueue(options.redisUrl, options.log) : openPostgresQueue(options);
}

const toJobs = (batches: readonly (readonly number[])[]) =>
  batches.map((ids) => ({ name: 'send' as const, data: { ids: [...ids] }, opts: jobOptions }));

async function countJobs(queue: Pick<Queue, 'getJobCounts'>): Promise<number> {
  const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized');
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}

function closeAll(...closers: (() => Promise<unknown>)[]): () => Promise<void> {
  return async () => {
    for (const close of closers) await close();
  };
}

function openPostgresQueue({ databaseUrl, log }: QueueOptions): BatchQueue {
  const connection = (max: number) => ({ connectionString: databaseUrl, schema: SCHEMA, max });
  const queue = new Queue<
    Batch,
    void,
    'send',
    Batch,
    void,
    'send',
    PostgresQueueBackend,
    PostgresConnectionOptions
  >(NAME, { connection: connection(2) }, createPostgresBackend);
  queue.on('error', (error) => log.warn({ err: error.message }, 'queue: Postgres'));
  return {
    engine: 'postgres',
    async add(batches) {
      await queue.addBulk(toJobs(batches));
    },
    consume(handle, { concurrency }) {
      const worker = new Worker<Batch, void, 'send', PostgresQueueBackend, number, PostgresConnectionOptions>(
        NAME,
        (job) => handle(job.data.ids),
        { connection: connection(2 + concurrency), concurrency, ...workerTimes },
        createPostgresBackend,
      );
      return consumer(worker, log);
    },
    depth: () => countJobs(queue),
    async ping() {
      await countJobs(queue);
    },
    close: () => queue.close(),
  };
}

function openRedisQueue(url: string, log: Log): BatchQueue {
  const connect = (maxRetriesPerRequest: number | null) => {
    const redis = new Redis(url, { maxRetriesPerRequest, connectTimeout: 5_000 });
    redis.on('error', (error) => log.warn({ err: error.message }, 'queue: Redis'));
    return redis;
  };
  // Adding must fail at once when Redis is away (the sweep tries again); a worker waits for it for ever.
  const adding = connect(1);
  const queue = new Queue<Batch, void, 'send'>(NAME, { connection: adding });
  queue.on('error', (error) => log.warn({ err: error.message }, 'queue: Redis'));
  return {
    engine: 'redis',
    async add(batches) {
      await queue.addBulk(toJobs(batches));
    },
    consume(handle, { concurrency }) {
      const connection = connect(null);
      const worker = new Worker<Batch, void, 'send'>(NAME, (job) => handle(job.data.ids), {
        connection,
        concurrency,
        ...workerTimes,
      });
      const inner = consumer(worker, log);
      return { close: closeAll(inner.close, async () => connection.disconnect()) };
    },
    depth: () => countJobs(queue),
    async ping() {
      await adding.ping();
    },
    close: closeAll(
      () => queue.close(),
      async () => adding.disconnect(),
    ),
  };
}

type AnyWorker = Pick<Worker, 'close'> & { on(event: string, listener: (...args: never[]) => void): unknown };

function consumer(worker: AnyWorker, log: Log): Consumer {
  worker.on('error', (error: Error) => log.warn({ err: error.message }, 'queue: worker'));
  worker.on('failed', (job: { id?: string } | undefined, error: Error) =>
    log.error({ job: job?.id, err: error.message }, 'a batch failed; the ledger gives its rows out again'),
  );
  return { close: () => worker.close() };
}
