import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AssembleContext,
  assemble,
  assembleDue,
  type Cadence,
  findEdition,
  latestEdition,
  listEditions,
  loadEdition,
  printDigest,
  readSkip,
} from '../../src/editions/index.ts';
import { fillPiece } from '../../src/editions/rules/skeleton.ts';
import { createLog, openDatabase, stoppedClock } from '../../src/platform/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { reader, site } from './fixtures.ts';

let database: TestDatabase;
const clock = stoppedClock(new Date('2026-06-11T02:00:00Z'));

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.query(
    'test.clear',
    'truncate papers, listings, source_cursors, editions, edition_papers, edition_records, edition_skips restart identity cascade',
  );
  clock.set(new Date('2026-06-11T02:00:00Z'));
});

const context = (changes: Partial<AssembleContext> = {}): AssembleContext => ({
  db: database.db,
  clock,
  log: createLog('silent'),
  site,
  editionSize: 12,
  editionAtMinutes: 120,
  ...changes,
});

interface Listed {
  id: string;
  on: string;
  upvotes?: number;
  comments?: number;
  sample?: boolean;
}

/** Lists papers, and lets the source have answered for their days since they ended. */
async function list(...papers: Listed[]): Promise<void> {
  for (const { id, on, upvotes = 1, comments = 0, sample = false } of papers) {
    await database.db.query(
      'test.paper',
      `insert into papers (id, title, abstract, authors, published_on, upvotes, comments, sample, first_seen_at, updated_at)
       values ($1, 'Title of ' || $1, 'An abstract.', '{Ada,Ben}', $2::date - 1, $3, $4, $5, $6, $6)
       on conflict (id) do update set upvotes = excluded.upvotes`,
      [id, on, upvotes, comments, sample, clock.now()],
    );
    await database.db.query(
      'test.listing',
      'insert into listings (source, paper_id, listed_on, first_seen_at) values ($1, $2, $3, $4) on conflict do nothing',
      [sample ? 'sample' : 'huggingface', id, on, clock.now()],
    );
    if (!sample)
      await database.db.query(
        'test.answered',
        `insert into source_cursors (source, listed_on, succeeded_at)
         values ('huggingface', $1, $1::date + interval '24 hours 10 minutes') on conflict do nothing`,
        [on],
      );
  }
}

async function answered(on: string, at: string): Promise<void> {
  await database.db.query(
    'test.cursor',
    `insert into source_cursors (source, listed_on, succeeded_at) values ('huggingface', $1, $2)
     on conflict (source, listed_on) do update set succeeded_at = excluded.succeeded_at`,
    [on, at],
  );
}

async function failed(on: string, at: string): Promise<void> {
  await database.db.query(
    'test.failed',
    `insert into source_cursors (source, listed_on, failed_at, failure) values ('huggingface', $1, $2, 'down')
     on conflict (source, listed_on) do update set failed_at = excluded.failed_at`,
    [on, at],
  );
}

const daily = (date: string, force = false) => assemble(context(), { cadence: 'daily', date, force });

async function idsOf(cadence: Cadence, date: string): Promise<string[] | undefined> {
  return (await findEdition(database.db, cadence, date))?.papers.map(({ id }) => id);
}

