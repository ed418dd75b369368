import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { Preferences, Subscriber, SubscriberState } from '../subscribers/index.ts';
import { type Cli, Refusal, UsageError } from './cli.ts';
import { dryRunOption, jsonOption, nowOption } from './options.ts';
import { addSubscribersData } from './subscribers-data.ts';
import { moment, plain, printListing } from './table.ts';
import { DRY_RUN, rehearse, withApp } from './with-app.ts';

interface Changing {
  now?: Date;
  dryRun?: true;
}

interface AddOptions extends Changing {
  cadence?: string;
  days?: string;
  hour?: string;
  timezone?: string;
  maxPapers?: string;
  wording?: string;
}

/** `subscribers add`, `show`, `list`, `import` and `unsubscribe`; those that take data out or away are in subscribers-data.ts. */
export function addSubscribers(program: Command, cli: Cli): void {
  const subscribers = program.command('subscribers').description('who reads').helpCommand(false);
  const wordingOption = () =>
    new Option('--wording <text>', 'how the reader agreed, in your words; kept in the record of consent');

  subscribers
    .command('add')
    .description('make a reader active at once, without a confirmation mail')
    .argument('<email>', 'the address')
    .option('--cadence <cadence>', 'daily or weekly')
    .option('--days <days>', 'ISO weekdays on which mail may come, such as 1,2,3,4,5 or mon,fri')
    .option('--hour <hour>', 'local hour, 0 to 23')
    .option('--timezone <zone>', 'IANA time zone, such as Europe/Berlin')
    .option('--max-papers <number>', 'papers a digest at most')
    .addOption(wordingOption())
    .addOption(nowOption())
    .addOption(dryRunOption())
    .action((email: string, options: AddOptions) => add(cli, email, options));

  subscribers
    .command('show')
    .description('one reader, with the record of consent')
    .argument('<email>', 'the address')
    .addOption(jsonOption())
    .action((email: string, { json }: { json?: true }) => show(cli, email, json === true));

  subscribers
    .command('list')
    .description('all readers, oldest first')
    .addOption(
      new Option('--state <state>', 'only those in this state').choices([
        'pending',
        'active',
        'unsubscribed',
      ]),
    )
    .addOption(jsonOption())
    .action(({ state, json }: { state?: SubscriberState; json?: true }) =>
      withApp(cli, {}, async (app) => {
        const { listSubscribers } = await import('../subscribers/index.ts');
        await printListing(
          cli,
          json === true,
          ['ID', 'EMAIL', 'STATE', 'CADENCE', 'HOUR', 'ZONE', 'SINCE'],
          listSubscribers(app.db, state ? { state } : {}),
          ({ id, email, state: now, sample, preferences, confirmedAt, createdAt }: Subscriber) => [
            id,
            email,
            sample ? `${now} (sample)` : now,
            preferences.cadence,
            preferences.hour,
            preferences.timezone,
            moment(confirmedAt ?? createdAt),
          ],
        );
      }),
    );

  subscribers
    .command('import')
    .description(
      'make the readers of a CSV active; each bad line is reported, and none is lost. Exit code 1 if there were any',
    )
    .argument(
      '<csv>',
      'a file whose first line names the columns: email, and if wanted cadence, days, hour, timezone, max_papers; - reads standard input',
    )
    .addOption(wordingOption())
    .addOption(nowOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .action((path: string, options: Changing & { wording?: string; json?: true }) =>
      importFile(cli, path, options),
    );

  subscribers
    .command('unsubscribe')
    .description('end a subscription, as the reader asked')
    .argument('<email>', 'the address')
    .option('--reason <text>', "the reader's words, if any")
    .addOption(nowOption())
    .addOption(dryRunOption())
    .action((email: string, options: Changing & { reason?: string }) => leave(cli, email, options));

  addSubscribersData(subscribers, cli);
}

/** The preferences that the options state, the rest as for any new reader; all faults at once. */
async function readPreferences(options: AddOptions): Promise<Preferences> {
  const { preferencesSchema } = await import('../subscribers/index.ts');
  const number = (text: string) => (/^\d{1,6}$/.test(text) ? Number(text) : text);
  const { cadence, days, hour, timezone, maxPapers } = options;
  const read = preferencesSchema.safeParse({
    cadence,
    timezone,
    days: days?.split(',').map((day) => number(day.trim())),
    hour: hour === undefined ? undefined : number(hour),
    maxPapers: maxPapers === undefined ? undefined : number(maxPapers),
  });
  if (read.success) return read.data;
  const flag = (name: PropertyKey | undefined) =>
    `--${String(name).replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
  throw new UsageError(
    [...new Set(read.error.issues.map((issue) => `${flag(issue.path[0])}: ${issue.message}`))].join('\n'),
  );
}

async function add(cli: Cli, email: string, options: AddOptions): Promise<void> {
  const preferences = await readPreferences(options);
  await withApp(cli, options, async (app) => {
    const { addSubscriber } = await import('../subscribers/index.ts');
    const { wording, dryRun } = options;
    const adding = await rehearse(app.db, dryRun === true, (db) =>
      addSubscriber({ ...app, db }, { email, preferences, ...(wording !== undefined && { wording }) }),
    );
    const shown = plain(email);
    if (dryRun) cli.print(DRY_RUN);
    switch (adding.outcome) {
      case 'added':
        return cli.print(`Added ${shown}.`);
      case 'exists':
        return cli.print(`${shown} is active already and was left as is.`);
      case 'left':
        throw new Refusal(
          `${shown} has unsubscribed and is not brought back by others; the reader can subscribe again on the page.`,
        );
      case 'suppressed':
        throw new Refusal(
          `${shown} has bounced, complained or been erased, and gets no mail; only the reader can come back from being erased, by signing up on the page.`,
        );
      case 'malformed':
        throw new UsageError(`"${shown}" cannot be added: ${plain(adding.fault)}`);
    }
  });
}

function show(cli: Cli, email: string, json: boolean): Promise<void> {
  return withApp(cli, {}, async (app) => {
    const { showSubscriber } = await import('../subscribers/index.ts');
    const found = await showSubscriber(app.db, email);
    if (!found) throw new Refusal(`${plain(email)} is not known here.`);
    if (json) return cli.print(JSON.stringify(found, null, 2));
    const { preferences, consents, ...reader } = found;
    for (const [name, value] of Object.entries({ ...reader, ...preferences })) {
      const shown =
        value instanceof Date ? moment(value) : Array.isArray(value) ? value.join(', ') : (value ?? '-');
      cli.print(`${name.padEnd(16)}${plain(String(shown))}`);
    }
    cli.print('\nconsent');
    for (const { at, step, page, ip, emailTyped, wording } of consents)
      cli.print(
        `  ${moment(at)}  ${step}${plain(`  on ${page}${ip ? ` from ${ip}` : ''}${emailTyped ? ` as "${emailTyped}"` : ''}: ${wording}`)}`,
      );
  });
}

async function importFile(
  cli: Cli,
  path: string,
  options: Changing & { wording?: string; json?: true },
): Promise<void> {
  if (path !== '-')
    await access(path).catch(() => {
      throw new Refusal(`${plain(path)} cannot be read. Name a CSV file, or - for standard input.`);
    });
  await withApp(cli, options, async (app) => {
    const { importSubscribers } = await import('../subscribers/index.ts');
    const source: AsyncIterable<Uint8Array> = path === '-' ? process.stdin : createReadStream(path);
    const dryRun = options.dryRun === true;
    const report = await importSubscribers(app, source, {
      dryRun,
      ...(options.wording !== undefined && { wording: options.wording }),
    });
    if (report.faults.length > 0) cli.exitCode = 1;
    if (options.json) return cli.print(JSON.stringify({ dryRun, ...report }, null, 2));
    for (const { line, fault } of report.faults) cli.remark(plain(`line ${line}: ${fault}`));
    if (dryRun) cli.print(DRY_RUN);
    const { lines, added, existing, left, suppressed, faults } = report;
    cli.print(
      `${lines} lines: ${added} added, ${existing} known already, ${left} have left, ${suppressed} suppressed, ${faults.length} not usable.`,
    );
  });
}

function leave(
  cli: Cli,
  email: string,
  { reason, dryRun, ...options }: Changing & { reason?: string },
): Promise<void> {
  return withApp(cli, options, async (app) => {
    const { unsubscribeByEmail } = await import('../subscribers/index.ts');
    const leaving = await rehearse(app.db, dryRun === true, (db) =>
      unsubscribeByEmail({ ...app, db }, email, { page: 'cli', reason }),
    );
    if (leaving === 'unknown') throw new Refusal(`${plain(email)} is not known here.`);
    if (dryRun) cli.print(DRY_RUN);
    cli.print(
      leaving === 'unsubscribed'
        ? `${plain(email)} gets no more mail.`
        : `${plain(email)} had unsubscribed already.`,
    );
  });
}
