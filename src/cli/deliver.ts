import type { Command } from 'commander';
import { type Cli, Refusal } from './cli.ts';
import { dateOption, dryRunOption, jsonOption, nowOption } from './options.ts';
import { countDue, sendDue } from './send-due.ts';
import { DRY_RUN, rehearse, withApp } from './with-app.ts';

interface Options {
  date?: string;
  now?: Date;
  dryRun?: true;
  json?: true;
}

/** `deliver`: what clock and sender do within a minute, once. Exit code 1 when a delivery failed or is uncertain. */
export function addDeliver(program: Command, cli: Cli): void {
  program
    .command('deliver')
    .description('plan, dispatch and send what is due, then return')
    .addOption(dateOption('only if an edition of this date is made; prints what became of it so far'))
    .addOption(nowOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .action(({ date, dryRun, json, ...options }: Options) =>
      withApp(cli, options, async (app) => {
        const { verify } = await import('../deliveries/index.ts');
        const prove = () => (date === undefined ? [] : verify(app.db, { issueDate: date }));
        if (date !== undefined && (await prove()).length === 0)
          throw new Refusal(`There is no edition of ${date}. Make it: paperboy assemble --date ${date}`);
        if (dryRun) {
          const due = await rehearse(app.db, true, (db) => countDue(app, db));
          return cli.print(
            json ? JSON.stringify({ dryRun: true, due }) : `${DRY_RUN}\n${due} deliveries are due.`,
          );
        }
        const counts = await sendDue(app);
        const { sent = 0, planned = 0, failed = 0, uncertain = 0, skipped = 0, cancelled = 0 } = counts;
        if (failed + uncertain > 0) cli.exitCode = 1;
        const editions = await prove();
        if (json) return cli.print(JSON.stringify({ dryRun: false, counts, editions }, null, 2));
        cli.print(
          `${sent} sent, ${planned} to be tried again, ${failed} failed, ${uncertain} uncertain, ${skipped} with nothing to read, ${cancelled} no longer wanted.`,
        );
        for (const { cadence, planned, sent, waiting } of editions)
          cli.print(
            `The ${cadence} edition of ${date}: ${planned} planned, ${sent} sent, ${waiting} wait for their hour.`,
          );
      }),
    );
}
