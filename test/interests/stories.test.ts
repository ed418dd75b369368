import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  allowAuthor,
  composeSelection,
  describeProfile,
  exportProfile,
  learn,
  loadPool,
  matchDue,
  matchEdition,
  readChoices,
  recordVote,
  refuseAuthor,
  resetProfile,
  toReader,
  undoVote,
} from '../../src/interests/index.ts';
import type { MatchPaper } from '../../src/interests/rules/candidates.ts';
import { createLog, stoppedClock } from '../../src/platform/index.ts';
import { setInterests } from '../support/interests.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { fieldPapers, paper } from './papers.ts';

let database: TestDatabase;
const NOW = new Date('2026-06-11T02:00Z');
const clock = stoppedClock(NOW);
const context = () => ({ db: database.db, clock });

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.query(
    'test: empty',
    'truncate subscribers, papers, editions, deliveries, followed, vocabularies, listings restart identity cascade',
  );
});

async function addReader(name: string): Promise<number> {
  const [row] = await database.db.query<{ id: number }>(
    'test: reader',
    `insert into subscribers (email, email_key, state, created_at, changed_at) values ($1, $1, 'active', $2, $2) returning id`,
    [`${name}@example.org`, NOW],
  );
  return row?.id ?? 0;
}

const idOf = (day: string, at: number) =>
  `26${day.slice(5, 7)}.${day.slice(8)}${String(at).padStart(3, '0')}`;

/** Papers as ingest leaves them, listed by Hugging Face on a day. */
async function addPapers(day: string, papers: readonly MatchPaper[]): Promise<string[]> {
  const rows = papers.map((one, at) => ({ ...one, id: idOf(day, at), upvotes: 100 - at }));
  await database.db.query(
    'test: papers',
    `insert into papers (id, title, abstract, authors, organisation, keywords, categories, upvotes, first_seen_at, updated_at)
     select r->>'id', r->>'title', r->>'abstract', array(select jsonb_array_elements_text(r->'authors')), r->>'organisation',
       array(select jsonb_array_elements_text(r->'keywords')), array(select jsonb_array_elements_text(r->'categories')),
       (r->>'upvotes')::int, $2::timestamptz, $2::timestamptz
     from jsonb_array_elements($1::jsonb) as r`,
    [JSON.stringify(rows), `${day}T08:00Z`],
  );
  await database.db.query(
    'test: listings',
    `insert into listings (source, paper_id, listed_on, first_seen_at)
     select 'huggingface', id, $2, $3 from unnest($1::text[]) as id`,
    [rows.map(({ id }) => id), day, `${day}T08:00Z`],
  );
  return rows.map(({ id }) => id);
}

async function addEdition(day: string, papers: readonly string[], cards = 12): Promise<number> {
  const [row] = await database.db.query<{ id: number }>(
    'test: edition',
    `insert into editions (cadence, issue_date, opened_at, assembled_at, subject, skeleton)
     values ('daily', $1, $2, $2, 'S', '{}') returning id`,
    [day, `${day}T23:00Z`],
  );
  await database.db.query(
    'test: edition papers',
    `insert into edition_papers (edition_id, paper_id, rank, card, upvotes, comments, html, text)
     select $1, p.id, p.rank, p.rank <= $3, 101 - p.rank, 0, '{}', '{}' from unnest($2::text[]) with ordinality as p (id, rank)`,
    [row?.id, papers, cards],
  );
  return row?.id ?? 0;
}

async function digest(editionId: number, readerId: number, had: readonly string[] = []) {
  const pool = await loadPool(database.db, editionId);
  if (!pool) throw new Error('no edition');
  const [choice] = await readChoices(database.db, [readerId], editionId);
  const reader = choice && toReader(choice, had, pool);
  if (!reader) throw new Error('no reader');
  return composeSelection(pool.pool, reader);
}

const filler = (count: number) =>
  Array.from({ length: count }, (_, at) => paper({ title: `Paper ${at}`, authors: [`Given Name${at}`] }));
/** Twenty papers, of which the sixteenth and the eighteenth are about something. */
const day20 = () => {
  const papers = filler(20);
  papers[15] = paper({
    title: 'A diffusion policy',
    authors: ['Ada Lovelace'],
    organisation: 'Mila',
    categories: ['cs.RO'],
  });
  papers[17] = paper({
    title: 'Whales',
    abstract: 'They sing.',
    authors: ['Alan Turing'],
    keywords: ['whale song'],
  });
  return papers;
};

/** Papers of other fields, each with its own words, as most papers are: what is usual then weighs little. */
const otherPapers = (count: number) =>
  Array.from({ length: count }, (_, at) =>
    paper({
      title: `other${at} field${at % 50}`,
      abstract: `about${at} something${at} quite${at} else${at % 50}`,
    }),
  );

