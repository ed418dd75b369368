import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  describeProfile,
  exportProfile,
  forgetFeature,
  importLibrary,
  learn,
  offerPicks,
  recordPicks,
  recordVote,
  rememberFeature,
  removeLibrary,
  resetProfile,
  sizeOfLibrary,
  undoLibrary,
  undoPicks,
} from '../../src/interests/index.ts';
import { stoppedClock } from '../../src/platform/index.ts';
import { createLinks, eraseSubscriber } from '../../src/subscribers/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { fieldPapers } from './papers.ts';

let database: TestDatabase;
let ada: number;
const NOW = new Date('2026-06-11T02:00Z');
const clock = stoppedClock(NOW);
const context = () => ({ db: database.db, clock });
const ids = (count: number) => Array.from({ length: count }, (_, at) => `2606.${10_000 + at}`);

beforeAll(async () => {
  database = await testDatabase();
  await addPapers();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.query('test: empty', 'truncate subscribers cascade');
  clock.set(NOW);
  ada = await addReader('ada');
});

async function addReader(name: string): Promise<number> {
  const [row] = await database.db.query<{ id: number }>(
    'test: reader',
    `insert into subscribers (email, email_key, state, created_at, changed_at) values ($1, $1, 'active', $2, $2) returning id`,
    [`${name}@example.org`, NOW],
  );
  return row?.id ?? 0;
}

/** Sixty papers of three fields in turn, of which the first thirty are in an edition. */
async function addPapers(): Promise<void> {
  const papers = fieldPapers(60).map((paper, at) => ({ ...paper, id: ids(60)[at] }));
  await database.db.query(
    'test: papers',
    `insert into papers (id, title, abstract, authors, organisation, first_seen_at, updated_at)
     select r->>'id', r->>'title', r->>'abstract', array(select jsonb_array_elements_text(r->'authors')), 'Mila', $2, $2
     from jsonb_array_elements($1::jsonb) as r`,
    [JSON.stringify(papers), new Date('2026-06-01T08:00Z')],
  );
  await database.db.query(
    'test: edition',
    `with made as (insert into editions (cadence, issue_date, opened_at, assembled_at, subject, skeleton)
       values ('daily', '2026-06-10', '2026-06-11', '2026-06-11', 'S', '{}') returning id)
     insert into edition_papers (edition_id, paper_id, rank, card, upvotes, comments)
     select made.id, p.id, p.rank, p.rank <= 12, 1, 0 from made, unnest($1::text[]) with ordinality as p (id, rank)`,
    [ids(30)],
  );
}

const vote = (at: number) =>
  recordVote(context(), { subscriberId: ada, paperId: ids(60)[at] ?? '', vote: 'more' });
async function said() {
  const described = await describeProfile(database.db, ada);
  if (described.outcome !== 'learnt') throw new Error('nothing was learnt');
  return described.said;
}
const keys = async () => Object.values(await said()).flatMap((list) => list.map(({ key }) => key));

describe('what a reader has forgotten', () => {
  it('is left out at once, stays out however often is learnt, until remembered', async () => {
    for (const at of [1, 4, 7]) await vote(at);
    await learn(context());
    const { more, authors, organisations } = await said();
    const [word, author, house] = [more[0], authors[0], organisations[0]];
    if (!word || !author || !house) throw new Error('nothing is said');
    for (const one of [word, author, house])
      expect(await forgetFeature(context(), ada, one)).toEqual({ forgotten: one });
    // Twice is no more than once.
    expect(await forgetFeature(context(), ada, word)).toEqual({ forgotten: word });
    expect(await keys()).not.toContain(word.key);
    expect(await describeProfile(database.db, ada)).toMatchObject({ waiting: true });
    expect(await learn(context())).toEqual({ learnt: 1 });
    await vote(10);
    expect(await learn(context())).toEqual({ learnt: 1 });
    const learnt = (await exportProfile(database.db, ada)).profile;
    const features = [learnt?.terms, learnt?.authors, learnt?.organisations].flatMap((list) => list ?? []);
    for (const { key } of [word, author, house])
      expect(features.filter(([one]) => one.split(' ').includes(key) || one === key)).toEqual([]);
    expect((await describeProfile(database.db, ada)).forgotten).toHaveLength(3);

    expect(await rememberFeature(database.db, ada, word)).toEqual({ remembered: word });
    expect(await rememberFeature(database.db, ada, word)).toBe('unknown');
    expect(await learn(context())).toEqual({ learnt: 1 });
    expect(await keys()).toContain(word.key);
    expect(await keys()).not.toContain(author.key);
  });

  it('is something that was said of this reader', async () => {
    expect(await forgetFeature(context(), ada, { kind: 'term', key: 'protein' })).toBe('unknown');
    await vote(1);
    await learn(context());
    expect(await forgetFeature(context(), ada, { kind: 'term', key: '__proto__' })).toBe('unknown');
    expect(await forgetFeature(context(), 999, { kind: 'term', key: 'protein' })).toBe('unknown');
  });
});

