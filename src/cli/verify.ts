import type { Command } from 'commander';
import type { EditionName } from '../deliveries/index.ts';
import { type Cli, Refusal, UsageError } from './cli.ts';
import { editionArgument, findNamed } from './edition-name.ts';
import { dateOption, jsonOption } from './options.ts';
import { table } from './table.ts';
import { withApp } from './with-app.ts';

// Without a choice: about two weeks of daily editions, or what fits on a screen.
const LATEST = 20;

/** `verify`: the ledger's proof. Exit code 1 when the rows of an edition do not add up to what was planned for it. */
export function addVerify(program: Command, cli: Cli): void {
  program
    .command('verify')
    .description(
      `prove that what was planned for an edition was sent, or why not (default: the last ${LATEST})`,
    )
    .addArgument(editionArgument('[edition]'))
    .addOption(dateOption('the editions of this date'))
    .addOption(jsonOption())
    .action(async (name: EditionName | undefined, { date, json }: { date?: string; json?: true }) => {
      if (name !== undefined && date !== undefined)
        throw new UsageError('Name the edition by its number or by --date, not by both.');
      await withApp(cli, {}, async (app) => {
        const { verify } = await import('../deliveries/index.ts');
        const proofs = name
          ? [await findNamed(app.db, name)]
          : await verify(app.db, date !== undefined ? { issueDate: date } : { latest: LATEST });
        if (proofs.length === 0 && date !== undefined)
          throw new Refusal(`There is no edition of ${date}; \`paperboy verify\` lists the last ones.`);
        if (proofs.some((proof) => !proof.holds)) cli.exitCode = 1;
        if (json) return cli.print(JSON.stringify(proofs, null, 2));
        cli.print(
          table(
            [
              'EDITION',
              'CADENCE',
              'DATE',
              'PLANNED',
              'SENT',
              'SKIPPED',
              'FAILED',
              'UNCERTAIN',
              'WAITING',
              'EXPIRED',
              'CANCELLED',
              'PROOF',
            ],
            proofs.map((p) => [
              p.editionId,
              p.cadence,
              p.issueDate,
              p.planned,
              p.sent,
              p.skipped,
              p.failed,
              p.uncertain,
              p.waiting,
              p.expired,
              p.cancelled,
              `${p.holds ? 'holds' : 'DOES NOT ADD UP'}${p.state === 'ready' ? '' : ` (${p.state})`}`,
            ]),
          ),
        );
      });
    });
}
