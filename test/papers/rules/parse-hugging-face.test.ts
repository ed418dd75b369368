import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDailyPapers, readJsonList } from '../../../src/papers/rules/parse-hugging-face.ts';
import { sharedDays } from '../../support/shared-data.ts';
import { makeItem } from '../../support/upstream.ts';

const day = '2026-06-10';
const id = '2606.10651';
const parse = (...items: unknown[]) => parseDailyPapers(items, day);
/** One item with a changed paper or item. */
const parseWith = (paper: Record<string, unknown>, item: Record<string, unknown> = {}) =>
  parse(makeItem({ id, day, paper, item }));
/** The one paper that is expected. */
function paperWith(paper: Record<string, unknown>, item: Record<string, unknown> = {}) {
  const { papers, faults } = parseWith(paper, item);
  expect(faults).toEqual([]);
  expect(papers).toHaveLength(1);
  return papers[0];
}

describe('an item in the shape of 2026', () => {
  it('becomes a paper', () => {
    const item = makeItem({ id, day, title: 'A title', upvotes: 29, comments: 3 });
    expect(parse(item)).toEqual({
      papers: [
        {
          id,
          listedOn: day,
          title: 'A title',
          abstract: `We study the matter of ${id} and find that it can be done. Code is available.`,
          summary: `A short account of ${id}.`,
          authors: ['Ada Example', 'Bo Sample'],
          organisation: 'Example Laboratory',
          keywords: ['examples', 'samples'],
          categories: [],
          version: null,
          publishedOn: day,
          codeUrl: 'https://github.com/example/matter',
          codeStars: 7,
          projectUrl: null,
          upvotes: 29,
          comments: 3,
        },
      ],
      faults: [],
      strays: 0,
      withdrawn: [],
      rawIds: [id],
    });
  });

  it('takes votes from the paper and comments from the item, and from nowhere else', () => {
    const paper = paperWith(
      { upvotes: 5, upvoted: 77, numComments: 88 },
      { upvotes: 99, numComments: 2, publishedAt: '1999-01-01' },
    );
    expect(paper).toMatchObject({ upvotes: 5, comments: 2, publishedOn: day });
  });
});

describe('an item of an early day, or with fields left out', () => {
  it('needs no more than an id and a title', () => {
    const { papers, faults } = parse({ paper: { id, title: 'Bare' } });
    expect(faults).toEqual([]);
    expect(papers[0]).toEqual({
      id,
      listedOn: day,
      title: 'Bare',
      abstract: '',
      summary: null,
      authors: [],
      organisation: null,
      keywords: [],
      categories: [],
      version: null,
      publishedOn: null,
      codeUrl: null,
      codeStars: null,
      projectUrl: null,
      upvotes: 0,
      comments: 0,
    });
  });

  it('may be null everywhere else', () => {
    const paper = Object.fromEntries(
      Object.keys(makeItem({ id, day }).paper as object).map((key) => [key, null]),
    );
    const nulls = { title: null, summary: null, numComments: null, organization: null };
    expect(paperWith({ ...paper, id, title: 'Bare' }, nulls)).toMatchObject({ title: 'Bare', upvotes: 0 });
  });

  it('falls back to the texts and the organisation of the item', () => {
    const paper = paperWith(
      { title: undefined, summary: undefined, organization: undefined },
      { title: 'Outer', summary: 'Outer summary', organization: { name: 'outer-lab' } },
    );
    expect(paper).toMatchObject({ title: 'Outer', abstract: 'Outer summary', organisation: 'outer-lab' });
  });
});

