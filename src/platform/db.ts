import pg from 'pg';

/**
 * What a story needs of the database. `label` names the statement in logs and timings and stays the same
 * for as long as the statement means the same.
 */
export interface Db {
  query<Row>(
    label: string,
    text: string,
    params?: readonly unknown[],
    options?: StatementOptions,
  ): Promise<Row[]>;
  /** Runs `work` in one transaction; rolls back when it throws. Inside a transaction: a savepoint. */
  transaction<T>(work: (db: Db) => Promise<T>): Promise<T>;
}

/** How a statement is run. */
export interface StatementOptions {
  /** Planned once a connection, under its label, and not each time (default: false); its text must always be the same. */
  prepared?: boolean;
}

/** The open database: a pool that is closed once. */
export interface Database extends Db {
  readonly url: string;
  close(): Promise<void>;
}

/** Told of each statement: label, duration in milliseconds, whether it threw. */
export type OnStatement = (label: string, durationMs: number, failed: boolean) => void;

export interface DatabaseOptions {
  url: string;
  /** Connections at most (default: 8). */
  max?: number;
  /** How long a connection may take to be made (default: 10,000). */
  connectMs?: number;
  onStatement?: OnStatement;
  /** An idle connection was lost; the pool makes a new one by itself. */
  onIdleError?: (error: Error) => void;
}

// int8 as number: ids and counts here stay far below 2^53. date as 'YYYY-MM-DD': a day has no time zone.
const INT8_OID = 20;
const DATE_OID = 1082;
const types = new pg.TypeOverrides();
types.setTypeParser(INT8_OID, Number);
types.setTypeParser(DATE_OID, (text) => text);

type Queryable = Pick<pg.Pool | pg.PoolClient, 'query'>;

function statementRunner(target: Queryable, onStatement: OnStatement | undefined): Db['query'] {
  return async function query<Row>(
    label: string,
    text: string,
    params: readonly unknown[] = [],
    { prepared = false }: StatementOptions = {},
  ) {
    const startedAt = performance.now();
    let failed = true;
    try {
      const result = await target.query({ text, values: [...params], ...(prepared && { name: label }) });
      failed = false;
      return result.rows as Row[];
    } catch (error) {
      throw new Error(`The statement "${label}" failed: ${(error as Error).message}`, { cause: error });
    } finally {
      onStatement?.(label, performance.now() - startedAt, failed);
    }
  };
}

function inTransaction(client: pg.PoolClient, onStatement: OnStatement | undefined): Db {
  const query = statementRunner(client, onStatement);
  let depth = 0;
  const db: Db = {
    query,
    async transaction(work) {
      depth += 1;
      const savepoint = `s${depth}`;
      await client.query(`savepoint ${savepoint}`);
      try {
        const result = await work(db);
        await client.query(`release savepoint ${savepoint}`);
        return result;
      } catch (error) {
        await client.query(`rollback to savepoint ${savepoint}`);
        throw error;
      } finally {
        depth -= 1;
      }
    },
  };
  return db;
}

/**
 * A pool whose connections can end at any moment without ending the process. A pool listens to its idle connections
 * alone; one that is ended after it was handed out and before its user listens (both can stand in one packet) would
 * throw in nobody's hands. Who uses it hears of it all the same: the next statement fails.
 */
export function openPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config);
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Opens a pool; nothing is connected until the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = openPool({
    connectionString: options.url,
    max: options.max ?? 8,
    types,
    // A database that is away answers within seconds, so that callers can say so and try again.
    connectionTimeoutMillis: options.connectMs ?? 10_000,
    application_name: 'paperboy',
  });
  pool.on('error', (error) => options.onIdleError?.(error));
  return {
    url: options.url,
    query: statementRunner(pool, options.onStatement),
    async transaction(work) {
      const client = await pool.connect();
      let broken: Error | undefined;
      // A connection that is lost between two statements: the next one tells the caller.
      const onLost = (error: Error) => {
        broken = error;
      };
      client.on('error', onLost);
      try {
        await client.query('begin');
        const result = await work(inTransaction(client, options.onStatement));
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch((rollbackError: Error) => {
          broken = rollbackError;
        });
        throw error;
      } finally {
        client.off('error', onLost);
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}
