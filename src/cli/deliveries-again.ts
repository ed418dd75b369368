import { Argument, type Command, Option } from 'commander';
import type { EditionName } from '../deliveries/index.ts';
import { type Cli, UsageError } from './cli.ts';
import { editionOption, findNamed } from './edition-name.ts';
import { ACTOR } from './editions.ts';
import { dryRunOption, jsonOption, nowOption, parseWholeNumber } from './options.ts';
import { DRY_RUN, rehearse, withApp } from './with-app.ts';

interface AgainOptions {
  edition?: EditionName;
  code?: number;
  domain?: string;
  server?: string;
  state?: string;
  uncertain?: true;
  now?: Date;
  dryRun?: true;
  json?: true;
}

/** Narrowing options, for `list` and `retry` alike. */
export const causeOptions = () => [
  new Option('--code <code>', 'that a server answered with this code').argParser(parseWholeNumber(200, 599)),
  new Option('--domain <domain>', 'to addresses of this domain').argParser((text) => text.toLowerCase()),
  new Option('--server <server>', 'that this server of yours carried, as the listing names it'),
];

/** `deliveries retry` and `resend`: planned again, under the same Message-ID, only what did not arrive. */
export function addAgain(deliveries: Command, cli: Cli): void {
  const ids = () =>
    new Argument('[id...]', 'numbers of deliveries').argParser((text: string, before: number[] = []) => [
      ...before,
      parseWholeNumber(1, Number.MAX_SAFE_INTEGER)(text),
    ]);
  const retry = deliveries
    .command('retry')
    .description('plan failed deliveries again; those of an edition, or some of them')
    .addArgument(ids())
    .addOption(editionOption());
  for (const option of causeOptions()) retry.addOption(option);
  retry
    .addOption(new Option('--state <state>', 'in this state').choices(['failed']).default('failed'))
    .addOption(nowOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .action((found: number[], options: AgainOptions) => again(cli, 'retry', found, options));
  deliveries
    .command('resend')
    .description('send uncertain deliveries once more: a reader may then have the same mail twice')
    .addArgument(ids())
    .addOption(editionOption())
    .option('--uncertain', 'yes, all uncertain ones of that edition')
    .addOption(nowOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .action((found: number[], options: AgainOptions) => again(cli, 'resend', found, options));
}

function again(cli: Cli, verb: 'retry' | 'resend', ids: number[], options: AgainOptions): Promise<void> {
  const { edition, code, domain, server, uncertain, json, now } = options;
  const dryRun = options.dryRun === true;
  if (ids.length === 0 && !edition)
    throw new UsageError('Say which: numbers of deliveries, or --edition and what narrows it.');
  if (verb === 'resend' && ids.length === 0 && !uncertain)
    throw new UsageError('A whole edition is sent again only with --uncertain.');
  return withApp(cli, now ? { now } : {}, async (app) => {
    const { sendAgain } = await import('../deliveries/index.ts');
    const choice = {
      ...(edition && { editionId: (await findNamed(app.db, edition)).editionId }),
      ...(ids.length > 0 && { ids }),
      ...(code !== undefined && { smtpCode: code }),
      ...(domain !== undefined && { domain }),
      ...(server !== undefined && { server }),
    };
    const counts = await rehearse(app.db, dryRun, (db) =>
      sendAgain({ db, clock: app.clock }, verb, choice, ACTOR),
    );
    if (counts.rows > 0 && !dryRun) app.knock();
    if (json) return cli.print(JSON.stringify({ dryRun, ...counts }));
    const late =
      counts.tooLate > 0
        ? ` ${counts.tooLate} stay as they are: their day has passed, or a later edition is out, or theirs was withdrawn.`
        : '';
    cli.print(
      `${dryRun ? `${DRY_RUN}\n` : ''}${counts.rows === 1 ? '1 delivery is' : `${counts.rows} deliveries are`} planned again with the same Message-ID.${late}`,
    );
  });
}
