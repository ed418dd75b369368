import type { Clock, Db } from '../platform/index.ts';
import { ADD_WORDING } from './add-subscriber.ts';
import { storableText } from './evidence.ts';
import { cutCells } from './rules/csv-line.ts';
import { type Header, readHeader, separatorOf } from './rules/import-header.ts';
import { readImportLine } from './rules/import-line.ts';
import { cutLines, type Line } from './rules/lines.ts';
import type { Links } from './rules/links.ts';
import type { Preferences } from './rules/preferences.ts';
import { judgeImport } from './rules/states.ts';
import { isTimezoneKnown } from './store.ts';
import { type ImportRow, importBatch, readStandings, readSuppressed } from './store-import.ts';

/** A line that could not be used, and what to do about it. */
export interface ImportFault {
  /** 1 is the header. */
  line: number;
  fault: string;
}

/** What became of an import: `lines` = all counts below added up. */
export interface ImportReport {
  /** Lines after the header that were not blank. */
  lines: number;
  /** Active now, or would be in a dry run. */
  added: number;
  /** Active before, or on an earlier line; left as they are. */
  existing: number;
  /** Unsubscribed before; not brought back. */
  left: number;
  /** Bounced or complained before; not mailed. */
  suppressed: number;
  faults: ImportFault[];
  /** Columns of the first line that are not read, as they are written there. */
  unread: string[];
}

export interface ImportOptions {
  /** How these readers agreed, in the operator's words; kept in the record of consent. */
  wording?: string;
  /** Reads, checks and counts, writes nothing (default: no). */
  dryRun?: boolean;
  /** Checks what a reader is to follow: as it is to be stored, or a sentence (default: stored as it is). */
  checkFollows?(preferences: Preferences): Preferences | { fault: string };
}

// One statement for a batch: 1,000 rows are some 100 kB of parameters and a few milliseconds.
const BATCH = 1000;
// A line of this list holds an address and 50 interests of 200 characters at most, which quotes and backslashes double; what is longer is
// another kind of file.
const LINE_MAX = 25_000;

interface Context {
  db: Db;
  clock: Clock;
  links: Links;
}

type Numbered = ImportRow & { line: number };

/** Judges and writes one batch; addresses of earlier batches are found in the database. */
async function takeBatch(
  { db, clock, links }: Context,
  rows: readonly Numbered[],
  report: ImportReport,
  options: ImportOptions,
): Promise<void> {
  const hashes = new Map(rows.map((row) => [row.key, links.addressHashes(row.key)]));
  const suppressed = await readSuppressed(db, [...hashes.values()].flat());
  const isSuppressed = (key: string) =>
    (hashes.get(key) ?? []).some((hash) => suppressed.has(hash.toString('hex')));
  const mailable = rows.filter((row) => !isSuppressed(row.key));
  report.suppressed += rows.length - mailable.length;
  if (mailable.length === 0) return;

  const now = clock.now();
  const before = await readStandings(
    db,
    mailable.map((row) => row.key),
  );
  const verdicts = new Map(
    mailable.map((row) => {
      const { state, unsubscribedAt } = before.get(row.key) ?? { state: undefined, unsubscribedAt: null };
      return [row.key, judgeImport({ state, unsubscribedAt, suppressed: false })];
    }),
  );
  const wanted = mailable.filter((row) => verdicts.get(row.key) === 'add');
  const consent = {
    wording: storableText(options.wording ?? ADD_WORDING, 2000),
    page: 'import',
    sample: false,
  };
  // The statement judges again under its row locks: a reader who left a moment ago stays away.
  const saved = options.dryRun
    ? new Map(wanted.map((row) => [row.key, 0]))
    : await importBatch(db, wanted, consent, now);
  for (const row of mailable) {
    if (saved.has(row.key)) report.added += 1;
    else if (verdicts.get(row.key) === 'exists') report.existing += 1;
    else report.left += 1;
  }
}

/**
 * Reads a CSV of readers whose consent the operator states, and makes them active. The first line names the columns: `email`, and if wanted
 * `cadence`, `days`, `hour`, `timezone`, `max_papers`, `min_matches`, `abstracts`, and with entries separated by semicolons
 * `topics`, `searches`, `authors`, `organisations`, `categories`; also `paused_until` (a day; a past one counts as none) and `state` (who is
 * not active there is a fault). Others are not read, and told in `unread`. Separated by commas, semicolons or tabs; UTF-8, with or without a
 * byte-order mark. A line is a reader: a quote that is not closed on its line spoils that line alone and cannot swallow the next.
 *
 * Streams: memory holds a batch, and the faults. Each batch is a transaction of its own, so an import that is broken off can be run again:
 * those already in are counted as existing.
 *
 * @param source - bytes or text, a file's stream for instance
 */
export async function importSubscribers(
  context: Context,
  source: AsyncIterable<string | Uint8Array>,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const report: ImportReport = {
    lines: 0,
    added: 0,
    existing: 0,
    left: 0,
    suppressed: 0,
    faults: [],
    unread: [],
  };
  const zones = new Map<string, boolean>();
  const inBatch = new Map<string, Numbered>();
  const seen = options.dryRun ? new Set<string>() : undefined;
  let header: Header | undefined;
  let separator = ',';

  async function isZoneKnown(zone: string): Promise<boolean> {
    let known = zones.get(zone);
    if (known === undefined) {
      known = await isTimezoneKnown(context.db, zone);
      zones.set(zone, known);
    }
    return known;
  }
  async function takeLine(line: Line, columns: Header): Promise<string | undefined> {
    if (line.tooLong) return `The line is longer than ${LINE_MAX} characters; is this the right file?`;
    const cells = cutCells(line.text, separator);
    if (!cells)
      return 'The quotes of this line do not fit together; close or remove them, and write "" for a quote inside a quoted cell.';
    const row = readImportLine(columns, cells);
    if (!row.ok) return row.fault;
    if (!(await isZoneKnown(row.preferences.timezone)))
      return `The time zone ${row.preferences.timezone} is not known to this Postgres; use another with the same time.`;
    const preferences = options.checkFollows?.(row.preferences) ?? row.preferences;
    if ('fault' in preferences) return preferences.fault;
    if (inBatch.has(row.key) || seen?.has(row.key)) report.existing += 1;
    else inBatch.set(row.key, { ...row, preferences, line: line.number });
    seen?.add(row.key);
    return undefined;
  }
  async function flush(): Promise<void> {
    const rows = [...inBatch.values()];
    inBatch.clear();
    await takeBatch(context, rows, report, options);
  }

  for await (const line of cutLines(source, LINE_MAX)) {
    if (line.text.trim() === '') continue;
    if (header === undefined) {
      separator = separatorOf(line.text);
      header = readHeader(cutCells(line.text, separator) ?? []);
      if (header) {
        report.unread = header.unread;
        continue;
      }
      report.faults.push({
        line: line.number,
        fault: 'The first line must name the columns, one of them email. Nothing was imported.',
      });
      return report;
    }
    report.lines += 1;
    const fault = await takeLine(line, header);
    if (fault !== undefined) report.faults.push({ line: line.number, fault });
    if (inBatch.size >= BATCH) await flush();
  }
  if (header === undefined)
    report.faults.push({
      line: 1,
      fault: 'The file is empty. The first line must name the columns, one of them email.',
    });
  if (inBatch.size > 0) await flush();
  return report;
}