describe('texts', () => {
  it('lose line breaks, padding, controls and direction overrides', () => {
    const paper = paperWith({
      title: 'A hard-wrapped\n  title\0 \u202ereversed',
      summary: 'First line\nsecond line.\n  Third.',
      authors: [{ name: '  Ada\n Example ' }, { name: ' \0 ' }, { name: 'Bo\ud800' }],
      organization: { name: 'ShanghaiLab', fullname: 'shanghai lab ' },
      ai_keywords: ['', ' ', 'agents', 'agents', 'vision\n'],
      ai_summary: ' ',
    });
    expect(paper).toMatchObject({
      title: 'A hard-wrapped title reversed',
      abstract: 'First line second line. Third.',
      authors: ['Ada Example', 'Bo'],
      organisation: 'shanghai lab',
      keywords: ['agents', 'vision'],
      summary: null,
    });
  });

  it.each([
    "Let's `<think>` about LLM Reasoning",
    '<script>alert(1)</script>',
    '$\\text{Transformer}^2$',
    'X^{2}-Gaussian',
    '$1 Million and $200k',
    'μLO, τ-bench & FürElise "Zetta ζ"',
    '{{ unsubscribe_url }} <!-- slot -->',
    '深度学习 🚀',
  ])('that look like markup stay as they are: %s', (title) => {
    expect(paperWith({ title })?.title).toBe(title);
  });

  it('are cut where they are far too long', () => {
    const long = 'x'.repeat(10_000);
    const paper = paperWith({
      title: long,
      summary: long.repeat(3),
      authors: Array.from({ length: 2000 }, (_, n) => ({ name: n === 0 ? long : `Author ${n}` })),
      organization: { fullname: long },
      ai_keywords: Array.from({ length: 500 }, (_, n) => `keyword ${n}`),
      ai_summary: long,
    });
    expect(paper?.title).toBe(`${'x'.repeat(499)}…`);
    expect(paper?.abstract).toHaveLength(10_000);
    expect(paper?.authors).toHaveLength(1000);
    expect(paper?.authors[0]).toHaveLength(200);
    expect(paper?.organisation).toHaveLength(200);
    expect(paper?.keywords).toHaveLength(50);
    expect(paper?.summary).toHaveLength(1000);
  });

  it('of 573 authors are all kept, hidden ones too, and broken entries cost only themselves', () => {
    const authors: unknown[] = Array.from({ length: 573 }, (_, n) => ({ name: `A ${n}`, hidden: n === 5 }));
    expect(
      paperWith({ authors: [...authors, null, 7, {}, { name: 3 }, 'Plain Name'] })?.authors,
    ).toHaveLength(574);
    expect(paperWith({ authors: 'Ada' })?.authors).toEqual([]);
  });
});

describe('addresses and numbers', () => {
  it('keeps only web addresses', () => {
    const urls = (githubRepo: unknown, projectPage: unknown) => {
      const paper = paperWith({ githubRepo, projectPage });
      return [paper?.codeUrl, paper?.projectUrl];
    };
    expect(urls('https://github.com/a/b/tree/main/c', ' http://example.org')).toEqual([
      'https://github.com/a/b/tree/main/c',
      'http://example.org/',
    ]);
    expect(urls('javascript:alert(1)', 'data:text/html,x')).toEqual([null, null]);
    expect(urls(7, {})).toEqual([null, null]);
  });

  it.each([-1, 1.5, '12', 1e300, {}, true])('takes votes of %j for a fault', (bad) => {
    expect(parseWith({ upvotes: bad }).faults[0]).toMatchObject({
      place: `item 1 (${id})`,
      reason: expect.stringContaining('paper.upvotes: '),
    });
    expect(parseWith({}, { numComments: bad }).faults[0]?.reason).toContain('numComments: ');
    // Stars decide nothing.
    expect(paperWith({ githubStars: bad })?.codeStars).toBeNull();
  });
});

describe('a malformed item', () => {
  it.each([
    [null, 'item 1'],
    ['a text', 'item 1'],
    [7, 'item 1'],
    [[], 'item 1'],
    [{}, 'item 1'],
    [{ paper: null }, 'item 1'],
    [{ paper: [] }, 'item 1'],
    [{ id, title: 'no wrapper' }, 'item 1'],
    [{ paper: { title: 'no id' } }, 'item 1'],
    [{ paper: { id: 260610651, title: 'a number' } }, 'item 1'],
    [{ paper: { id: '../../etc', title: 'x' } }, 'item 1 (../../etc)'],
    [{ paper: { id } }, `item 1 (${id})`],
    [{ paper: { id, title: ' \n ' } }, `item 1 (${id})`],
    [{ paper: { id, title: 'x', submittedOnDailyAt: 'yesterday' } }, `item 1 (${id})`],
    [{ paper: { id, title: 'x', submittedOnDailyAt: 7 } }, `item 1 (${id})`],
  ])('is reported with its place and reason: %j', (item, place) => {
    const { papers, faults } = parse(item);
    expect(papers).toEqual([]);
    expect(faults).toEqual([{ place, reason: expect.stringMatching(/\S/) }]);
  });

  it('costs nothing but itself, and places count on over pages', () => {
    const good = (n: number) => makeItem({ id: `2606.0000${n}`, day });
    const { papers, faults } = parseDailyPapers([good(1), null, good(2), { paper: { id: 'x' } }], day, 101);
    expect(papers.map((paper) => paper.id)).toEqual(['2606.00001', '2606.00002']);
    expect(faults.map((fault) => fault.place)).toEqual(['item 102', 'item 104 (x)']);
  });
});