describe('interests', () => {
  it('that two readers share are one thing to match', async () => {
    const [ada, bo] = [await addReader('ada'), await addReader('bo')];
    await setInterests(database.db, ada, [{ kind: 'author', value: 'Yoshua Bengio' }]);
    await setInterests(database.db, bo, [{ kind: 'author', value: 'yoshua BENGIO' }]);
    const edition = await addEdition('2026-06-10', await addPapers('2026-06-10', day20()));
    expect(await matchEdition(context(), edition)).toEqual({
      outcome: 'matched',
      interests: 1,
      profiles: 0,
      finished: true,
    });
    await setInterests(database.db, ada, []);
    await setInterests(database.db, bo, []);
    const later = await addEdition('2026-06-11', await addPapers('2026-06-11', filler(3)));
    expect(await matchEdition(context(), later)).toMatchObject({ interests: 0 });
  });
});

describe('a digest', () => {
  it('holds what its reader follows, and says why; another reader gets the edition', async () => {
    const [ada, bo] = [await addReader('ada'), await addReader('bo')];
    await setInterests(database.db, ada, [
      { kind: 'author', value: 'A. Lovelace' },
      { kind: 'search', value: '"whale song"' },
      { kind: 'category', value: 'cs' },
    ]);
    const ids = await addPapers('2026-06-10', day20());
    const edition = await addEdition('2026-06-10', ids);
    await matchEdition(context(), edition);
    const { cards, matched } = await digest(edition, ada);
    expect(matched).toBe(2);
    expect(cards[0]).toMatchObject({
      paperId: ids[15],
      part: 'followed',
      reasons: ['You follow A. Lovelace', 'You follow cs on arXiv'],
    });
    expect(cards[1]).toMatchObject({ paperId: ids[17], reasons: ['Matches "whale song"'] });
    expect(cards[2]).toMatchObject({ paperId: ids[0], part: 'trending', reasons: [] });
    expect(cards.at(-1)?.part).toBe('exploration');
    expect((await digest(edition, bo)).cards.map(({ paperId }) => paperId)).toEqual(ids.slice(0, 12));
    expect(await digest(edition, ada)).toEqual(await digest(edition, ada));
  });

  it('holds nothing that its reader had', async () => {
    const ada = await addReader('ada');
    await setInterests(database.db, ada, [{ kind: 'author', value: 'Ada Lovelace' }]);
    const ids = await addPapers('2026-05-29', day20());
    const edition = await addEdition('2026-05-29', ids);
    await matchEdition(context(), edition);
    const had = (await digest(edition, ada)).cards.map(({ paperId }) => paperId);
    const again = (await digest(edition, ada, had)).cards.map(({ paperId }) => paperId);
    expect(again.length).toBeGreaterThan(0);
    expect(again.filter((id) => had.includes(id))).toEqual([]);
  });

  it('leaves out an author that its reader refused, until allowed again', async () => {
    const ada = await addReader('ada');
    const ids = await addPapers('2026-06-10', filler(5));
    const edition = await addEdition('2026-06-10', ids);
    await setInterests(database.db, ada, [{ kind: 'topic', value: 'robotics' }]);
    expect(await refuseAuthor(context(), ada, 'given NAME0')).toBe('refused');
    await matchEdition(context(), edition);
    expect((await digest(edition, ada)).cards.map(({ paperId }) => paperId)).not.toContain(ids[0]);
    expect(await allowAuthor(database.db, ada, 'Given Name0')).toBe('allowed');
    expect((await digest(edition, ada)).cards.map(({ paperId }) => paperId)).toContain(ids[0]);
    expect(await refuseAuthor(context(), ada, '…')).toBe('malformed');
    expect(await refuseAuthor(context(), 999, 'Ada')).toBe('unknown');
  });

  it('is matched with what is followed later too, and by many at once as by one', async () => {
    const ada = await addReader('ada');
    await setInterests(database.db, ada, [{ kind: 'author', value: 'Ada Lovelace' }]);
    const edition = await addEdition('2026-06-10', await addPapers('2026-06-10', day20()));
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => matchEdition(context(), edition)));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(4).fill('matched'));
    const pool = await loadPool(database.db, edition);
    expect(pool?.revision).toBe(1);
    const bo = await addReader('bo');
    await setInterests(database.db, bo, [{ kind: 'search', value: '"whale song"' }]);
    expect(await matchDue({ ...context(), log: createLog('silent') })).toEqual([]);
    // Who holds the pool from before can tell.
    expect(await readChoices(database.db, [bo], edition)).toMatchObject([{ revision: 2 }]);
    expect((await digest(edition, bo)).cards[0]?.reasons).toEqual(['Matches "whale song"']);
    expect(await matchEdition(context(), 999)).toEqual({ outcome: 'unknown' });
    expect(await loadPool(database.db, 999)).toBeNull();
  });
});

