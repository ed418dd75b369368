import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseArxivFeed, parseArxivPage, readFeedDay } from '../../../src/papers/rules/parse-arxiv.ts';
import { type ArxivPaper, arxivError, makeAtom, makeFeed } from '../../support/arxiv.ts';
import { sharedPath } from '../../support/shared-data.ts';

const day = '2026-06-10';
const question = {
  day,
  from: new Date('2026-06-08T18:00:00Z'),
  to: new Date('2026-06-09T18:00:00Z'),
  categories: ['cs.CL', 'math'],
};
const inside = '2026-06-09T12:00:00Z';

function feedOf(body: string) {
  const feed = parseArxivFeed(body);
  if (!feed.ok) throw new Error(feed.fault);
  return feed.list;
}
function pageOf(body: string) {
  const page = parseArxivPage(body, question);
  if (!page.ok) throw new Error(page.fault);
  return page.list;
}
const shared = (name: string) => {
  const path = sharedPath('arxiv', name);
  return path === undefined ? undefined : readFileSync(path, 'utf8');
};

describe('parseArxivFeed', () => {
  const papers: ArxivPaper[] = [
    {
      id: '2606.00001',
      title: "Let's <think>\n  about Erd\\H{o}s & $L^2$",
      creator: "J\\'er\\'emy A, Bo C, Jr.",
    },
    { id: '2606.00002', type: 'cross', abstract: 'A <b>bold</b> claim.' },
    { id: '2601.00003', type: 'replace', version: 2 },
    { id: '2601.00004', type: 'replace-cross', version: 3 },
    { id: 'cs/0112017', type: 'cross', version: 2 },
  ];

  it.each([[['dc', 'arxiv']], [['ns0', 'ns1']]] as const)(
    'reads what is new and what is replaced, with prefixes %j',
    (prefixes) => {
      const feed = feedOf(makeFeed(day, papers, prefixes));
      expect(feed).toMatchObject({ day, count: 5, strays: 0, faults: [], withdrawn: [] });
      expect(feed.papers.map((paper) => paper.id)).toEqual(['2606.00001', '2606.00002', 'cs/0112017']);
      expect(feed.updates.map((paper) => paper.id)).toEqual(['2601.00003', '2601.00004']);
      expect(feed.papers[0]).toEqual({
        id: '2606.00001',
        title: "Let's <think> about Erdős & $L^2$",
        abstract: 'We tell arXiv of 2606.00001.',
        summary: null,
        authors: ['Jérémy A', 'Bo C, Jr.'],
        organisation: null,
        keywords: [],
        categories: ['cs.CL'],
        version: 1,
        publishedOn: null,
        codeUrl: null,
        codeStars: null,
        projectUrl: null,
        upvotes: 0,
        comments: 0,
        listedOn: day,
      });
      expect(feed.papers[1]?.abstract).toBe('A <b>bold</b> claim.');
    },
  );

  it('takes the kind from the description where the element is missing, else from the version', () => {
    const without = makeFeed(day, papers).replace(/<arxiv:announce_type>.*?<\/arxiv:announce_type>/g, '');
    expect(feedOf(without).updates).toHaveLength(2);
    const bare = without.replace(/ Announce Type: [a-z-]+/g, '');
    expect(feedOf(bare).updates.map((paper) => paper.id)).toEqual(['2601.00003', '2601.00004', 'cs/0112017']);
  });

  it('leaves out items of another day, unusable and withdrawn ones', () => {
    const old = makeFeed('2026-06-09', [{ id: '2606.00008' }]).match(/<item>[\s\S]*<\/item>/)?.[0] ?? '';
    const body = makeFeed(day, [
      { id: 'nonsense' },
      { id: '2606.00001', title: ' ' },
      { id: '2606.00002', type: 'retract' },
      {
        id: '2606.00003',
        type: 'replace',
        version: 2,
        abstract: 'This paper has been withdrawn by its authors.',
      },
    ]).replace('</channel>', `${old}</channel>`);
    expect(feedOf(body)).toMatchObject({
      papers: [],
      updates: [],
      strays: 1,
      withdrawn: ['2606.00003'],
      faults: [
        { place: 'item 1 (nonsensev1)', reason: 'names no arXiv id' },
        { place: 'item 2 (2606.00001)', reason: 'has no title' },
        { place: 'item 3 (2606.00002)', reason: 'has the unknown announce type "retract"' },
      ],
    });
  });

  it.each([
    [
      '<rss><channel><title>Feed error for query: cs.XX</title><description>Bad spec</description></channel></rss>',
      'the error "Feed error for query: cs.XX: Bad spec"',
    ],
    ['<rss><channel><title>cs.CL</title></channel></rss>', 'a feed without a date'],
    [makeAtom([]), 'XML that is no RSS feed'],
    ['<rss/>', 'XML that is no RSS feed'],
    [makeFeed(day, papers).slice(0, -200), 'broken or unfinished XML'],
  ])('says what came instead of a feed: %.50s', (body, fault) => {
    expect(parseArxivFeed(body)).toEqual({ ok: false, fault });
  });

  it('takes an empty feed for an answer, and the samples beside the project', () => {
    expect(feedOf(makeFeed(day, []))).toMatchObject({ day, papers: [], count: 0 });
    const holiday = shared('physics-empty-2025-12-31.xml');
    if (holiday) expect(feedOf(holiday)).toMatchObject({ day: '2025-12-31', count: 0 });
    const excerpt = shared('astro-ph.EP-2026-08-05-excerpt.xml');
    if (excerpt) {
      const feed = feedOf(excerpt);
      expect(feed).toMatchObject({ day: '2026-08-05', count: 2, faults: [], strays: 0 });
      expect(feed.papers.map((paper) => paper.id)).toEqual(['2608.03094', '2608.03857']);
      expect(feed.papers[1]?.authors.at(-1)).toBe('Leconte Jérémy');
      expect(feed.papers[0]?.abstract).toMatch(/^We present the characterization/);
    }
  });
});

