import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import type { Log } from './log.ts';
import { migrateQueue } from './queue.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/**
 * Brings the database up to date: our tables, then BullMQ's own schema. Safe to run twice, and at once from
 * several processes: an advisory lock makes the others wait.
 *
 * @returns the names of the migrations that were run
 */
export async function migrate(databaseUrl: string, log: Log): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'paperboy migrate' });
  // A connection that is lost between two statements is told by the next one.
  client.on('error', () => {});
  await client.connect();
  try {
    // node-pg-migrate's own lock refuses instead of waiting; this one is held by the session until it ends.
    await client.query("select pg_advisory_lock(hashtext('paperboy migrate'))");
    const done = await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: 'up',
      migrationsTable: 'migrations',
      noLock: true,
      checkOrder: true,
      logger: { debug() {}, info() {}, warn: (text) => log.warn(text), error: (text) => log.error(text) },
    });
    await migrateQueue(client);
    return done.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}
