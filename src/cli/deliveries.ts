import { Argument, type Command, Option } from 'commander';
import {
  CAUSE_KEYS,
  type CauseKey,
  type Delivery,
  type DeliveryFilter,
  type EditionName,
  ENDINGS,
  WAITING,
} from '../deliveries/index.ts';
import type { Db } from '../platform/index.ts';
import { type Cli, Refusal, UsageError } from './cli.ts';
import { csvLine } from './csv.ts';
import { addAgain, causeOptions } from './deliveries-again.ts';
import { addDrop } from './deliveries-drop.ts';
import { editionOption, findNamed } from './edition-name.ts';
import { dateOption, jsonOption, parseWholeNumber } from './options.ts';
import { moment, plain, printListing, table } from './table.ts';
import { withApp } from './with-app.ts';

// Rows of one statement; a listing goes on until `--limit`.
const PAGE = 500;

interface ListOptions {
  edition?: EditionName;
  date?: string;
  state?: string;
  email?: string;
  notSent?: true;
  by?: CauseKey;
  code?: number;
  domain?: string;
  server?: string;
  limit?: number;
  csv?: true;
  json?: true;
}

// What a listing for the eye ends at; a file has all rows.
const ROWS_SHOWN = 100;

/** `deliveries`: who got it, who did not and why; and once more for those alone. */
export function addDeliveries(program: Command, cli: Cli): void {
  const deliveries = program
    .command('deliveries')
    .description('who got it, who did not, and why')
    .helpCommand(false);
  const id = parseWholeNumber(1, Number.MAX_SAFE_INTEGER);

  const listing = deliveries
    .command('list')
    .description('rows of the ledger, newest first')
    .addOption(editionOption())
    .addOption(dateOption('of the editions of this date'))
    .addOption(new Option('--state <state>', 'in this state').choices([...WAITING, ...ENDINGS]))
    .option('--email <address>', 'to this reader')
    .option('--not-sent', 'to readers who did not get it: ended otherwise, or tried without success so far')
    .addOption(
      new Option('--by <what>', 'count them instead, with --edition and --not-sent').choices(CAUSE_KEYS),
    );
  for (const option of causeOptions()) listing.addOption(option);
  listing
    .addOption(
      new Option('--limit <rows>', `rows at most (default: ${ROWS_SHOWN}; all with --csv)`).argParser(
        parseWholeNumber(1, 1_000_000_000),
      ),
    )
    .option('--csv', 'print CSV, fit for spreadsheets')
    .addOption(jsonOption())
    .action((options: ListOptions) => (options.by ? count(cli, options.by, options) : list(cli, options)));

  addAgain(deliveries, cli);
  addDrop(deliveries, cli);

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

/** Why readers did not get an edition, counted. */
function count(
  cli: Cli,
  by: CauseKey,
  { edition, notSent, csv, json, ...others }: ListOptions,
): Promise<void> {
  if (!edition || !notSent)
    throw new UsageError('--by counts those who did not get it: name --edition and --not-sent.');
  const more = Object.keys(others).filter((name) => name !== 'by');
  if (more.length > 0) throw new UsageError(`--by counts all of them; leave out --${more[0]}.`);
  return withApp(cli, {}, async ({ db }) => {
    const { countCauses } = await import('../deliveries/index.ts');
    const causes = await countCauses(db, (await findNamed(db, edition)).editionId, by);
    if (json) return cli.print(JSON.stringify(causes, null, 2));
    if (csv) {
      cli.print(csvLine(['rows', 'state', by, ...(by === 'reason' ? ['smtp_code'] : [])]));
      for (const { rows, state, value, smtpCode } of causes)
        cli.print(csvLine([rows, state, value, ...(by === 'reason' ? [smtpCode] : [])]));
      return;
    }
    cli.print(
      table(
        ['ROWS', 'STATE', by.toUpperCase(), ...(by === 'reason' ? ['CODE'] : [])],
        causes.map(({ rows, state, value, smtpCode }) => [
          rows,
          state,
          value,
          ...(by === 'reason' ? [smtpCode] : []),
        ]),
      ),
    );
  });
}

function list(cli: Cli, options: ListOptions): Promise<void> {
  const { edition, date, state, email, notSent, code, domain, server, csv, json } = options;
  return withApp(cli, {}, async (app) => {
    const { normaliseAddress } = await import('../subscribers/index.ts');
    const address = email === undefined ? undefined : normaliseAddress(email);
    if (address && !address.ok)
      throw new UsageError(`"${plain(email ?? '')}" is no address: ${address.fault}`);
    const filter = {
      ...(edition !== undefined && { editionId: (await findNamed(app.db, edition)).editionId }),
      ...(date !== undefined && { issueDate: date }),
      ...(state !== undefined && { state }),
      ...(address && { emailKey: address.key }),
      ...(notSent && { notSent }),
      ...(code !== undefined && { smtpCode: code }),
      ...(domain !== undefined && { domain }),
      ...(server !== undefined && { server }),
    };
    const rows = readAll(app.db, filter, options.limit ?? (csv ? Number.MAX_SAFE_INTEGER : ROWS_SHOWN));
    if (csv) return printCsv(cli, rows);
    await printListing(
      cli,
      json === true,
      ['ID', 'KIND', 'DATE', 'STATE', 'READER', 'DUE', 'SETTLED', 'WHY'],
      rows,
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

const CSV_COLUMNS = [
  'id',
  'kind',
  'edition',
  'date',
  'state',
  'reader',
  'due_at',
  'settled_at',
  'attempts',
  'smtp_code',
  'smtp_reply',
  'server',
  'reason',
  'message_id',
];

async function printCsv(cli: Cli, rows: AsyncIterable<Delivery>): Promise<void> {
  cli.print(csvLine(CSV_COLUMNS));
  for await (const row of rows) {
    if (cli.closed) return;
    cli.print(
      csvLine([
        row.id,
        row.kind,
        row.editionId,
        row.issueDate,
        row.state,
        row.email,
        row.dueAt,
        row.settledAt,
        row.attempts,
        row.smtpCode,
        row.smtpReply,
        row.server,
        row.reason,
        row.messageId,
      ]),
    );
  }
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
