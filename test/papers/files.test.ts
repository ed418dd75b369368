import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSources, findPaper, ingest, ingestFile, listDay } from '../../src/papers/index.ts';
import { createHttpClient, createLog, readConfig, stoppedClock } from '../../src/platform/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { sharedDays, sharedPath } from '../support/shared-data.ts';
import { makeItem, makeItems } from '../support/upstream.ts';

const wednesday = '2026-06-10';
const thursday = '2026-06-11';
const real = { sample: false };
const log = createLog('silent');
const clock = stoppedClock(new Date('2026-06-12T09:00:00Z'));
let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.query('test: empty', 'truncate papers, source_cursors cascade');
  folder = await mkdtemp(join(tmpdir(), 'paperboy-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const read = (path: string) => ingestFile({ db: database.db, clock, log }, path);
const idsOf = async (day: string) => (await listDay(database.db, day, real)).map((paper) => paper.id);

describe('ingestFile', () => {
  it('reads a file named for its day, and again without change', async () => {
    const path = await write(`${wednesday}.json`, makeItems(3, wednesday));
    const report = { file: path, outcome: 'stored', days: [wednesday], papers: 3, faults: [], strays: 0 };
    expect(await read(path)).toEqual([{ ...report, fresh: 3 }]);
    expect(await read(path)).toEqual([{ ...report, outcome: 'unchanged', fresh: 0 }]);
    const again = await ingestFile({ db: database.db, clock, log }, path, { again: true });
    expect(again).toEqual([{ ...report, fresh: 0 }]);
    expect(await idsOf(wednesday)).toHaveLength(3);
  });

  it('takes the day of a file from its name, else from the items', async () => {
    const undated = (id: string) =>
      makeItem({ id, day: wednesday, paper: { submittedOnDailyAt: undefined } });
    await read(await write(`${thursday}.json`, [undated('2606.00001')]));
    const mixed = [
      makeItem({ id: '2606.00002', day: wednesday }),
      makeItem({ id: '2606.00003', day: thursday }),
      undated('2606.00004'),
    ];
    const [report] = await read(await write('export.json', mixed));
    expect(report).toMatchObject({
      days: [wednesday, thursday],
      papers: 2,
      faults: [{ place: 'item 3 (2606.00004)' }],
    });
    expect(await idsOf(wednesday)).toEqual(['2606.00002']);
    expect(await idsOf(thursday)).toEqual(['2606.00001', '2606.00003']);
  });

  it('reads a folder, oldest first, and passes over other files', async () => {
    await write(`${thursday}.json`, [makeItem({ id: '2606.00001', day: thursday, upvotes: 9 })]);
    await write(`${wednesday}.json`, [makeItem({ id: '2606.00001', day: wednesday, upvotes: 1 })]);
    await write('2026-06-13.json', []);
    await write('notes.txt', 'not a list');
    await write('2026-02-30.json', 'not a day');
    const reports = await read(folder);
    expect(reports.map((row) => [row.outcome, row.days])).toEqual([
      ['stored', [wednesday]],
      ['stored', [thursday]],
      ['empty', ['2026-06-13']],
    ]);
    expect(await findPaper(database.db, '2606.00001')).toMatchObject({
      upvotes: 9,
      listedOn: [wednesday, thursday],
    });
  });

  it('reports malformed items with file, place and reason, and files that fail, and loses no other', async () => {
    const bad = [null, makeItem({ id: '2606.00001', day: wednesday }), makeItem({ id: 'x', day: wednesday })];
    const badItems = await write(`${wednesday}.json`, bad);
    const broken = await write(`${thursday}.json`, '[{"paper":');
    const good = await write('2026-06-12.json', makeItems(1, '2026-06-12'));
    expect(await read(folder)).toMatchObject([
      {
        file: badItems,
        papers: 1,
        faults: [
          { place: 'item 1', reason: expect.stringContaining('expected object') },
          { place: 'item 3 (x)', reason: 'paper.id: is not an arXiv id' },
        ],
      },
      { file: broken, outcome: 'failed', error: expect.stringContaining('broken or unfinished JSON') },
      { file: good, papers: 1 },
    ]);
  });

  it('says what is wrong with the path', async () => {
    expect(await read(join(folder, 'absent.json'))).toMatchObject([
      { outcome: 'failed', error: expect.stringContaining('absent.json cannot be read (ENOENT)') },
    ]);
    expect(await read(folder)).toMatchObject([
      { outcome: 'failed', error: `${folder} holds no file named YYYY-MM-DD.json; name one so.` },
    ]);
    expect(await read(await write('2026-06-09.json', [{}]))).toMatchObject([
      { outcome: 'failed', error: expect.stringContaining('nothing usable: 1 malformed items') },
    ]);
  });

  it('reads the real days that stand beside the project', async () => {
    const path = sharedPath('huggingface', 'days');
    const days = sharedDays();
    const reports = path === undefined ? [] : await read(path);
    expect(reports.map((row) => [row.days, row.papers, row.faults])).toEqual(
      [...days].map(([day, items]) => [[day], items.length, []]),
    );
  });
});

describe('SOURCES=file:PATH', () => {
  const sourcesOf = (path: string) =>
    createSources({
      config: readConfig({ environment: { SOURCES: `file:${path}` } }),
      http: createHttpClient({ log, userAgent: 'Paperboy/test' }),
      db: database.db,
      clock,
    });
  const ask = (path: string, ...days: string[]) =>
    ingest({ db: database.db, clock, log, sources: sourcesOf(path) }, { days });

  it('answers from a folder, and says when nothing changed', async () => {
    await write(`${wednesday}.json`, makeItems(2, wednesday));
    expect(await ask(folder, wednesday, thursday)).toMatchObject([
      { source: `file:${folder}`, day: wednesday, outcome: 'stored', papers: 2 },
      { day: thursday, outcome: 'empty' },
    ]);
    expect(await ask(folder, wednesday)).toMatchObject([{ outcome: 'unchanged', papers: 2 }]);
    await write(`${wednesday}.json`, makeItems(3, wednesday));
    expect(await ask(folder, wednesday)).toMatchObject([{ outcome: 'stored', papers: 3, fresh: 1 }]);
  });

  it('answers from one file of several days', async () => {
    const items = [...makeItems(2, wednesday, '2606'), ...makeItems(1, thursday, '2607')];
    const path = await write('export.json', items);
    expect(await ask(path, wednesday, thursday, '2026-06-12')).toMatchObject([
      { outcome: 'stored', papers: 2 },
      { outcome: 'stored', papers: 1 },
      { outcome: 'empty' },
    ]);
  });

  it('fails where nothing is', async () => {
    expect(await ask(join(folder, 'absent'), wednesday)).toMatchObject([
      { outcome: 'failed', error: expect.stringContaining('ENOENT') },
    ]);
  });
});
