import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHistory } from '../../src/papers/history.ts';
import {
  matchesQuery,
  parseQuery,
  type SearchOptions,
  type SearchQuery,
  searchPapers,
  similarPapers,
  trendingScoreSql,
} from '../../src/papers/index.ts';
import { findPaper, listTrending } from '../../src/papers/lists.ts';
import { keywordQuery } from '../../src/papers/rules/query.ts';
import { stemOf } from '../../src/papers/rules/stem.ts';
import { foldText, wordsOf } from '../../src/papers/rules/words.ts';
import samples from '../../src/papers/samples/papers.json' with { type: 'json' };
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { sharedPath } from '../support/shared-data.ts';

const now = new Date('2026-06-12T09:00:00Z');
let database: TestDatabase;

interface Made {
  id: string;
  title: string;
  abstract?: string;
  authors?: string[];
  organisation?: string | null;
  keywords?: string[];
  publishedOn?: string | null;
  upvotes?: number;
  listedOn?: string;
  source?: string;
}

async function store(papers: readonly Made[]): Promise<void> {
  const rows = papers.map((paper) => ({
    abstract: '',
    authors: [],
    organisation: null,
    keywords: [],
    publishedOn: '2026-06-04',
    upvotes: 1,
    listedOn: '2026-06-10',
    source: 'test',
    ...paper,
  }));
  await database.db.query(
    'test: papers',
    `insert into papers (id, title, abstract, authors, organisation, keywords, published_on, upvotes, sample, first_seen_at, updated_at)
     select i.id, i.title, i.abstract, i.authors, i.organisation, i.keywords, i."publishedOn", i.upvotes, i.source = 'sample', $2, $2
     from jsonb_to_recordset($1::jsonb) as i (id text, title text, abstract text, authors text[], organisation text,
       keywords text[], "publishedOn" date, upvotes int, source text)`,
    [JSON.stringify(rows), now],
  );
  await database.db.query(
    'test: listings',
    `insert into listings select i.source, i.id, i."listedOn", $2
     from jsonb_to_recordset($1::jsonb) as i (id text, source text, "listedOn" date)`,
    [JSON.stringify(rows), now],
  );
}

function understood(text: string): SearchQuery {
  const reading = parseQuery(text);
  if (!reading.ok) throw new Error(reading.fault);
  return reading.query;
}
const search = (text: string, options: Partial<SearchOptions> = {}) =>
  searchPapers(database.db, understood(text), { sample: false, now, ...options });
const idsOf = async (text: string, options: Partial<SearchOptions> = {}) =>
  (await search(text, options)).papers.map(({ id }) => id);

const known = samples.map((paper) => ({ ...paper, upvotes: 5, listedOn: '2026-06-10' }));

beforeAll(async () => {
  database = await testDatabase();
  await store([
    ...known,
    { id: '2606.00001', title: 'Only a sample', abstract: 'attention', source: 'sample' },
    {
      id: '2606.00002',
      title: 'Numbers',
      abstract: 'zebra '.repeat(3),
      authors: ['Ada Lovelace', 'Bo Li'],
      organisation: 'Zebra Lab',
      keywords: ['Striped Horses'],
    },
    { id: '2606.00003', title: 'A zebra in the title', authors: ['Jürgen Schmidhuber'], publishedOn: null },
    {
      id: '2606.00004',
      title: 'Li batteries',
      abstract: 'Nothing of a person.',
      listedOn: '2026-06-09',
      upvotes: 900,
    },
  ]);
});
afterAll(() => database.close());

