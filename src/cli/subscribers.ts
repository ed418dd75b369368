import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { Subscriber, SubscriberState } from '../subscribers/index.ts';
import { type Cli, Refusal } from './cli.ts';
import { fieldOf, followsChecker } from './follows.ts';
import { dryRunOption, jsonOption, nowOption } from './options.ts';
import { addSubscribersAdd, wordingOption } from './subscribers-add.ts';
import { addSubscribersData } from './subscribers-data.ts';
import { moment, plain, printListing } from './table.ts';
import { DRY_RUN, rehearse, withApp } from './with-app.ts';

/** Faults of one line that are said. */
const FAULTS_MAX = 3;

interface Changing {
  now?: Date;
  dryRun?: true;
}

/** `subscribers add`, `show`, `list`, `import` and `unsubscribe`; those that take data out or away are in subscribers-data.ts. */
export function addSubscribers(program: Command, cli: Cli): void {
  const subscribers = program.command('subscribers').description('who reads').helpCommand(false);
  addSubscribersAdd(subscribers, cli);

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
      'a file whose first line names the columns: email, and if wanted cadence, days, hour, timezone, max_papers, min_matches, abstracts, topics, searches, authors, organisations, categories (entries separated by semicolons), paused_until, state; - reads standard input',
    )
    .addOption(wordingOption())
    .addOption(nowOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      [
        '',
        'In a list, entries are separated by semicolons; a semicolon inside an entry is written \\;. A topic that is not in the list of',
        'topics is followed as a search of its words. A cell that holds the separator stands in quotes, and a quote in it is written "".',
        'paused_until is a day such as 2030-12-24. Whose state is not active is not imported. Other columns are not read.',
      ].join('\n'),
    )
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
    const check = await followsChecker();
    const report = await importSubscribers(app, source, {
      dryRun,
      checkFollows(preferences) {
        const checked = check(preferences);
        if (!('faults' in checked)) return checked;
        const said = checked.faults.slice(0, FAULTS_MAX).map((fault) => {
          const list = fieldOf(fault);
          return list === '' ? fault.message : `The column ${list}: ${fault.message}`;
        });
        return { fault: said.join(' ') };
      },
      ...(options.wording !== undefined && { wording: options.wording }),
    });
    if (report.faults.length > 0) cli.exitCode = 1;
    if (options.json) return cli.print(JSON.stringify({ dryRun, ...report }, null, 2));
    if (report.unread.length > 0)
      cli.remark(
        plain(`Not read: the column${report.unread.length === 1 ? '' : 's'} ${report.unread.join(', ')}.`),
      );
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