describe('profiles', () => {
  it('are scored once for an edition, in as many calls as it takes, and again when they change', async () => {
    const edition = await addEdition('2026-06-10', await addPapers('2026-06-10', fieldPapers(30, 9)));
    const earlier = await addPapers('2026-06-01', fieldPapers(60));
    const readers = await Promise.all(Array.from({ length: 102 }, (_, at) => addReader(`reader${at}`)));
    for (const reader of readers)
      await recordVote(context(), { subscriberId: reader, paperId: earlier[1] ?? '', vote: 'more' });
    await learn(context());
    const none = { budgetMs: 0 };
    expect(await matchEdition(context(), edition, none)).toMatchObject({ profiles: 100, finished: false });
    expect(await matchEdition(context(), edition, none)).toMatchObject({ profiles: 2, finished: true });
    expect(await matchEdition(context(), edition)).toMatchObject({ profiles: 0, finished: true });
    clock.set(new Date(NOW.getTime() + 60_000));
    await recordVote(context(), { subscriberId: readers[7] ?? 0, paperId: earlier[4] ?? '', vote: 'more' });
    await learn(context());
    expect(await matchEdition(context(), edition)).toMatchObject({ profiles: 1, finished: true });
    clock.set(NOW);
  });
});

describe('votes', () => {
  it('teach a profile that finds near papers, told in words, exported and reset', async () => {
    const ada = await addReader('ada');
    const earlier = await addPapers('2026-06-01', fieldPapers(60));
    await addPapers('2026-06-02', otherPapers(300));
    const today = await addPapers('2026-06-10', fieldPapers(30, 9));
    const edition = await addEdition('2026-06-10', today, 6);
    for (const at of [1, 4, 7])
      expect(
        await recordVote(context(), { subscriberId: ada, paperId: earlier[at] ?? '', vote: 'more' }),
      ).toBe('recorded');
    expect(await describeProfile(database.db, ada)).toMatchObject({ outcome: 'nothing', waiting: true });
    expect(await learn(context())).toEqual({ learnt: 1 });
    expect(await learn(context())).toEqual({ learnt: 0 });
    const described = await describeProfile(database.db, ada);
    expect(described).toMatchObject({
      outcome: 'learnt',
      waiting: false,
      said: { more: expect.arrayContaining([{ kind: 'term', key: 'protein', said: 'protein' }]) },
    });
    expect(await matchEdition(context(), edition)).toMatchObject({ profiles: 1 });
    const near = (await digest(edition, ada)).cards.filter(({ part }) => part === 'near');
    expect(near.length).toBeGreaterThan(1);
    expect(
      near.every(({ place, reasons }) => place % 3 === 1 && reasons.join() === 'Near papers you liked'),
    ).toBe(true);
    const exported = await exportProfile(database.db, ada);
    expect(exported.votes.map(({ paperId }) => paperId).sort()).toEqual([earlier[1], earlier[4], earlier[7]]);
    expect(exported.profile?.likes).toBe(3);
    expect(await resetProfile(database.db, ada)).toBe('reset');
    expect(await describeProfile(database.db, ada)).toEqual({
      outcome: 'nothing',
      waiting: false,
      forgotten: [],
    });
    expect((await digest(edition, ada)).cards.map(({ paperId }) => paperId)).toEqual(today.slice(0, 6));
    expect(await resetProfile(database.db, ada)).toBe('nothing');
  });

  it('count by the last word, and can be taken back', async () => {
    const ada = await addReader('ada');
    const [one = ''] = await addPapers('2026-06-01', fieldPapers(3));
    const vote = (which: 'more' | 'less') =>
      recordVote(context(), { subscriberId: ada, paperId: one, vote: which });
    expect(await vote('more')).toBe('recorded');
    expect(await vote('more')).toBe('unchanged');
    await learn(context());
    expect(await vote('less')).toBe('recorded');
    expect(await learn(context())).toEqual({ learnt: 1 });
    expect((await exportProfile(database.db, ada)).profile).toMatchObject({ likes: 0, dislikes: 1 });
    expect(await undoVote(database.db, ada, one)).toBe('undone');
    expect(await learn(context())).toEqual({ learnt: 1 });
    expect((await exportProfile(database.db, ada)).profile).toBeNull();
    expect(await undoVote(database.db, ada, one)).toBe('unknown');
    expect(await recordVote(context(), { subscriberId: 999, paperId: one, vote: 'more' })).toBe('unknown');
    expect(await recordVote(context(), { subscriberId: ada, paperId: 'none', vote: 'more' })).toBe('unknown');
  });

  it('that come while others are learnt are learnt too', async () => {
    const earlier = await addPapers('2026-06-01', fieldPapers(30));
    const readers = await Promise.all(Array.from({ length: 25 }, (_, n) => addReader(`r${n}`)));
    const voteAll = (at: number) =>
      Promise.all(
        readers.map((subscriberId) =>
          recordVote(context(), { subscriberId, paperId: earlier[at] ?? '', vote: 'more' }),
        ),
      );
    await voteAll(0);
    await Promise.all([learn(context()), learn(context()), voteAll(1), voteAll(2)]);
    await learn(context());
    for (const reader of readers) expect((await exportProfile(database.db, reader)).profile?.likes).toBe(3);
  });
});