it.each([
  ['Wed, 05 Aug 2026 00:00:00 -0400', '2026-08-05'],
  ['5 Aug 2026', '2026-08-05'],
  ['Wed, 31 Feb 2026 00:00:00 -0400', null],
  ['2026-08-05', null],
  ['', null],
])('readFeedDay(%j) is %s', (text, expected) => expect(readFeedDay(text)).toBe(expected));

describe('parseArxivPage', () => {
  it('lists what was submitted in the window and belongs to the categories', () => {
    const page = pageOf(
      makeAtom([
        { id: '2606.00001', version: 3, published: inside, authors: ['Ada <A>'], title: 'A\n  title' },
        {
          id: '2606.00002',
          published: inside,
          categories: ['hep-th', 'math.NA', 'I.2.7', 'cond-mat.str-el'],
          primaryCategory: 'math.NA',
        },
        { id: '2606.00003', published: inside, categories: ['cs.CLX', 'maths'] },
        { id: '2606.00004', published: '2026-06-09T18:00:00Z' },
        { id: '2606.00005', published: '2026-06-08T17:59:59Z' },
        { id: '2606.00006', published: inside, comment: 'This paper was withdrawn: an error in Lemma 2' },
        { id: 'x', published: inside },
        { id: '2606.00007', published: 'soon' },
      ]),
    );
    expect(page).toMatchObject({ count: 8, total: 8, strays: 3, withdrawn: ['2606.00006'] });
    expect(page.papers.map((paper) => paper.id)).toEqual(['2606.00001', '2606.00002']);
    expect(page.papers[0]).toMatchObject({
      title: 'A title',
      authors: ['Ada <A>'],
      publishedOn: '2026-06-09',
      listedOn: day,
      version: 3,
    });
    expect(page.papers[1]).toMatchObject({
      categories: ['math.NA', 'hep-th', 'cond-mat.str-el'],
      version: 1,
    });
    expect(page.faults.map((fault) => fault.reason)).toEqual([
      'names no arXiv id',
      'published: is not a date',
    ]);
  });

  it('knows an error that comes as an entry, but not by its title alone', () => {
    expect(parseArxivPage(arxivError('incorrect id format for abc'), question)).toEqual({
      ok: false,
      fault: 'the error "incorrect id format for abc"',
    });
    expect(pageOf(makeAtom([{ id: '2606.00001', title: 'Error', published: inside }])).papers).toHaveLength(
      1,
    );
    const real = shared('id_abc_s0_m100_b79c8dcf6bc3.xml');
    if (real) expect(parseArxivPage(real, question).ok).toBe(false);
  });

  it.each([
    [makeFeed(day, []), 'XML that is no Atom feed'],
    [
      makeAtom([]).replace(/<opensearch:totalResults>.*?</, '<opensearch:totalResults>many<'),
      'a feed that does not say how much there is',
    ],
    ['<html></html>', 'a web page instead of a feed'],
  ])('says what came instead: %.40s', (body, fault) => {
    expect(parseArxivPage(body, question)).toEqual({ ok: false, fault });
  });

  it('reads every entry of the samples beside the project', () => {
    const names = [
      'cs-ai-lg-cl-2026-08-02.xml',
      'q_testing_s0_m100_cfe7536492ca.xml',
      'id_0000.0000_s0_m100_8b51d9633a68.xml',
    ];
    for (const name of names) {
      const body = shared(name);
      if (!body) continue;
      const all = {
        ...question,
        from: new Date(0),
        to: new Date('2030-01-01'),
        categories: [...new Set([...body.matchAll(/term="([a-z-]+)/g)].map((match) => match[1] ?? ''))],
      };
      const page = parseArxivPage(body, all);
      if (!page.ok) throw new Error(page.fault);
      expect(page.list).toMatchObject({ faults: [], strays: 0, count: body.split('<entry>').length - 1 });
      expect(page.list.papers.length + page.list.withdrawn.length).toBe(page.list.count);
      for (const paper of page.list.papers)
        expect(paper.authors.length * paper.abstract.length).toBeGreaterThan(0);
    }
  });
});
