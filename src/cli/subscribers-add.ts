import { type Command, Option } from 'commander';
import type { Preferences } from '../subscribers/index.ts';
import { type Cli, Refusal, UsageError } from './cli.ts';
import { fieldOf, followsChecker } from './follows.ts';
import { dryRunOption, nowOption } from './options.ts';
import { plain } from './table.ts';
import { DRY_RUN, rehearse, withApp } from './with-app.ts';

interface AddOptions {
  now?: Date;
  dryRun?: true;
  cadence?: string;
  days?: string;
  hour?: string;
  timezone?: string;
  maxPapers?: string;
  minMatches?: string;
  abstracts?: string;
  topics?: string;
  searches?: string;
  authors?: string;
  organisations?: string;
  categories?: string;
  wording?: string;
}

/** How readers agreed, where somebody else says so. */
export const wordingOption = () =>
  new Option('--wording <text>', 'how the reader agreed, in your words; kept in the record of consent');

/** `subscribers add`. */
export function addSubscribersAdd(subscribers: Command, cli: Cli): void {
  subscribers
    .command('add')
    .description('make a reader active at once, without a confirmation mail')
    .argument('<email>', 'the address')
    .option('--cadence <cadence>', 'daily or weekly')
    .option('--days <days>', 'ISO weekdays on which mail may come, such as 1,2,3,4,5 or mon,fri')
    .option('--hour <hour>', 'local hour, 0 to 23')
    .option('--timezone <zone>', 'IANA time zone, such as Europe/Berlin')
    .option('--max-papers <number>', 'papers a digest at most')
    .option('--min-matches <number>', 'no digest of which fewer papers match, 1 to 20')
    .option('--abstracts <length>', 'short or full')
    .option('--topics <list>', 'topics to follow, by id or name; several separated by semicolons')
    .option('--searches <list>', 'searches to follow; likewise')
    .option('--authors <list>', 'authors to follow; likewise')
    .option('--organisations <list>', 'organisations to follow; likewise')
    .option('--categories <list>', 'arXiv categories to follow, such as cs.CL; likewise')
    .addOption(wordingOption())
    .addOption(nowOption())
    .addOption(dryRunOption())
    .action((email: string, options: AddOptions) => add(cli, email, options));
}

/** The preferences that the options state, the rest as for any new reader; all faults at once. */
async function readPreferences(options: AddOptions): Promise<Preferences> {
  const { preferencesSchema, readEntries } = await import('../subscribers/index.ts');
  const number = (text: string) => (/^\d{1,6}$/.test(text) ? Number(text) : text);
  const { cadence, days, hour, timezone, maxPapers, minMatches, abstracts } = options;
  const entries = (text: string | undefined) => readEntries(text ?? '');
  const follows = {
    topics: entries(options.topics),
    searches: entries(options.searches),
    authors: entries(options.authors),
    organisations: entries(options.organisations),
    categories: entries(options.categories),
  };
  const read = preferencesSchema.safeParse({
    cadence: cadence?.toLowerCase(),
    timezone,
    days: days?.split(',').map((day) => number(day.trim())),
    hour: hour === undefined ? undefined : number(hour),
    maxPapers: maxPapers === undefined ? undefined : number(maxPapers),
    minMatches: minMatches === undefined ? undefined : number(minMatches),
    abstracts: abstracts?.toLowerCase(),
    ...follows,
  });
  const check = await followsChecker();
  const checked = check(
    read.success
      ? read.data
      : {
          follows,
          faults: read.error.issues.map(({ path, message }) => ({ field: path.join('/'), message })),
        },
  );
  if (!('faults' in checked)) return checked;
  const flag = (name: string) => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
  const said = checked.faults.map((fault) => {
    const field = fieldOf(fault);
    return plain(field === '' ? fault.message : `${flag(field)}: ${fault.message}`);
  });
  throw new UsageError([...new Set(said)].join('\n'));
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
