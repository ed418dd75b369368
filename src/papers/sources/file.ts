import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDay } from '../rules/day.ts';
import { mergeSightings } from '../rules/merge.ts';
import { type ParsedList, parseDailyPapers, readJsonList } from '../rules/parse-hugging-face.ts';
import { type Source, SourceError } from './source.ts';

// As for HTTP: 100 listed papers are about 1 MB.
const BYTES_MAX = 20_000_000;

const reasonOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);

/** The day that a file is named for: `2026-06-10.json`; null where its name is no day. */
export function dayOfFile(path: string): string | null {
  const name = basename(path, '.json');
  return basename(path).endsWith('.json') && isDay(name) ? name : null;
}

/** A file's papers, and the hash that stands for its content. */
export interface FileList extends ParsedList {
  etag: string;
}

/**
 * Reads one file of daily-papers JSON as the Hugging Face API returns it. The day comes from its name, else from
 * the items' own `submittedOnDailyAt`.
 *
 * @param known - the hash of a content that need not be read again
 * @throws SourceError when the file cannot be read or holds no list of papers
 */
export async function readPapersFile(path: string, known: string | null): Promise<FileList | 'unchanged'> {
  let body: Buffer;
  try {
    const { size } = await stat(path);
    if (size > BYTES_MAX)
      throw new SourceError(`${path} has ${size} bytes; at most ${BYTES_MAX} are read: split it into days.`);
    body = await readFile(path);
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError(
      `${path} cannot be read (${reasonOf(error)}); check the path and its permissions.`,
      {
        cause: error,
      },
    );
  }
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  if (etag === known) return 'unchanged';
  const list = readJsonList(new TextDecoder().decode(body));
  if (!list.ok)
    throw new SourceError(
      `${path} holds ${list.fault}; it must be a list as the Hugging Face API returns it for a day.`,
    );
  const parsed = parseDailyPapers(list.items, dayOfFile(path));
  return { ...parsed, papers: mergeSightings(parsed.papers), etag };
}

/**
 * The files that a path means: itself, or the `YYYY-MM-DD.json` in a folder, oldest first.
 *
 * @throws SourceError when there is nothing at the path
 */
export async function findPapersFiles(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path);
    return names
      .filter((name) => dayOfFile(name) !== null)
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    throw new SourceError(
      `${path} cannot be read (${reasonOf(error)}); check the path and its permissions.`,
      {
        cause: error,
      },
    );
  }
}

/** A file, or a folder of `YYYY-MM-DD.json`, as a source (`SOURCES=file:PATH`). A day without a file is an empty day. */
export function createFileSource(path: string): Source {
  return {
    name: `file:${path}`,
    async fetchDay(day, etag) {
      const files = await findPapersFiles(path);
      const file =
        files.find((name) => dayOfFile(name) === day) ?? files.find((name) => dayOfFile(name) === null);
      if (file === undefined)
        return { kind: 'papers', items: [], faults: [], strays: 0, withdrawn: [], etag: null };
      const list = await readPapersFile(file, etag);
      if (list === 'unchanged') return { kind: 'unchanged' };
      // A file that is not named for a day may hold several.
      const items = list.papers.filter((paper) => paper.listedOn === day);
      const { faults, strays, withdrawn } = list;
      return {
        kind: 'papers',
        items,
        faults,
        strays,
        withdrawn,
        etag: faults.length + strays > 0 ? null : list.etag,
      };
    },
  };
}
