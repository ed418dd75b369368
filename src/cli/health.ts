import type { Command } from 'commander';
import { openDatabase, readConfig } from '../platform/index.ts';
import { type Cli, Refusal } from './cli.ts';

// Container engines ask every half minute and give up after 10 s.
const ANSWER_MS = 5_000;

/** `health`: for container engines, which have no other client at hand. */
export function addHealth(program: Command, cli: Cli): void {
  program
    .command('health')
    .description('whether this machine reaches its database, or with --web whether the page answers')
    .option('--web', 'ask the page of this machine (PORT, /healthz) instead of the database')
    .action(async ({ web }: { web?: true }) => {
      const config = readConfig(cli.input);
      if (web) {
        const url = `http://127.0.0.1:${config.port}/healthz`;
        const response = await fetch(url, {
          signal: AbortSignal.timeout(ANSWER_MS),
          redirect: 'error',
        }).catch((error: Error) => {
          throw new Refusal(
            `${url} does not answer: ${(error.cause as Error | undefined)?.message ?? error.message}`,
          );
        });
        if (!response.ok) throw new Refusal(`${url} answers ${response.status}.`);
      } else {
        if (!config.databaseUrl)
          throw new Refusal('The embedded database is asked with --web: it is up whenever the page is.');
        const db = openDatabase({ url: config.databaseUrl, max: 1 });
        try {
          await db.query('health', 'select 1');
        } finally {
          await db.close();
        }
      }
      cli.print('healthy');
    });
}
