import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Cli, Refusal } from './cli.ts';
import { ACTOR } from './editions.ts';
import { dryRunOption, jsonOption, nowOption } from './options.ts';
import { table } from './table.ts';
import { DRY_RUN, withApp } from './with-app.ts';

interface DropOptions {
  before: string;
  yes?: true;
  now?: Date;
  dryRun?: true;
  json?: true;
}

function parseMonth(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new InvalidArgumentError('A month is written YYYY-MM.');
  return text;
}

/** `deliveries drop`: old months go, their counts stay. */
export function addDrop(deliveries: Command, cli: Cli): void {
  deliveries
    .command('drop')
    .description('drop whole months of deliveries for good; how many ended how is kept for each edition')
    .addOption(
      new Option('--before <month>', 'months before this one (YYYY-MM)')
        .argParser(parseMonth)
        .makeOptionMandatory(),
    )
    .option('--yes', 'also where rows wait or are uncertain')
    .addOption(nowOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .action((options: DropOptions) => drop(cli, options));
}

function drop(cli: Cli, { before, yes, dryRun, json, now }: DropOptions): Promise<void> {
  return withApp(cli, now ? { now } : {}, async (app) => {
    const { dropMonth, judgeDrop, listOldMonths } = await import('../deliveries/index.ts');
    const judged = judgeDrop(before, app.clock.now());
    if ('fault' in judged) throw new Refusal(judged.fault);
    const months = await listOldMonths(app.db, judged.before);
    const open = months.filter((month) => month.waiting + month.uncertain > 0);
    if (open.length > 0 && !yes && !dryRun) {
      const waiting = open.reduce((sum, month) => sum + month.waiting, 0);
      const uncertain = open.reduce((sum, month) => sum + month.uncertain, 0);
      throw new Refusal(
        `Nothing was dropped: ${waiting === 1 ? '1 row still waits' : `${waiting} rows still wait`} and ${uncertain} are uncertain. Settle them, or add --yes to drop them as they are.`,
      );
    }
    if (!dryRun)
      for (const { month } of months) await dropMonth(app, month, { evenOpen: yes === true }, ACTOR);
    if (json) return cli.print(JSON.stringify({ dryRun: dryRun === true, months }));
    if (dryRun) cli.print(DRY_RUN);
    cli.print(
      months.length === 0
        ? `There are no deliveries before ${before}.`
        : table(
            ['MONTH', 'ROWS', 'WAITING', 'UNCERTAIN'],
            months.map((month) => [month.month.slice(0, 7), month.rows, month.waiting, month.uncertain]),
          ),
    );
  });
}
