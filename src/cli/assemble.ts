import type { Command } from 'commander';
import type { Cadence } from '../editions/index.ts';
import { type Cli, Refusal, UsageError } from './cli.ts';
import { cadenceOption, dateOption, dryRunOption, jsonOption, nowOption } from './options.ts';
import { DRY_RUN, rehearse, withApp } from './with-app.ts';

interface Options {
  cadence: Cadence;
  date: string;
  check?: true;
  now?: Date;
  dryRun?: true;
  json?: true;
}

/**
 * `assemble`: makes the edition of a date at once, from what is there, and opens it. Exit code 1 when there is none
 * afterwards. With `--check`: makes an edition again from its record, and fails when it is not the same to the byte.
 */
export function addAssemble(program: Command, cli: Cli): void {
  program
    .command('assemble')
    .description('make the edition of a date if it is not made, and open it at once')
    .addOption(cadenceOption())
    .addOption(dateOption('the day; for a weekly edition any day of its week').makeOptionMandatory())
    .option('--check', 'make it again from what was recorded, and say what is not the same; changes nothing')
    .addOption(nowOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      if (!options.check) return makeEdition(cli, options);
      if (options.dryRun) throw new UsageError('--check changes nothing. Leave --dry-run out.');
      await checkEdition(cli, options);
    });
}

function makeEdition(cli: Cli, { cadence, date, dryRun, json, ...options }: Options): Promise<void> {
  return withApp(cli, options, async (app) => {
    const { assemble } = await import('../editions/index.ts');
    const made = await rehearse(app.db, dryRun === true, (db) =>
      assemble({ ...app.assembling, db }, { cadence, date, force: true }),
    );
    if (made.outcome === 'skipped' || made.outcome === 'waiting') cli.exitCode = 1;
    if (json) return cli.print(JSON.stringify({ dryRun: dryRun === true, ...made }, null, 2));
    if (dryRun) cli.print(DRY_RUN);
    if (made.outcome === 'made') {
      cli.print(
        `Made the ${cadence} edition of ${date}: ${made.cards} cards and ${made.more} more (edition ${made.editionId}).`,
      );
      if (made.note !== null) cli.print(`It has the note: ${made.note}`);
    } else if (made.outcome === 'exists')
      cli.print(`The ${cadence} edition of ${date} is made already (edition ${made.editionId}).`);
    else cli.print(`No edition: ${made.reason}`);
  });
}

function checkEdition(cli: Cli, { cadence, date, json, ...options }: Options): Promise<void> {
  return withApp(cli, options, async (app) => {
    const { rebuild } = await import('../editions/index.ts');
    const rebuilt = await rebuild(app.db, { cadence, date });
    if (rebuilt.outcome === 'unknown')
      throw new Refusal(
        `There is no ${cadence} edition of ${date}. Leave --check out to make one, or see \`paperboy verify\` for those that there are.`,
      );
    if (rebuilt.outcome !== 'same') cli.exitCode = 1;
    if (json) return cli.print(JSON.stringify(rebuilt, null, 2));
    const name = `The ${cadence} edition of ${date} (edition ${rebuilt.editionId})`;
    if (rebuilt.outcome === 'unrecorded')
      cli.print(`${name} was made before records were kept, so it cannot be made again.`);
    else if (rebuilt.outcome === 'differs')
      cli.print([`${name} is not the same when it is made again:`, ...rebuilt.differences].join('\n  '));
    else
      cli.print(
        `${name} is the same to the byte when it is made again: ${rebuilt.cards} cards and ${rebuilt.more} more, sha256 ${rebuilt.sha256}.`,
      );
  });
}
