import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FileReport, IngestRow } from '../papers/index.ts';
import { type Cli, UsageError } from './cli.ts';
import { dryRunOption, jsonOption, nowOption, parseDay } from './options.ts';
import { plain, table } from './table.ts';
import { DRY_RUN, rehearse, withApp } from './with-app.ts';

interface Options {
  source?: 'huggingface' | 'arxiv' | 'file';
  date?: { from: string; to: string };
  file?: string;
  again?: true;
  now?: Date;
  dryRun?: true;
  json?: true;
}

/** `2026-06-10`, or `2026-06-01..2026-06-10`. */
function parseDays(text: string): { from: string; to: string } {
  const [first = '', last = first, ...rest] = text.split('..');
  if (rest.length > 0)
    throw new InvalidArgumentError('Days are written YYYY-MM-DD or YYYY-MM-DD..YYYY-MM-DD.');
  const days = { from: parseDay(first), to: parseDay(last) };
  if (days.from > days.to) throw new InvalidArgumentError('The first day must not come after the last.');
  return days;
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
    .addOption(
      new Option(
        '--date <day>',
        'the day that the papers are listed on, or several as FROM..TO (default: today and yesterday, UTC)',
      ).argParser(parseDays),
    )
    .option('--file <path>', 'a file or folder of daily-papers JSON as the Hugging Face API returns it')
    .option('--again', 'ask for everything anew, also for days and files that are there already')
    .addOption(nowOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nSeveral days: those that a source answered for after they were over are passed over, so that a range that was\nbroken off (Ctrl-C) goes on where it stopped. arXiv is asked at most once in 3 seconds: count with 4 to 12 s a day.',
    )
    .action(async (options: Options) => {
      if (options.file !== undefined) await ingestPath(cli, options, options.file);
      else await ingestSources(cli, options);
    });
}

/** Ctrl-C ends the work after the day under way, which is stored whole or not at all; a second one ends the process. */
async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await work(stop.signal);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** A line a day on standard error while several are fetched. */
function progress<Row extends FileReport | IngestRow>(
  cli: Cli,
  total: number | null,
  name: (row: Row) => string,
) {
  let done = 0;
  return (row: Row) => {
    done += 1;
    if (total === null || total > 2)
      cli.remark(
        plain(
          `${done}${total === null ? '' : `/${total}`} ${name(row)}: ${row.outcome}, ${row.papers} papers`,
        ),
      );
  };
}

async function ingestPath(cli: Cli, options: Options, path: string): Promise<void> {
  if (options.source !== undefined && options.source !== 'file')
    throw new UsageError(
      `--file goes with --source file, not with --source ${options.source}. Leave one out.`,
    );
  if (options.date !== undefined)
    throw new UsageError('--file and --date do not go together: a file names its own days. Leave one out.');
  await withApp(cli, { ...options, logLevel: 'error' }, (app) =>
    untilInterrupted(async (signal) => {
      const { ingestFile } = await import('../papers/index.ts');
      const folder = !path.endsWith('.json');
      const onRow = progress(cli, folder ? null : 1, (row: FileReport) => row.file);
      const again = options.again === true;
      const reports = await rehearse(app.db, options.dryRun === true, (db) =>
        ingestFile({ ...app, db }, path, { again, onRow, signal }),
      );
      tell(cli, options, signal, reports, (row: FileReport) => [row.file, row.days.join(' ')]);
    }),
  );
}

async function ingestSources(cli: Cli, options: Options): Promise<void> {
  const { createSources, dayOf, addDays, daysBetween, ingest } = await import('../papers/index.ts');
  await withApp(cli, { ...options, logLevel: 'error' }, (app) =>
    untilInterrupted(async (signal) => {
      // A source that SOURCES does not name may be asked by name all the same; `file` has no path then.
      const named = app.config.sources.filter(({ name }) => !options.source || name === options.source);
      if (named.length === 0 && options.source === 'file')
        throw new UsageError('--source file needs --file PATH, or a file:PATH in SOURCES.');
      const asked =
        named.length > 0 || !options.source || options.source === 'file' ? named : [{ name: options.source }];
      const sources = createSources({ ...app, config: { ...app.config, sources: asked } });
      const today = dayOf(app.clock.now());
      const { from, to } = options.date ?? { from: addDays(today, -1), to: today };
      const days = daysBetween(from, to);
      const again = options.again === true;
      // One day that was asked for by name is always asked for; a range is gone on with.
      const skipHad = options.date !== undefined && from !== to;
      const onRow = progress(
        cli,
        days.length * sources.length,
        (row: IngestRow) => `${row.source} ${row.day}`,
      );
      const rows = await rehearse(app.db, options.dryRun === true, (db) =>
        ingest({ ...app, db, sources }, { days, again, skipHad, onRow, signal }),
      );
      tell(cli, options, signal, rows, (row: IngestRow) => [row.source, row.day]);
    }),
  );
}

// A longer table has scrolled by as progress already; then only what went wrong is printed again.
const TABLE_MAX = 40;

function sumOf<Row extends FileReport | IngestRow>(rows: readonly Row[]): string {
  const outcomes = ['stored', 'unchanged', 'empty', 'pending', 'failed'] as const;
  const counts = outcomes
    .map((outcome) => [outcome, rows.filter((row) => row.outcome === outcome).length] as const)
    .filter(([, n]) => n > 0)
    .map(([outcome, n]) => `${n} ${outcome}`);
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  return `${rows.length} asked: ${counts.join(', ') || 'none'}. ${sum((row) => row.papers)} papers, ${sum((row) => row.fresh)} fresh, ${sum((row) => row.faults.length)} faults, ${sum((row) => row.strays)} of other days.`;
}

function tell<Row extends FileReport | IngestRow>(
  cli: Cli,
  { dryRun, json }: Options,
  signal: AbortSignal,
  rows: readonly Row[],
  names: (row: Row) => [from: string, day: string],
): void {
  if (signal.aborted || rows.some((row) => row.outcome === 'failed')) cli.exitCode = 1;
  if (json) cli.print(JSON.stringify({ dryRun: dryRun === true, rows }, null, 2));
  else {
    if (dryRun) cli.print(DRY_RUN);
    const shown =
      rows.length <= TABLE_MAX
        ? rows
        : rows.filter((row) => row.outcome === 'failed' || row.faults.length + row.strays > 0);
    if (shown.length > 0 || rows.length <= TABLE_MAX)
      cli.print(
        table(
          ['FROM', 'DAY', 'OUTCOME', 'PAPERS', 'FRESH', 'FAULTS'],
          shown.map((row) => [...names(row), row.outcome, row.papers, row.fresh, row.faults.length]),
        ),
      );
    cli.print(sumOf(rows));
    for (const row of rows) {
      const [from, day] = names(row);
      if (row.error !== undefined) cli.remark(plain(row.error));
      if (row.strays > 0)
        cli.remark(plain(`${from} ${day}: left out ${row.strays} items that belong to another day.`));
      for (const fault of row.faults) cli.remark(plain(`${from} ${day}: ${fault.place}: ${fault.reason}`));
    }
  }
  if (signal.aborted)
    cli.remark('Stopped. Each day above is stored whole; the same command goes on from there.');
}
