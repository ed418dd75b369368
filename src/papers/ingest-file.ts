import type { Clock, Db, Log } from '../platform/index.ts';
import type { ItemFault, ListedPaper } from './rules/paper.ts';
import { dayOfFile, findPapersFiles, readPapersFile } from './sources/file.ts';
import { SourceError } from './sources/source.ts';
import { storeDay } from './store.ts';

/** What came of one file. */
export interface FileReport {
  file: string;
  /** `empty`: a list without papers of its day. `failed`: nothing was changed. */
  outcome: 'stored' | 'empty' | 'failed';
  days: string[];
  papers: number;
  fresh: number;
  faults: ItemFault[];
  /** Items that belong to another day than the file's name says, and were left out. */
  strays: number;
  error?: string;
}

const SOURCE = 'file';

async function ingestOneFile(db: Db, clock: Clock, file: string): Promise<FileReport> {
  const list = await readPapersFile(file);
  const byDay = new Map<string, ListedPaper[]>();
  const named = dayOfFile(file);
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
      etag: null,
      now: clock.now(),
    });
    fresh += stored.fresh;
  }
  const outcome = list.papers.length === 0 ? 'empty' : 'stored';
  return { file, outcome, days, papers: list.papers.length, fresh, faults, strays };
}

/**
 * Stores the papers of a file, or of each `YYYY-MM-DD.json` in a folder, oldest first; they hold daily-papers JSON as
 * the Hugging Face API returns it. A file that fails is reported and stops no other.
 *
 * @returns a row for each file; a row for the path itself where there is nothing to read
 * @throws only when the database fails
 */
export async function ingestFile(
  deps: { db: Db; clock: Clock; log: Log },
  path: string,
): Promise<FileReport[]> {
  const failed = (file: string, error: string): FileReport => {
    deps.log.warn({ file, error }, 'a file failed');
    return { file, outcome: 'failed', days: [], papers: 0, fresh: 0, faults: [], strays: 0, error };
  };
  const reports: FileReport[] = [];
  try {
    const files = await findPapersFiles(path);
    if (files.length === 0)
      return [failed(path, `${path} holds no file named YYYY-MM-DD.json; name one so.`)];
    for (const file of files) {
      try {
        const report = await ingestOneFile(deps.db, deps.clock, file);
        const { outcome, days, papers, fresh, faults, strays } = report;
        deps.log.info({ file, outcome, days, papers, fresh, faults: faults.length, strays }, 'read a file');
        reports.push(report);
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        reports.push(failed(file, error.message));
      }
    }
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    reports.push(failed(path, error.message));
  }
  return reports;
}
