import { Argument, type Command, Option } from 'commander';
import { type Delivery, type DeliveryFilter, ENDINGS, WAITING } from '../deliveries/index.ts';
import type { Db } from '../platform/index.ts';
import { type Cli, Refusal, UsageError } from './cli.ts';
import { dateOption, jsonOption, parseWholeNumber } from './options.ts';
import { moment, plain, printListing } from './table.ts';
import { withApp } from './with-app.ts';

// Rows of one statement; a listing goes on until `--limit`.
const PAGE = 500;

interface ListOptions {
  edition?: number;
  date?: string;
  state?: string;
  email?: string;
  limit: number;
  json?: true;
}

/** `deliveries list` and `show`: who got it, who did not, and why. */
export function addDeliveries(program: Command, cli: Cli): void {
  const deliveries = program
    .command('deliveries')
    .description('who got it, who did not, and why')
    .helpCommand(false);
  const id = parseWholeNumber(1, Number.MAX_SAFE_INTEGER);

  deliveries
    .command('list')
    .description('rows of the ledger, newest first')
    .addOption(new Option('--edition <id>', 'of this edition').argParser(id))
    .addOption(dateOption('of the editions of this date'))
    .addOption(new Option('--state <state>', 'in this state').choices([...WAITING, ...ENDINGS]))
    .option('--email <address>', 'to this reader')
    .addOption(
      new Option('--limit <rows>', 'rows at most').argParser(parseWholeNumber(1, 1_000_000_000)).default(100),
    )
    .addOption(jsonOption())
    .action((options: ListOptions) => list(cli, options));

  deliveries
    .command('show')
    .description('everything known of one delivery')
    .addArgument(new Argument('<id>', 'number of the delivery').argParser(id))
    .addOption(jsonOption())
    .action((delivery: number, { json }: { json?: true }) =>
      withApp(cli, {}, async (app) => {
        const { findDelivery } = await import('../deliveries/index.ts');
        const found = await findDelivery(app.db, delivery);
        if (!found)
          throw new Refusal(
            `There is no delivery ${delivery}; \`paperboy deliveries list\` has their numbers.`,
          );
        if (json) return cli.print(JSON.stringify(found, null, 2));
        const shown = (value: unknown) =>
          value instanceof Date
            ? moment(value)
            : Array.isArray(value)
              ? value.join(' ')
              : String(value ?? '-');
        for (const [name, value] of Object.entries(found))
          cli.print(`${name.padEnd(14)}${plain(shown(value))}`);
      }),
    );
}

function list(cli: Cli, { edition, date, state, email, limit, json }: ListOptions): Promise<void> {
  return withApp(cli, {}, async (app) => {
    const { normaliseAddress } = await import('../subscribers/index.ts');
    const address = email === undefined ? undefined : normaliseAddress(email);
    if (address && !address.ok)
      throw new UsageError(`"${plain(email ?? '')}" is no address: ${address.fault}`);
    const filter = {
      ...(edition !== undefined && { editionId: edition }),
      ...(date !== undefined && { issueDate: date }),
      ...(state !== undefined && { state }),
      ...(address && { emailKey: address.key }),
    };
    await printListing(
      cli,
      json === true,
      ['ID', 'KIND', 'DATE', 'STATE', 'READER', 'DUE', 'SETTLED', 'WHY'],
      readAll(app.db, filter, limit),
      (row) => [
        row.id,
        row.kind,
        row.issueDate,
        row.state,
        row.email ?? '(erased)',
        moment(row.dueAt),
        moment(row.settledAt),
        row.reason ?? row.smtpReply,
      ],
    );
  });
}

async function* readAll(db: Db, filter: DeliveryFilter, limit: number): AsyncGenerator<Delivery> {
  const { listDeliveries } = await import('../deliveries/index.ts');
  let before: number | undefined;
  for (let left = limit; left > 0; ) {
    const asked = Math.min(PAGE, left);
    const rows = await listDeliveries(db, {
      ...filter,
      limit: asked,
      ...(before !== undefined && { before }),
    });
    yield* rows;
    left -= rows.length;
    before = rows.at(-1)?.id;
    if (rows.length < asked) return;
  }
}