const bibtex = `
@misc{a, title = {Protein folding by molecules}, author = {Lovelace, Ada}, keywords = {protein}}
@misc{known, title = {Whatever}, eprint = {${ids(2)[1]}}, archivePrefix = {arXiv}}
@misc{bad, title = {Never closed
@misc{b, title = {Binding energy of proteins}, abstract = {A structure predicts the molecule's folding.}}
@misc{b2, title = {{B}inding Energy of Proteins}}
@misc{empty, year = 2020}`;

describe("a reader's own list", () => {
  it('alone teaches a profile: known papers count as votes, others are kept; undone whole', async () => {
    const report = await importLibrary(context(), ada, bibtex);
    expect(report).toMatchObject({
      read: 3,
      known: 1,
      voted: 1,
      kept: 2,
      full: 0,
      faults: [
        { key: 'bad', line: 4 },
        { key: 'empty', line: 7 },
      ],
      addedAt: NOW,
    });
    expect(await learn(context())).toEqual({ learnt: 1 });
    expect((await exportProfile(database.db, ada)).profile?.likes).toBe(3);
    expect((await said()).authors.map(({ said: name }) => name)).toContain('Ada Lovelace');

    clock.set(new Date('2026-06-11T03:00Z'));
    expect(await importLibrary(context(), ada, bibtex)).toMatchObject({
      read: 3,
      voted: 0,
      kept: 0,
      addedAt: null,
    });
    expect(await learn(context())).toEqual({ learnt: 0 });
    expect(await undoLibrary(context(), ada, NOW)).toBe('undone');
    expect(await undoLibrary(context(), ada, NOW)).toBe('nothing');
    expect(await learn(context())).toEqual({ learnt: 1 });
    const { profile: model, library, votes } = await exportProfile(database.db, ada);
    expect({ model, library, votes }).toEqual({ model: null, library: [], votes: [] });
  });

  it('with nothing but papers that are not known here teaches too, and can be removed', async () => {
    await importLibrary(context(), ada, '@misc{a, title = {Protein folding}}');
    expect(await learn(context())).toEqual({ learnt: 1 });
    expect((await exportProfile(database.db, ada)).profile?.likes).toBe(1);
    expect(await removeLibrary(context(), ada)).toBe(1);
    expect(await removeLibrary(context(), ada)).toBe(0);
    expect(await learn(context())).toEqual({ learnt: 1 });
    expect((await exportProfile(database.db, ada)).profile).toBeNull();
  });

  it('does not turn round what its reader said', async () => {
    await recordVote(context(), { subscriberId: ada, paperId: ids(2)[1] ?? '', vote: 'less' });
    expect(await importLibrary(context(), ada, bibtex)).toMatchObject({ known: 1, voted: 0, kept: 2 });
    expect((await exportProfile(database.db, ada)).votes).toMatchObject([{ vote: 'less' }]);
  });

  it('is kept up to 500 papers, also when two lists come at once', async () => {
    const list = (name: string) =>
      Array.from({ length: 300 }, (_, at) => `@misc{k, title = {${name} ${at}}}`).join('\n');
    const reports = await Promise.all(
      [list('a'), list('b')].map((text) => importLibrary(context(), ada, text)),
    );
    expect(await sizeOfLibrary(database.db, ada)).toBe(500);
    expect(reports.map((report) => typeof report === 'object' && report.full).sort()).toEqual([0, 100]);
    // What is there already did fit, also when there is no room left.
    const again = [
      await importLibrary(context(), ada, list('a')),
      await importLibrary(context(), ada, list('b')),
    ];
    expect(again).toMatchObject(
      reports.map((report) => ({ kept: 0, full: typeof report === 'object' && report.full })),
    );
  });

  it('that is none is said to be none', async () => {
    expect(await importLibrary(context(), ada, 'hello')).toBe('empty');
    expect(await importLibrary(context(), ada, '@'.repeat(500_001))).toBe('too-long');
    expect(await importLibrary(context(), 999, bibtex)).toBe('unknown');
    expect(await importLibrary(context(), ada, '@misc{\u0000, title={\u0000\ud800 \\\u0000}}')).toMatchObject(
      { kept: 0 },
    );
  });
});

