import type { Clock, Db, Log } from '../platform/index.ts';
import { readCursor } from './cursors.ts';
import type { ItemFault, ListedPaper } from './rules/paper.ts';
import { dayOfFile, findPapersFiles, readPapersFile } from './sources/file.ts';
import { SourceError } from './sources/source.ts';
import { storeDay } from './store.ts';

/** What came of one file. */
export interface FileReport {
  file: string;
  /** `unchanged`: it was read before. `empty`: a list without papers of its day. `failed`: nothing was changed. */
  outcome: 'stored' | 'unchanged' | 'empty' | 'failed';
  days: string[];
  papers: number;
  fresh: number;
  faults: ItemFault[];
  /** Items that belong to another day than the file's name says, and were left out. */
  strays: number;
  error?: string;
}

const SOURCE = 'file';

async function ingestOneFile(db: Db, clock: Clock, file: string, again: boolean): Promise<FileReport> {
  const named = dayOfFile(file);
  const cursor = named === null || again ? undefined : await readCursor(db, SOURCE, named);
  const list = await readPapersFile(file, cursor?.etag ?? null);
  if (list === 'unchanged')
    return {
      file,
      outcome: 'unchanged',
      days: named === null ? [] : [named],
      papers: cursor?.papers ?? 0,
      fresh: 0,
      faults: [],
      strays: 0,
    };
  const byDay = new Map<string, ListedPaper[]>();
  // A named day without papers was answered all the same.
  if (named !== null) byDay.set(named, []);
  for (const paper of list.papers) {
    const papers = byDay.get(paper.listedOn) ?? [];
    byDay.set(paper.listedOn, papers);
    papers.push(paper);
  }
  const { faults, strays, withdrawn } = list;
  const [firstFault] = faults;
  if (list.papers.length === 0 && firstFault)
    throw new SourceError(
      `${file} has nothing usable: ${faults.length} malformed items, the first is ${firstFault.place}, ${firstFault.reason}.`,
    );
  let fresh = 0;
  const days = [...byDay.keys()].sort();
  for (const day of days) {
    const papers = byDay.get(day) ?? [];
    const stored = await storeDay(db, {
      source: SOURCE,
      day,
      papers,
      withdrawn,
      // Stands for a file that is one day, whole; anything else is read again.
      etag: named !== null && faults.length + strays === 0 ? list.etag : null,
      now: clock.now(),
    });
    fresh += stored.fresh;
  }
  const outcome = list.papers.length === 0 ? 'empty' : 'stored';
  return { file, outcome, days, papers: list.papers.length, fresh, faults, strays };
}

/**
 * Stores the papers of a file, or of each `YYYY-MM-DD.json` in a folder, oldest first; they hold daily-papers JSON as
 * the Hugging Face API returns it. A file that fails is reported and stops no other; one that was read before and is
 * the same to the byte is passed over, so that a long folder may be broken off and gone on with.
 *
 * @param options.again - reads every file, known or not (default: false)
 * @param options.onRow - told of each file as it is done
 * @param options.signal - ends it after the file under way; the report has what was done
 * @returns a row for each file; a row for the path itself where there is nothing to read
 * @throws only when the database fails
 */
export async function ingestFile(
  deps: { db: Db; clock: Clock; log: Log },
  path: string,
  options: { again?: boolean; onRow?: (row: FileReport) => void; signal?: AbortSignal } = {},
): Promise<FileReport[]> {
  const reports: FileReport[] = [];
  const add = (row: FileReport) => {
    options.onRow?.(row);
    reports.push(row);
  };
  const failed = (file: string, error: string): FileReport => {
    deps.log.warn({ file, error }, 'a file failed');
    return { file, outcome: 'failed', days: [], papers: 0, fresh: 0, faults: [], strays: 0, error };
  };
  try {
    const files = await findPapersFiles(path);
    if (files.length === 0)
      return [failed(path, `${path} holds no file named YYYY-MM-DD.json; name one so.`)];
    for (const file of files) {
      if (options.signal?.aborted) break;
      try {
        const report = await ingestOneFile(deps.db, deps.clock, file, options.again === true);
        const { outcome, days, papers, fresh, faults, strays } = report;
        deps.log.info({ file, outcome, days, papers, fresh, faults: faults.length, strays }, 'read a file');
        add(report);
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        add(failed(file, error.message));
      }
    }
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    add(failed(path, error.message));
  }
  return reports;
}
