import { readdir } from 'node:fs/promises';
import type { Command } from 'commander';
import {
  type Config,
  createLog,
  type Log,
  migrate,
  openDatabase,
  readConfig,
  startEmbeddedPostgres,
} from '../platform/index.ts';
import type { Cli } from './cli.ts';
import { dryRunOption } from './options.ts';
import { DRY_RUN } from './with-app.ts';

const FOLDER = new URL('../../migrations/', import.meta.url);

/** `migrate`: brings the database up to date; safe to run twice, and at once on several machines. */
export function addMigrate(program: Command, cli: Cli): void {
  program
    .command('migrate')
    .description("bring the database up to date, the queue's schema too; safe to run twice and at once")
    .addOption(dryRunOption())
    .action(async ({ dryRun }: { dryRun?: true }) => {
      const config = readConfig(cli.input);
      const log = createLog(config.logLevel);
      await withDatabase(config, log, async (url) => {
        const names = dryRun ? await findPending(url) : await migrate(url, log);
        if (dryRun) cli.print(DRY_RUN);
        if (names.length === 0) cli.print('The database is up to date.');
        for (const name of names) cli.print(`${dryRun ? 'would run' : 'ran'} ${name}`);
      });
    });
}

/** The database of the settings; an embedded one is started and stopped after, or joined where it runs. */
async function withDatabase(config: Config, log: Log, work: (url: string) => Promise<void>): Promise<void> {
  if (config.databaseUrl) return work(config.databaseUrl);
  const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, log });
  try {
    await work(embedded.url);
  } finally {
    await embedded.stop();
  }
}

/** Names of the migrations that `migrate` would run, in their order. */
async function findPending(url: string): Promise<string[]> {
  const db = openDatabase({ url, max: 1 });
  try {
    const [begun] = await db.query<{ there: boolean }>(
      'migrations-begun',
      "select to_regclass('migrations') is not null as there",
    );
    const done = begun?.there
      ? await db.query<{ name: string }>('migrations-done', 'select name from migrations')
      : [];
    const names = new Set(done.map((row) => row.name));
    const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort();
    return files.map((file) => file.replace(/\.sql$/, '')).filter((name) => !names.has(name));
  } finally {
    await db.close();
  }
}