describe('a search', () => {
  it('ranks a word of the title above one of the abstract, and the votes decide between equals', async () => {
    expect(await idsOf('zebra')).toEqual(['2606.00003', '2606.00002']);
    expect((await idsOf('attention is all you need'))[0]).toBe('1706.03762');
    await store([
      { id: '2606.00011', title: 'On quaggas', upvotes: 3 },
      { id: '2606.00012', title: 'On quaggas', upvotes: 300 },
      { id: '2606.00013', title: 'On quaggas', upvotes: 300, listedOn: '2024-01-01' },
    ]);
    expect(await idsOf('quaggas')).toEqual(['2606.00012', '2606.00011', '2606.00013']);
    expect(await idsOf('quagga', { order: 'newest' })).toEqual(['2606.00012', '2606.00011', '2606.00013']);
  });

  it('never shows samples among real papers, nor real ones among samples', async () => {
    expect(await idsOf('attention', { sample: true })).toEqual(['2606.00001']);
    expect(await idsOf('attention', { limit: 100 })).not.toContain('2606.00001');
  });

  it('tells names from words, and puts a slip in a name right', async () => {
    const byLi = await idsOf('author:li', { limit: 100 });
    expect(byLi).toContain('2606.00002');
    expect(byLi).not.toContain('2606.00004');
    expect(await idsOf('org:zebra')).toEqual(['2606.00002']);
    expect(await idsOf('author:"ada lovelace"')).toEqual(['2606.00002']);
    const slip = await search('author:Schmidhubr');
    expect(slip.papers.map(({ id }) => id)).toEqual(['2606.00003']);
    expect(slip.corrections).toEqual([{ typed: 'schmidhubr', taken: ['schmidhuber'] }]);
    expect(await idsOf('lovelacce')).toEqual(['2606.00002']);
    expect(await idsOf('author:"ada lovelcae" zebra')).toEqual(['2606.00002']);
    // What somebody has is not put right.
    expect(await search('author:lovelace quaggas')).toMatchObject({ total: 0, corrections: [] });
    expect(await search('author:xyzzyplugh')).toMatchObject({ total: 0, corrections: [] });
  });

  it('finds whole keywords, however they are written', async () => {
    for (const keyword of ['striped-horses', 'Striped Horses', 'STRIPED  horses']) {
      const query = keywordQuery(keyword);
      expect(query).not.toBeNull();
      if (query) expect((await searchPapers(database.db, query, { sample: false, now })).total).toBe(1);
    }
    expect(await idsOf('keyword:horses')).toEqual([]);
    expect(keywordQuery(' ?! ')).toBeNull();
  });

  it('pages through all, each once', async () => {
    const all = await idsOf('the', { limit: 100 });
    const paged: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof search>> = await search('the', { limit: 7, cursor });
      expect(page.total).toBe(all.length);
      paged.push(...page.papers.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== null);
    expect(paged).toEqual(all);
    expect(new Set(all).size).toBe(all.length);
    for (const nonsense of ['x', '-1', '9999', "1'"])
      expect((await search('the', { cursor: nonsense })).total, nonsense).toBe(all.length);
  });

  it('says the same as matchesQuery does without a database', async () => {
    const words =
      'attention the model models learning "language model" transformer image -vision -"large language" network OR speech kaiming author:he author:"kaiming he" author:vaswani org:google 2018 since:2017-06 before:2016 deep bert gpt-3 keyword:transformer'.match(
        /-?"[^"]+"|\S+"[^"]*"|\S+/g,
      ) ?? [];
    let state = 7;
    const random = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * below);
    };
    const papers = await database.db.query<Parameters<typeof matchesQuery>[1] & { id: string }>(
      'test: all',
      `select id, title, abstract, authors, organisation, keywords, published_on as "publishedOn" from papers where not sample`,
    );
    let found = 0;
    let asked = 0;
    for (let round = 0; round < 80; round += 1) {
      const reading = parseQuery(
        Array.from({ length: 1 + random(3) }, () => words[random(words.length)]).join(' '),
      );
      if (!reading.ok) continue;
      asked += 1;
      const page = await searchPapers(database.db, reading.query, { sample: false, now, limit: 100 });
      if (page.corrections.length > 0) continue;
      const expected = papers.filter((paper) => matchesQuery(reading.query, paper)).map(({ id }) => id);
      expect(page.papers.map(({ id }) => id).sort(), reading.query.text).toEqual(expected.sort());
      found += expected.length;
    }
    expect(asked).toBeGreaterThan(50);
    expect(found).toBeGreaterThan(150);
  });

  it('takes whatever is typed', async () => {
    for (const text of [
      "' or 1=1 --",
      'a:* & !b | (c',
      'back\\slash',
      '%_x',
      '0x',
      "'::tsquery",
      '張 三 Ünïcode',
      '\u202eevil',
      '<-> <2>',
      'a\u0000b',
    ])
      expect((await search(text)).total, text).toBeGreaterThanOrEqual(0);
  });
});

