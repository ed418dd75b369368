import { type Command, Option } from 'commander';
import type { FileReport, IngestRow } from '../papers/index.ts';
import { type Cli, UsageError } from './cli.ts';
import { dateOption, dryRunOption, jsonOption, nowOption } from './options.ts';
import { plain, table } from './table.ts';
import { DRY_RUN, rehearse, withApp } from './with-app.ts';

interface Options {
  source?: 'huggingface' | 'arxiv' | 'file';
  date?: string;
  file?: string;
  now?: Date;
  dryRun?: true;
  json?: true;
}

/** `ingest`: fetches papers now, beside what the clock does by itself. Fails when a source or file failed. */
export function addIngest(program: Command, cli: Cli): void {
  program
    .command('ingest')
    .description('fetch papers from the sources, or from a file or a folder of YYYY-MM-DD.json')
    .addOption(
      new Option('--source <source>', 'only this source (default: all of SOURCES)').choices([
        'huggingface',
        'arxiv',
        'file',
      ]),
    )
    .addOption(dateOption('the day that the papers are listed on (default: today and yesterday, UTC)'))
    .option('--file <path>', 'a file or folder of daily-papers JSON as the Hugging Face API returns it')
    .addOption(nowOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      if (options.file !== undefined) await ingestPath(cli, options, options.file);
      else await ingestSources(cli, options);
    });
}

async function ingestPath(cli: Cli, options: Options, path: string): Promise<void> {
  if (options.source !== undefined && options.source !== 'file')
    throw new UsageError(
      `--file goes with --source file, not with --source ${options.source}. Leave one out.`,
    );
  if (options.date !== undefined)
    throw new UsageError('--file and --date do not go together: a file names its own days. Leave one out.');
  await withApp(cli, { ...options, logLevel: 'error' }, async (app) => {
    const { ingestFile } = await import('../papers/index.ts');
    const reports = await rehearse(app.db, options.dryRun === true, (db) => ingestFile({ ...app, db }, path));
    tell(cli, options, reports, (report: FileReport) => [report.file, report.days.join(' ')]);
  });
}

async function ingestSources(cli: Cli, options: Options): Promise<void> {
  const { createSources, dayOf, addDays, ingest } = await import('../papers/index.ts');
  await withApp(cli, { ...options, logLevel: 'error' }, async (app) => {
    // A source that SOURCES does not name may be asked by name all the same; `file` has no path then.
    const named = app.config.sources.filter(({ name }) => !options.source || name === options.source);
    if (named.length === 0 && options.source === 'file')
      throw new UsageError('--source file needs --file PATH, or a file:PATH in SOURCES.');
    const sources = createSources({
      ...app,
      config: {
        ...app.config,
        sources:
          named.length > 0 || !options.source || options.source === 'file'
            ? named
            : [{ name: options.source }],
      },
    });
    if (sources.length === 0)
      throw new UsageError(
        `This version cannot ask ${options.source ?? 'any source of SOURCES'} yet. Use huggingface or file.`,
      );
    const today = dayOf(app.clock.now());
    const days = options.date ? [options.date] : [addDays(today, -1), today];
    const rows = await rehearse(app.db, options.dryRun === true, (db) =>
      ingest({ ...app, db, sources }, { days }),
    );
    tell(cli, options, rows, (row: IngestRow) => [row.source, row.day]);
  });
}

function tell<Row extends FileReport | IngestRow>(
  cli: Cli,
  { dryRun, json }: Options,
  rows: readonly Row[],
  names: (row: Row) => [from: string, day: string],
): void {
  if (rows.some((row) => row.outcome === 'failed')) cli.exitCode = 1;
  if (json) {
    cli.print(JSON.stringify({ dryRun: dryRun === true, rows }, null, 2));
    return;
  }
  if (dryRun) cli.print(DRY_RUN);
  cli.print(
    table(
      ['FROM', 'DAY', 'OUTCOME', 'PAPERS', 'FRESH', 'FAULTS'],
      rows.map((row) => [...names(row), row.outcome, row.papers, row.fresh, row.faults.length]),
    ),
  );
  for (const row of rows) {
    const [from, day] = names(row);
    if (row.error !== undefined) cli.remark(plain(row.error));
    for (const fault of row.faults) cli.remark(plain(`${from} ${day}: ${fault.place}: ${fault.reason}`));
  }
}
