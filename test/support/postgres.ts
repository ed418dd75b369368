import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../../src/platform/index.ts';

/** A database of a test file's own. */
export interface TestDatabase {
  db: Database;
  url: string;
  /** Closes and drops it; throws when something still holds a connection, since that is a leak. */
  close(): Promise<void>;
}

async function administer(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Clones the migrated template: a few milliseconds. Call in `beforeAll`, close in `afterAll`. */
export async function testDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  // Only one clone at a time may read the template.
  await administer(async (client) => {
    await client.query("select pg_advisory_lock(hashtext('template_paperboy'))");
    await client.query(`create database ${name} template template_paperboy`);
  });
  const url = inject('postgresUrl').replace(/\/[^/]*$/, `/${name}`);
  const db = openDatabase({ url });
  return {
    db,
    url,
    async close() {
      await db.close();
      await administer(async (client) => {
        await client.query(`drop database ${name} with (force)`);
      });
    },
  };
}
