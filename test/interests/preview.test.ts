import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  composeSelection,
  type Interest,
  loadPool,
  matchEdition,
  previewDigest,
  readChoices,
  refuseAuthor,
  toReader,
} from '../../src/interests/index.ts';
import { readyCandidates } from '../../src/interests/rules/candidates.ts';
import { findPlaces, STRANGER, tryInterests } from '../../src/interests/rules/preview.ts';
import { setInterests } from '../support/interests.ts';
import {
  addReader,
  dumpTables,
  insertEdition,
  insertPaper,
  startTestWeb,
  type TestWeb,
} from '../web/support.ts';
import { paper } from './papers.ts';

let web: TestWeb;
const IDS = Array.from({ length: 20 }, (_, at) => `2606.1${String(at).padStart(4, '0')}`);
const INTERESTS: Interest[] = [
  { kind: 'topic', value: 'robotics' },
  { kind: 'search', value: 'protein -binding' },
  { kind: 'author', value: 'Grace Hopper' },
  { kind: 'search', value: 'zebra' },
];

beforeAll(async () => {
  web = await startTestWeb();
  const titles = ['A robot arm', 'Protein folding', 'Protein binding', 'Plain things'];
  for (const [at, id] of IDS.entries())
    await insertPaper(web, {
      id,
      day: '2026-06-10',
      title: `${titles[at % 4]} ${at}`,
      authors: at === 19 ? ['Grace Hopper'] : at === 4 ? ['Eve Mallory'] : ['Ada Lovelace'],
    });
  await insertEdition(web, { cadence: 'daily', date: '2026-06-10', papers: IDS, more: 8 });
});
afterAll(() => web.close());

describe('a preview', () => {
  test('is the digest that the same reader with these interests gets, and writes nothing', async () => {
    const { db, clock } = web.context;
    const reader = await addReader(web);
    await refuseAuthor(web.context, reader.id, 'Eve Mallory');
    const before = await dumpTables(web);
    const tried = await previewDigest(
      { db, clock },
      { interests: INTERESTS, maxPapers: null, cadence: 'daily', subscriberId: reader.id },
    );
    expect(tried?.found.map(({ papers }) => papers)).toEqual([5, 5, 1, 0]);
    expect(tried).toMatchObject({ issueDate: '2026-06-10', papers: 20, personal: true });
    expect(await dumpTables(web)).toBe(before);

    await setInterests(db, reader.id, INTERESTS);
    const [edition] = await db.query<{ id: number }>('test: edition', 'select id from editions');
    await matchEdition(web.context, edition?.id ?? 0);
    const pool = await loadPool(db, edition?.id ?? 0);
    const [choice] = await readChoices(db, [reader.id], edition?.id ?? 0);
    const known = choice && pool && toReader(choice, ['2606.10001'], pool);
    if (!pool || !known) throw new Error('not loaded');
    for (const maxPapers of [null, 3, 20]) {
      const preview = await previewDigest(
        { db, clock },
        {
          interests: INTERESTS,
          maxPapers,
          cadence: 'daily',
          subscriberId: reader.id,
          readHad: async () => ['2606.10001'],
        },
      );
      const real = composeSelection(pool.pool, { ...known, maxPapers });
      expect(preview?.cards.map(({ paperId, part, reasons }) => ({ paperId, part, reasons }))).toEqual(
        real.cards.map(({ paperId, part, reasons }) => ({ paperId, part, reasons })),
      );
      expect(preview?.matched).toBe(real.matched);
      for (const gone of ['2606.10001', '2606.10004'])
        expect(preview?.cards.map(({ paperId }) => paperId)).not.toContain(gone);
    }
  });

  test('without interests: the cards of the edition; without an edition: nothing; a newer edition is seen at once', async () => {
    const { db, clock } = web.context;
    const none = { interests: [], maxPapers: null } as const;
    expect((await previewDigest({ db, clock }, { ...none, cadence: 'daily' }))?.cards).toHaveLength(12);
    // Had of a weekly edition: it comes in the daily one all the same.
    const { id: subscriberId } = await addReader(web);
    const readHad = async () => [IDS[0] ?? ''];
    expect(
      (await previewDigest({ db, clock }, { ...none, cadence: 'daily', subscriberId, readHad }))?.cards[0],
    ).toMatchObject({ paperId: IDS[0] });
    expect(await previewDigest({ db, clock }, { ...none, cadence: 'weekly' })).toBeNull();
    const later = new Date('2026-06-12T02:00Z');
    await insertEdition(web, {
      cadence: 'daily',
      date: '2026-06-11',
      papers: IDS.slice(5, 8),
      openedAt: later,
    });
    expect((await previewDigest({ db, clock }, { ...none, cadence: 'daily' }))?.issueDate).toBe('2026-06-10');
    const tomorrow = await previewDigest({ db, clock: { now: () => later } }, { ...none, cadence: 'daily' });
    expect(tomorrow).toMatchObject({ issueDate: '2026-06-11', papers: 3, personal: false, matched: 0 });
  });
});

describe('trying interests', () => {
  test('looks for each thing once, however often it is tried, and keeps no more than it may', () => {
    const edition = {
      pool: { editionId: 1, cards: 1, papers: [{ id: 'a', title: 'A robot', why: 'w' }] },
      candidates: readyCandidates([paper({ title: 'A robot' })]),
      found: new Map<string, readonly number[]>(),
    };
    const first = findPlaces(edition, { kind: 'search', value: 'robot' });
    expect(first).toEqual([0]);
    expect(findPlaces(edition, { kind: 'search', value: 'robot' })).toBe(first);
    for (let at = 0; at < 2500; at += 1) findPlaces(edition, { kind: 'search', value: `word${at}` });
    expect(edition.found.size).toBeLessThanOrEqual(1000);
    // What cannot be read any more finds nothing.
    const tried = tryInterests(edition, [{ kind: 'search', value: '"' }], {
      maxPapers: null,
      cadence: 'daily',
      reader: STRANGER,
    });
    expect(tried).toMatchObject({ personal: true, matched: 0, found: [{ papers: 0 }] });
  });
});