describe('assemble', () => {
  it('makes cards of the first 12 by votes, comments and id, and counts the rest', async () => {
    await list(
      ...Array.from({ length: 15 }, (_, index) => ({
        id: `2606.${String(index).padStart(5, '0')}`,
        on: '2026-06-10',
        upvotes: index < 10 ? 50 - index : 7,
        comments: index === 14 ? 3 : 0,
      })),
    );
    const made = await daily('2026-06-10');
    expect(made).toEqual({
      outcome: 'made',
      editionId: expect.any(Number),
      cards: 12,
      more: 3,
      note: null,
    });
    const found = await findEdition(database.db, 'daily', '2026-06-10');
    expect(found?.papers.map(({ id }) => id.slice(-2)).join(' ')).toBe(
      '00 01 02 03 04 05 06 07 08 09 14 10 11 12 13',
    );
    expect(found?.papers.map(({ card }) => card)).toEqual([...Array(12).fill(true), ...Array(3).fill(false)]);
    expect(found).toMatchObject({ cards: 12, more: 3, openedAt: new Date('2026-06-11T02:00:00Z') });
    expect(found?.subject).toBe('Daily papers, 10 June 2026: Title of 2606.00000');
  });

  it('stores pieces that join to the mail, with the votes as they were', async () => {
    await list({ id: '2606.00001', on: '2026-06-10', upvotes: 9 }, { id: '2606.00002', on: '2026-06-10' });
    const made = await daily('2026-06-10');
    if (made.outcome !== 'made') throw new Error(made.outcome);
    await list({ id: '2606.00002', on: '2026-06-10', upvotes: 500 });
    const edition = await loadEdition(database.db, made.editionId);
    expect(edition).toMatchObject({
      total: 2,
      cards: 2,
      dayUrl: 'https://papers.example.org/papers?date=2026-06-10',
      papers: [
        { paperId: '2606.00001', title: 'Title of 2606.00001' },
        { paperId: '2606.00002', title: 'Title of 2606.00002' },
      ],
    });
    const join = (format: 'html' | 'text') =>
      edition
        ? printDigest(
            edition,
            { papers: ['2606.00001', '2606.00002'], reasons: null, fullAbstracts: 0 },
            reader,
            format,
          )
        : '';
    expect(join('html')).toMatch(
      /<h1[\s\S]*1\. Title of 2606\.00001[\s\S]*2\. Title of 2606\.00002[\s\S]*<\/html>/,
    );
    expect(join('text')).toContain('2nd on Hugging Face · 1 vote · 0 comments');
    expect((await findEdition(database.db, 'daily', '2026-06-10'))?.papers[1]?.upvotes).toBe(1);
    expect(await loadEdition(database.db, 999)).toBeNull();
  });

  it('makes one edition when two clocks tick at once', async () => {
    await list({ id: '2606.00001', on: '2026-06-10' });
    const other = openDatabase({ url: database.url });
    try {
      const request = { cadence: 'daily', date: '2026-06-10' } as const;
      const outcomes = await Promise.all(
        [context(), context({ db: other }), context(), context({ db: other })].map((one) =>
          assemble(one, request),
        ),
      );
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['exists', 'exists', 'exists', 'made']);
      expect(new Set(outcomes.map((one) => ('editionId' in one ? one.editionId : 0))).size).toBe(1);
      expect(await listEditions(database.db)).toHaveLength(1);
    } finally {
      await other.close();
    }
  });

  it('never carries a late paper twice when two dates are made at once', async () => {
    await list({ id: '2606.00001', on: '2026-06-08' });
    await daily('2026-06-08', true);
    await list(
      { id: '2606.00002', on: '2026-06-08' },
      { id: '2606.00003', on: '2026-06-09' },
      { id: '2606.00004', on: '2026-06-10' },
    );
    await Promise.all([daily('2026-06-09'), daily('2026-06-10')]);
    const carried = [
      ...((await idsOf('daily', '2026-06-09')) ?? []),
      ...((await idsOf('daily', '2026-06-10')) ?? []),
    ];
    expect(carried.sort()).toEqual(['2606.00002', '2606.00003', '2606.00004']);
  });

  it('carries late papers in the next edition, and says from which day they are', async () => {
    await list({ id: '2606.00001', on: '2026-06-09' });
    clock.set(new Date('2026-06-10T02:00:00Z'));
    await daily('2026-06-09');
    await list({ id: '2606.00002', on: '2026-06-09', upvotes: 40 }, { id: '2606.00003', on: '2026-06-10' });
    clock.set(new Date('2026-06-11T02:00:00Z'));
    const made = await daily('2026-06-10');
    expect(await idsOf('daily', '2026-06-10')).toEqual(['2606.00002', '2606.00003']);
    const edition = made.outcome === 'made' ? await loadEdition(database.db, made.editionId) : null;
    expect(edition?.papers.map(({ text }) => fillPiece(text, reader))).toEqual([
      expect.stringContaining('Late from 9 June 2026 · 40 votes'),
      expect.stringContaining('1st on Hugging Face · 1 vote'),
    ]);
  });

  it('does not repeat a paper that is listed again six days later, and says so where nothing else is', async () => {
    await list({ id: '2606.00001', on: '2026-06-04' });
    await daily('2026-06-04', true);
    await list({ id: '2606.00001', on: '2026-06-10', upvotes: 54 });
    expect(await daily('2026-06-10')).toEqual({
      outcome: 'skipped',
      reason: 'Every paper listed on 10 June 2026 was in an earlier daily edition.',
    });
    expect(await readSkip(database.db, 'daily', '2026-06-10')).toMatch(/earlier daily edition/);
    await list({ id: '2606.00001', on: '2026-06-11' }, { id: '2606.00002', on: '2026-06-11' });
    clock.set(new Date('2026-06-12T02:00:00Z'));
    await daily('2026-06-11');
    expect(await idsOf('daily', '2026-06-11')).toEqual(['2606.00002']);
  });

  it('skips a weekend that the source answered for, and carries what came late on Monday', async () => {
    await list({ id: '2606.00001', on: '2026-06-12' });
    clock.set(new Date('2026-06-13T02:00:00Z'));
    await daily('2026-06-12');
    await list({ id: '2606.00002', on: '2026-06-12' });
    await answered('2026-06-13', '2026-06-14T00:10:00Z');
    clock.set(new Date('2026-06-14T02:00:00Z'));
    const reason = 'No papers were listed on 13 June 2026.';
    expect(await daily('2026-06-13')).toEqual({ outcome: 'skipped', reason });
    // Late papers alone make no edition, and a decided date stays decided.
    await list({ id: '2606.00003', on: '2026-06-13' });
    expect(await daily('2026-06-13')).toEqual({ outcome: 'skipped', reason });
    await list({ id: '2606.00004', on: '2026-06-15' });
    clock.set(new Date('2026-06-16T02:00:00Z'));
    await daily('2026-06-15');
    expect(await idsOf('daily', '2026-06-15')).toEqual(['2606.00002', '2606.00003', '2606.00004']);
  });

  it('waits for a source that has not answered since the day ended, for twelve hours', async () => {
    await answered('2026-06-10', '2026-06-10T23:59:00Z');
    expect(await daily('2026-06-10')).toMatchObject({
      outcome: 'waiting',
      reason: 'Hugging Face has not answered for all of 10 June 2026, so the list may not be whole.',
    });
    expect(await readSkip(database.db, 'daily', '2026-06-10')).toBeNull();
    clock.set(new Date('2026-06-11T14:00:00Z'));
    expect(await daily('2026-06-10'), 'nobody has been asked since').toMatchObject({ outcome: 'waiting' });
    await failed('2026-06-10', '2026-06-11T13:45:00Z');
    expect(await daily('2026-06-10')).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringContaining('Hugging Face had not answered for all of 10 June 2026'),
    });
  });

  it('makes what is there when the source has failed for an hour since the day closed', async () => {
    await list({ id: '2606.00001', on: '2026-06-10' });
    await answered('2026-06-10', '2026-06-10T20:00:00Z');
    expect(await daily('2026-06-10')).toMatchObject({ outcome: 'waiting' });
    await failed('2026-06-10', '2026-06-11T02:45:00Z');
    clock.set(new Date('2026-06-11T03:00:00Z'));
    const note =
      'Hugging Face had not answered for all of 10 June 2026 when this edition was closed; what is missing comes in the next one.';
    const made = await daily('2026-06-10');
    expect(made).toMatchObject({ outcome: 'made', cards: 1, note });
    expect((await findEdition(database.db, 'daily', '2026-06-10'))?.note).toBe(note);
    const edition = made.outcome === 'made' ? await loadEdition(database.db, made.editionId) : null;
    expect(edition && fillPiece(edition.head.html, reader)).toContain(note);
    expect(edition && fillPiece(edition.head.text, reader).replace(/\n/g, ' ')).toContain(note);
  });

  it('does not close a day before its time, unless an operator asks for it', async () => {
    await list({ id: '2606.00001', on: '2026-06-11' });
    expect(await daily('2026-06-11')).toEqual({
      outcome: 'waiting',
      reason: 'The daily edition of 11 June 2026 closes at 2026-06-12T02:00:00.000Z.',
    });
    clock.set(new Date('2026-06-11T09:30:00Z'));
    expect(await daily('2026-06-11', true)).toMatchObject({ outcome: 'made' });
    expect((await latestEdition(database.db, 'daily'))?.openedAt).toEqual(new Date('2026-06-11T09:30:00Z'));
    expect(await daily('2026-06-11', true)).toMatchObject({ outcome: 'exists' });
  });

  it('decides nothing when an operator asks too early, and makes a skipped edition when one asks again', async () => {
    expect(await daily('2026-06-11', true)).toMatchObject({ outcome: 'skipped' });
    expect(await readSkip(database.db, 'daily', '2026-06-11')).toBeNull();
    await answered('2026-06-09', '2026-06-10T01:00:00Z');
    expect(await daily('2026-06-09')).toMatchObject({ outcome: 'skipped' });
    await list({ id: '2606.00001', on: '2026-06-09' });
    expect(await daily('2026-06-09', true)).toMatchObject({ outcome: 'made' });
    expect(await readSkip(database.db, 'daily', '2026-06-09')).toBeNull();
  });

  it('leaves nothing behind when it fails', async () => {
    await list({ id: '2606.00001', on: '2026-06-10' });
    await database.db.query(
      'test.break',
      'alter table edition_papers add constraint refuse_all check (rank < 0) not valid',
    );
    try {
      await expect(daily('2026-06-10')).rejects.toThrow('editions.insert-papers');
    } finally {
      await database.db.query('test.mend', 'alter table edition_papers drop constraint refuse_all');
    }
    expect(await listEditions(database.db)).toEqual([]);
    expect(await daily('2026-06-10')).toMatchObject({ outcome: 'made' });
  });
});