describe('what the search reads', () => {
  it('follows the papers: changed words, withdrawn and re-listed', async () => {
    await store([{ id: '2606.00021', title: 'Before' }]);
    await database.db.query(
      'test: change',
      "update papers set title = 'Okapi', authors = '{Zed Nyquist}' where id = '2606.00021'",
    );
    expect(await idsOf('before okapi')).toEqual([]);
    expect(await idsOf('okapi')).toEqual(['2606.00021']);
    expect(await idsOf('author:nyquits')).toEqual(['2606.00021']);
    await database.db.query('test: withdraw', "delete from listings where paper_id = '2606.00021'");
    expect(await idsOf('okapi')).toEqual([]);
    await database.db.query(
      'test: list',
      "insert into listings values ('again', '2606.00021', '2026-06-11', now())",
    );
    expect(await idsOf('okapi')).toEqual(['2606.00021']);
  });

  it('follows votes, an earlier listing and a change of day, without making its words anew', async () => {
    await store([{ id: '2606.00022', title: 'Tapir', upvotes: 0 }]);
    const kept = async () => {
      const [row] = await database.db.query<Record<string, unknown>>(
        'test: kept',
        `select listed_on as "listedOn", published_on as "publishedOn", round(trend::numeric, 3)::float8 as trend,
           words::text as words from paper_words where paper_id = '2606.00022'`,
      );
      return row;
    };
    const before = await kept();
    await database.db.query(
      'test: votes',
      "update papers set upvotes = 7, published_on = '2026-06-05' where id = '2606.00022'",
    );
    // Eight is three doublings of one.
    const voted = { ...before, publishedOn: '2026-06-05', trend: Number(before?.trend) + 3 };
    expect(await kept()).toEqual({ ...voted, trend: expect.closeTo(voted.trend, 2) });
    await database.db.query(
      'test: list',
      "insert into listings values ('again', '2606.00022', '2026-06-11', now()), ('again', '2606.00022', '2026-06-09', now())",
    );
    expect(await kept()).toMatchObject({ listedOn: '2026-06-09', words: before?.words });
    await database.db.query('test: nothing', "update papers set title = 'No' where id = 'none'");
    expect(await idsOf('tapir')).toEqual(['2606.00022']);
  });

  it('has the trend of rules/score.ts', async () => {
    const rows = await database.db.query<{ kept: number; told: number }>(
      'test: trend',
      `select w.trend as kept, ${trendingScoreSql('p.upvotes', `least(p.first_seen_at, (l.listed_on + 1)::timestamp at time zone 'UTC')`)} as told
       from paper_words w join papers p on p.id = w.paper_id,
         lateral (select min(listed_on) as listed_on from listings where paper_id = p.id) l`,
    );
    expect(rows.length).toBeGreaterThan(40);
    for (const { kept, told } of rows) expect(kept).toBeCloseTo(told, 6);
  });

  it('is folded and stemmed as rules/words.ts does it', async () => {
    const path = sharedPath('interests', 'papers.ndjson');
    const texts = [
      'Ünïcode L²M ½ ﬁne ΣΑΣ Ваня Жук Ø Æsir Þór İı ŁÓDŹ 🤖robots\u200bx “q” … a\u00a0b × ÷ ∑x 𝔸 ¹²³ ｆｕｌｌ Ⅷ 張三 café',
      ...samples.flatMap(({ title, abstract, authors }) => [title, abstract, authors.join(', ')]),
      ...(path === undefined ? [] : readFileSync(path, 'utf8').split('\n').slice(0, 150)),
    ];
    const folded = await database.db.query<{ text: string; folded: string }>(
      'test: fold',
      'select text, fold_text(text) as folded from unnest($1::text[]) as text',
      [texts],
    );
    for (const row of folded) expect(row.folded.split(/ +/).filter(Boolean)).toEqual(wordsOf(row.text));
    const words = [...new Set(texts.flatMap(wordsOf))];
    const stems = await database.db.query<{ word: string; stem: string }>(
      'test: stem',
      `select word, (select lexeme from unnest(to_tsvector('paperboy', word))) as stem from unnest($1::text[]) as word`,
      [words],
    );
    expect(stems.filter(({ word, stem }) => stem !== stemOf(word))).toEqual([]);
    expect(stems.length).toBeGreaterThan(1000);
    expect(foldText('x')).toBe('x');
  });
});

describe('beside a paper', () => {
  it('stand papers that share its rare words', async () => {
    const paper = await findPaper(database.db, '1706.03762');
    expect(paper).not.toBeNull();
    if (!paper) return;
    const similar = await similarPapers(database.db, paper);
    expect(similar.length).toBe(6);
    expect(similar.map(({ id }) => id)).not.toContain('1706.03762');
    expect(similar.map(({ id }) => id)).not.toContain('2606.00001');
    await database.db.query('test: analyze', 'analyze paper_words');
    const [first] = await similarPapers(database.db, { id: '2606.00002', sample: false });
    expect(first?.id).toBe('2606.00003');
    expect(await similarPapers(database.db, { id: '2606.99999', sample: false })).toEqual([]);
  });

  it('stands its history', async () => {
    await store([{ id: '2606.00031', title: 'With a life' }]);
    await database.db.query(
      'test: sightings',
      `insert into sightings (source, paper_id, seen_at, upvotes, comments) values
       ('test', '2606.00031', '2026-06-10T01:00Z', 1, 0), ('test', '2606.00031', '2026-06-10T23:59Z', 7, 1),
       ('test', '2606.00031', '2026-06-11T00:01Z', 9, 2)`,
    );
    expect(await readHistory(database.db, '2606.00031')).toEqual({
      firstSeenAt: now,
      listings: [{ source: 'test', listedOn: '2026-06-10' }],
      versions: [],
      counts: [
        { day: '2026-06-10', upvotes: 7, comments: 1 },
        { day: '2026-06-11', upvotes: 9, comments: 2 },
      ],
    });
    expect(await readHistory(database.db, '9999.99999')).toBeNull();
  });

  it('stands what is trending: votes against age', async () => {
    const trending = (await listTrending(database.db, now, { sample: false, limit: 200 })).map(
      ({ id }) => id,
    );
    expect(trending[0]).toBe('2606.00004');
    expect(trending).not.toContain('2606.00013');
    expect(trending).not.toContain('2606.00001');
  });
});
