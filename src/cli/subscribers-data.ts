import { type Command, Option } from 'commander';
import type { App } from '../app.ts';
import type { SubscriberState } from '../subscribers/index.ts';
import { type Cli, Refusal, UsageError } from './cli.ts';
import { csvLine } from './csv.ts';
import { dryRunOption, nowOption } from './options.ts';
import { plain } from './table.ts';
import { DRY_RUN, rehearse, withApp } from './with-app.ts';

interface EraseOptions {
  yes?: true;
  now?: Date;
  dryRun?: true;
}

/** `subscribers export` and `erase`. */
export function addSubscribersData(subscribers: Command, cli: Cli): void {
  subscribers
    .command('export')
    .description('all that is kept of one reader, as JSON; without an address all readers, as CSV')
    .argument('[email]', 'the address')
    .addOption(
      // Who imports the file elsewhere must not mail those who left.
      new Option('--state <state>', 'without an address: readers in this state')
        .choices(['pending', 'active', 'unsubscribed'])
        .default('active'),
    )
    .action((email: string | undefined, { state }: { state: SubscriberState }) =>
      withApp(cli, {}, (app) =>
        email === undefined ? exportAll(cli, app, state) : exportOne(cli, app, email),
      ),
    );

  subscribers
    .command('erase')
    .description(
      'delete all that is kept of a reader but a keyed hash of the address, so that no list brings it back. Cannot be undone',
    )
    .argument('<email>', 'the address')
    .option('--yes', 'yes, erase')
    .addOption(nowOption())
    .addOption(dryRunOption())
    .action((email: string, options: EraseOptions) => erase(cli, email, options));
}

async function exportAll(cli: Cli, app: App, wanted: SubscriberState): Promise<void> {
  const { EXPORT_ONLY_COLUMNS, IMPORT_COLUMNS, listSubscribers, writeEntries } = await import(
    '../subscribers/index.ts'
  );
  cli.print([...IMPORT_COLUMNS, ...EXPORT_ONLY_COLUMNS].join(','));
  for await (const reader of listSubscribers(app.db, { state: wanted })) {
    if (reader.sample) continue;
    const { email, preferences, pausedUntil, state, createdAt, confirmedAt } = reader;
    const { cadence, days, hour, timezone, maxPapers, minMatches, abstracts } = preferences;
    const { topics, searches, authors, organisations, categories } = preferences;
    const lists = [topics, searches, authors, organisations, categories].map(writeEntries);
    const choices = [cadence, days.join(' '), hour, timezone, maxPapers, minMatches, abstracts];
    cli.print(csvLine([email, ...choices, ...lists, pausedUntil, state, createdAt, confirmedAt]));
  }
}

async function exportOne(cli: Cli, app: App, email: string): Promise<void> {
  const { exportReader } = await import('../deliveries/index.ts');
  const found = await exportReader(app.db, await idOf(app, email), app.clock.now());
  cli.print(JSON.stringify(found, null, 2));
}

async function idOf(app: Pick<App, 'db'>, email: string): Promise<number> {
  const { showSubscriber } = await import('../subscribers/index.ts');
  const found = await showSubscriber(app.db, email);
  if (!found) throw new Refusal(`${plain(email)} is not known here.`);
  return found.id;
}

async function erase(cli: Cli, email: string, { yes, dryRun, ...options }: EraseOptions): Promise<void> {
  if (!yes && !dryRun)
    throw new UsageError('Erasing cannot be undone. Add --yes to do it, or --dry-run to try it.');
  await withApp(cli, options, async (app) => {
    const { eraseReader } = await import('../deliveries/index.ts');
    const id = await idOf(app, email);
    await rehearse(app.db, dryRun === true, (db) => eraseReader({ ...app, db }, id));
    if (dryRun) cli.print(DRY_RUN);
    cli.print(
      `${plain(email)} is erased. A keyed hash of the address stays, so that no list brings it back.`,
    );
  });
}