describe('the day', () => {
  it('is the one asked for where the item names none', () => {
    expect(paperWith({ submittedOnDailyAt: undefined })?.listedOn).toBe(day);
    expect(paperWith({ submittedOnDailyAt: null })?.listedOn).toBe(day);
  });

  it('makes a stray of an item that belongs to another', () => {
    const friday = makeItem({ id, day: '2026-06-12' });
    expect(parseDailyPapers([friday], '2026-06-14')).toMatchObject({ papers: [], faults: [], strays: 1 });
    expect(parseDailyPapers([friday], '2026-06-12')).toMatchObject({ strays: 0, papers: [{ id }] });
  });

  it("is the item's own where none was asked for", () => {
    expect(parseDailyPapers([makeItem({ id, day })], null).papers[0]?.listedOn).toBe(day);
    expect(parseDailyPapers([{ paper: { id, title: 'x' } }], null).faults).toHaveLength(1);
  });
});

it('leaves out withdrawn papers and names them', () => {
  expect(parseWith({ withdrawnAt: '2026-06-10T09:00:00.000Z' })).toMatchObject({
    papers: [],
    faults: [],
    withdrawn: [id],
  });
  expect(parseWith({ withdrawnAt: null }).papers).toHaveLength(1);
});

it('takes the version from the id', () => {
  expect(paperWith({ id: `${id}v3` })?.id).toBe(id);
});

describe('anything at all', () => {
  const shaped = fc.record(
    {
      paper: fc.record(
        {
          id: fc.oneof(fc.constant(id), fc.constant(`${id}v2`), fc.anything()),
          title: fc.oneof(fc.string({ unit: 'binary' }), fc.anything()),
          summary: fc.anything(),
          authors: fc.oneof(fc.array(fc.record({ name: fc.anything() })), fc.anything()),
          publishedAt: fc.oneof(
            fc.date({ noInvalidDate: true }).map((at) => at.toISOString()),
            fc.anything(),
          ),
          submittedOnDailyAt: fc.oneof(fc.constant(`${day}T00:00:00.000Z`), fc.anything()),
          upvotes: fc.oneof(fc.nat(), fc.anything()),
          ai_keywords: fc.anything(),
          githubRepo: fc.oneof(fc.webUrl(), fc.string(), fc.anything()),
          organization: fc.oneof(fc.record({ fullname: fc.anything() }), fc.anything()),
          withdrawnAt: fc.anything(),
        },
        { requiredKeys: [] },
      ),
      title: fc.anything(),
      numComments: fc.oneof(fc.nat(), fc.anything()),
    },
    { requiredKeys: [] },
  );

  it('never throws, and accounts for every item', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(shaped, fc.anything()), { maxLength: 5 }), (items) => {
        const { papers, faults, strays, withdrawn } = parseDailyPapers(items, day);
        expect(papers.length + faults.length + strays + withdrawn.length).toBe(items.length);
        for (const paper of papers) {
          expect(paper.title).not.toBe('');
          expect(JSON.stringify(paper)).not.toMatch(/\\u0000|\\ud[89a-f]/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('is a list of items, or a fault in words', () => {
    expect(readJsonList('[]')).toEqual({ ok: true, items: [] });
    expect(readJsonList(' [1] ')).toEqual({ ok: true, items: [1] });
    const faults: [string, string][] = [
      ['', 'nothing'],
      ['  <!doctype html>', 'web page'],
      ['[{"paper":', 'broken or unfinished'],
      ['{"error":"x"}', 'not a list'],
      ['null', 'not a list'],
      [JSON.stringify(Array(10_001).fill(0)), '10001 items'],
      ['['.repeat(100_000), 'broken'],
    ];
    for (const [body, fault] of faults)
      expect(readJsonList(body)).toEqual({ ok: false, fault: expect.stringContaining(fault) });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => typeof readJsonList(body).ok === 'boolean'),
    );
  });
});

it('reads every item of the real days that stand beside the project', () => {
  for (const [realDay, items] of sharedDays()) {
    const { papers, faults, strays, withdrawn } = parseDailyPapers(items, realDay);
    expect([faults, strays, withdrawn]).toEqual([[], 0, []]);
    expect(papers).toHaveLength(items.length);
    for (const paper of papers) {
      expect(paper.authors.length).toBeGreaterThan(0);
      expect(paper.abstract.length).toBeGreaterThan(100);
      expect(paper.publishedOn).toMatch(/^20/);
    }
  }
});