describe('weekly editions', () => {
  it('hold a week, whatever the daily ones carried, and nothing that a weekly one carried', async () => {
    await list(
      { id: '2606.00001', on: '2026-06-08', upvotes: 3 },
      { id: '2606.00002', on: '2026-06-12', upvotes: 5 },
      { id: '2606.00003', on: '2026-06-15' },
    );
    await daily('2026-06-08', true);
    clock.set(new Date('2026-06-15T01:59:00Z'));
    const weekly = (date: string) => assemble(context(), { cadence: 'weekly', date });
    expect(await weekly('2026-06-10')).toMatchObject({ outcome: 'waiting' });
    clock.set(new Date('2026-06-15T02:00:00Z'));
    await answered('2026-06-14', '2026-06-15T00:10:00Z');
    expect(await weekly('2026-06-10')).toMatchObject({ outcome: 'made', cards: 2 });
    const found = await findEdition(database.db, 'weekly', '2026-06-08');
    expect(found?.papers.map(({ id }) => id)).toEqual(['2606.00002', '2606.00001']);
    expect(found?.subject).toBe('Weekly papers, week 24 of 2026: Title of 2606.00002');
    await list({ id: '2606.00001', on: '2026-06-18' });
    clock.set(new Date('2026-06-22T02:00:00Z'));
    await answered('2026-06-21', '2026-06-22T00:10:00Z');
    await weekly('2026-06-15');
    expect(await idsOf('weekly', '2026-06-15')).toEqual(['2606.00003']);
  });

  it('are skipped where a week had no papers', async () => {
    await answered('2026-06-07', '2026-06-08T00:30:00Z');
    expect(await assemble(context(), { cadence: 'weekly', date: '2026-06-01' })).toEqual({
      outcome: 'skipped',
      reason: 'No papers were listed in week 23 of 2026.',
    });
  });
});

