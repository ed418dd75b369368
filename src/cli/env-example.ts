import type { Command } from 'commander';
import { envExample } from '../platform/index.ts';
import type { Cli } from './cli.ts';

/** `env-example`: the text of `.env.example`. For those who change a setting; not listed. */
export function addEnvExample(program: Command, cli: Cli): void {
  program
    .command('env-example', { hidden: true })
    .description('the text of .env.example, from the settings table')
    .action(() => cli.print(envExample().trimEnd()));
}
