import type { Command } from 'commander';
import type { Cadence } from '../editions/index.ts';
import type { Cli } from './cli.ts';
import { cadenceOption, dateOption, dryRunOption, jsonOption, nowOption } from './options.ts';
import { DRY_RUN, rehearse, withApp } from './with-app.ts';

interface Options {
  cadence: Cadence;
  date: string;
  now?: Date;
  dryRun?: true;
  json?: true;
}

/**
 * `assemble`: makes the edition of a date at once, from what is there, and opens it. Exit code 1 when there is none
 * afterwards.
 */
export function addAssemble(program: Command, cli: Cli): void {
  program
    .command('assemble')
    .description('make the edition of a date if it is not made, and open it at once')
    .addOption(cadenceOption())
    .addOption(dateOption('the day; for a weekly edition any day of its week').makeOptionMandatory())
    .addOption(nowOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .action(({ cadence, date, dryRun, json, ...options }: Options) =>
      withApp(cli, options, async (app) => {
        const { assemble } = await import('../editions/index.ts');
        const made = await rehearse(app.db, dryRun === true, (db) =>
          assemble({ ...app.assembling, db }, { cadence, date, force: true }),
        );
        if (made.outcome === 'skipped' || made.outcome === 'waiting') cli.exitCode = 1;
        if (json) return cli.print(JSON.stringify({ dryRun: dryRun === true, ...made }, null, 2));
        if (dryRun) cli.print(DRY_RUN);
        if (made.outcome === 'made')
          cli.print(
            `Made the ${cadence} edition of ${date}: ${made.cards} cards and ${made.more} more (edition ${made.editionId}).`,
          );
        else if (made.outcome === 'exists')
          cli.print(`The ${cadence} edition of ${date} is made already (edition ${made.editionId}).`);
        else cli.print(`No edition: ${made.reason}`);
      }),
    );
}
