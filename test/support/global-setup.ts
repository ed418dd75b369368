import { rm } from 'node:fs/promises';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts';
import { createLog } from '../../src/platform/index.ts';
import { migrate } from '../../src/platform/migrate.ts';
import { fastFolder } from './fast-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A server that may be used for cloning; its database `template` is migrated and empty. */
    postgresUrl: string;
  }
}

/** One real Postgres for all test files, with one migrated database that each file clones. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const log = createLog('silent');
  const dataDir = await fastFolder('paperboy-test-');
  const server = await startEmbeddedPostgres({ dataDir, log, unsafe: true });
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  await admin.query('create database template_paperboy');
  await admin.end();
  await migrate(server.url.replace(/\/[^/]*$/, '/template_paperboy'), log);
  project.provide('postgresUrl', server.url);
  return async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