describe('picking from twenty', () => {
  it('offers the same all day, none that was voted on; records, and takes back', async () => {
    const offered = await offerPicks(context(), ada);
    expect(offered).toHaveLength(20);
    expect(await offerPicks(context(), ada)).toEqual(offered);
    const [one = '', two = '', three = ''] = offered.map(({ id }) => id);
    await recordVote(context(), { subscriberId: ada, paperId: three, vote: 'less' });
    expect(await recordPicks(context(), ada, [one, two, three, 'none'])).toEqual([one, two].sort());
    // Pressed twice, there is nothing of the second press to take back.
    expect(await recordPicks(context(), ada, [one, two, three])).toEqual([]);
    const left = (await offerPicks(context(), ada)).map(({ id }) => id);
    expect(left.filter((id) => [one, two, three].includes(id))).toEqual([]);
    expect(await learn(context())).toEqual({ learnt: 1 });
    expect((await exportProfile(database.db, ada)).profile).toMatchObject({ likes: 2, dislikes: 1 });
    expect(await undoPicks(context(), ada, [one, two, three])).toBe(2);
    expect((await exportProfile(database.db, ada)).votes).toMatchObject([{ paperId: three, vote: 'less' }]);
    expect(await recordPicks(context(), ada, ['none'])).toBe('unknown');
  });
});

describe('resetting, exporting, erasing', () => {
  async function teach() {
    for (const at of [1, 4, 7]) await vote(at);
    await importLibrary(context(), ada, bibtex);
    await learn(context());
    const [word] = (await said()).more;
    if (word) await forgetFeature(context(), ada, word);
    return word;
  }
  const rowsOf = async () => {
    const tables = ['votes', 'library', 'profile_omissions', 'profiles'];
    const counts = [];
    for (const table of tables)
      counts.push((await database.db.query('test: rows', `select from ${table}`)).length);
    return counts;
  };

  it('a reset leaves nothing to learn from', async () => {
    await teach();
    expect(await rowsOf()).toEqual([3, 2, 1, 1]);
    expect(await resetProfile(database.db, ada)).toBe('reset');
    expect(await rowsOf()).toEqual([0, 0, 0, 0]);
    expect(await learn(context())).toEqual({ learnt: 0 });
    expect(await describeProfile(database.db, ada)).toEqual({
      outcome: 'nothing',
      waiting: false,
      forgotten: [],
    });
  });

  it('the export has list and edits; erasing leaves neither', async () => {
    const word = await teach();
    expect(await exportProfile(database.db, ada)).toMatchObject({
      library: [{ title: 'Binding energy of proteins' }, { title: 'Protein folding by molecules' }],
      forgotten: [word],
    });
    const links = createLinks({ publicUrl: 'http://papers.test', keys: ['k'.repeat(32)] });
    expect(await eraseSubscriber({ ...context(), links }, ada)).toBe('erased');
    expect(await rowsOf()).toEqual([0, 0, 0, 0]);
  });
});