describe('sample editions', () => {
  it('hold only samples, and no other edition holds one', async () => {
    await list(
      { id: '1706.03762', on: '2026-06-10', sample: true, upvotes: 9 },
      { id: '2606.00001', on: '2026-06-10' },
    );
    expect(await assemble(context(), { cadence: 'sample', date: '2026-06-10' })).toMatchObject({
      cards: 1,
      more: 0,
    });
    expect(await idsOf('sample', '2026-06-10')).toEqual(['1706.03762']);
    await daily('2026-06-10');
    expect(await idsOf('daily', '2026-06-10')).toEqual(['2606.00001']);
    expect((await latestEdition(database.db, 'sample'))?.subject).toMatch(/^Sample papers/);
    expect((await listEditions(database.db)).map(({ cadence }) => cadence)).toEqual(['daily']);
  });
});

describe('assembleDue', () => {
  const outcomes = async () =>
    (await assembleDue(context())).map(({ cadence, date, outcome }) => `${cadence} ${date} ${outcome}`);

  it('does nothing on a fresh database, or with samples only', async () => {
    await list({ id: '1706.03762', on: '2026-06-01', sample: true });
    expect(await outcomes()).toEqual([]);
  });

  it('makes good what was missed, oldest first, and is quiet the second time', async () => {
    await list({ id: '2606.00001', on: '2026-06-09' }, { id: '2606.00002', on: '2026-06-11' });
    await answered('2026-06-10', '2026-06-11T00:30:00Z');
    clock.set(new Date('2026-06-15T02:30:00Z'));
    await answered('2026-06-12', '2026-06-15T00:30:00Z');
    await answered('2026-06-13', '2026-06-15T00:30:00Z');
    await answered('2026-06-14', '2026-06-15T00:30:00Z');
    expect(await outcomes()).toEqual([
      'daily 2026-06-09 made',
      'daily 2026-06-10 skipped',
      'daily 2026-06-11 made',
      'daily 2026-06-12 skipped',
      'daily 2026-06-13 skipped',
      'daily 2026-06-14 skipped',
      'weekly 2026-06-08 made',
    ]);
    expect(await outcomes()).toEqual([]);
    // Opened when they should have been, not when the clock came back.
    expect((await latestEdition(database.db, 'daily'))?.openedAt).toEqual(new Date('2026-06-12T02:00:00Z'));
  });

  it('is the same for two clocks at the same tick', async () => {
    await list({ id: '2606.00001', on: '2026-06-09' }, { id: '2606.00002', on: '2026-06-10' });
    const both = (await Promise.all([assembleDue(context()), assembleDue(context())])).flat();
    expect(both.filter(({ outcome }) => outcome === 'made')).toHaveLength(2);
    expect(await listEditions(database.db)).toHaveLength(2);
  });
});

describe('the archive', () => {
  it('lists newest first, in pages, and finds nothing where nothing is', async () => {
    for (const day of ['08', '09', '10']) {
      await list({ id: `2606.000${day}`, on: `2026-06-${day}` });
      await daily(`2026-06-${day}`);
    }
    const dates = async (filter: Parameters<typeof listEditions>[1]) =>
      (await listEditions(database.db, filter)).map(({ issueDate }) => issueDate);
    expect(await dates({ limit: 2 })).toEqual(['2026-06-10', '2026-06-09']);
    expect(await dates({ before: '2026-06-09', cadence: 'daily' })).toEqual(['2026-06-08']);
    expect(await findEdition(database.db, 'daily', '2026-06-01')).toBeNull();
    expect(await latestEdition(database.db, 'weekly')).toBeNull();
    const before = new Date('2026-06-10T12:00:00Z');
    expect((await latestEdition(database.db, 'daily', before))?.issueDate).toBe('2026-06-09');
  });
});
