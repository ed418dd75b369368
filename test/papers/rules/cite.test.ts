import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeTex, toBibtex } from '../../../src/papers/rules/cite-bibtex.ts';
import { toCslJson } from '../../../src/papers/rules/cite-csl.ts';
import type { CitedPaper } from '../../../src/papers/rules/cite-facts.ts';
import { cutName } from '../../../src/papers/rules/cite-names.ts';
import { toRis } from '../../../src/papers/rules/cite-ris.ts';

// The oracle is another project's reader of these formats. It has no types of its own.
interface ReadItem {
  'citation-key'?: string;
  id: string;
  title: string;
  author: Record<string, string>[];
  issued: { 'date-parts': number[][] };
  DOI: string;
  URL: string;
  abstract?: string;
}
const require = createRequire(import.meta.url);
const { Cite } = require('@citation-js/core') as {
  Cite: new (text: string, options: { forceType: string }) => { data: ReadItem[] };
};
require('@citation-js/plugin-bibtex');
require('@citation-js/plugin-ris');
const readBack = (text: string, type: '@bibtex/text' | '@ris/file') =>
  new Cite(text, { forceType: type }).data;
/** A name as one text, however the reader cut it. */
const wholeName = ({ given, family, literal, suffix, ...more }: Record<string, string>) =>
  [given, more['dropping-particle'], more['non-dropping-particle'], family ?? literal, suffix]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');

const paper = (facts: Partial<CitedPaper> = {}): CitedPaper => ({
  id: '1706.03762',
  title: 'Attention Is All You Need',
  abstract: 'The dominant models.',
  authors: ['Ashish Vaswani', 'Noam Shazeer'],
  keywords: ['attention'],
  categories: [],
  publishedOn: '2017-06-12',
  ...facts,
});

const HOSTILE = [
  '{ one brace',
  '}} closing first {{',
  '\\input{/etc/passwd} \\end{document}',
  '100 % sure, 50% off',
  '$X^{2}$ & #1 a_b ~c ^d',
  'a "quote", @misc{evil, title={x}}',
  'GPT-4 and T5: An LLM, for ImageNet',
  'ER - the end',
  'Łódź, naïve, 深層学習, עברית',
  "'; drop table papers; --",
  '<script>alert(1)</script> & &amp;',
];

const anyCharacter = fc.oneof(
  fc.constantFrom('{', '}', '\\', '%', '$', '@', ',', '"', '~', '-', '\n', '\r', '\u0000', '\ud800'),
  fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
);

describe('BibTeX', () => {
  test('a well-known paper looks as one would write it by hand', () => {
    expect(toBibtex([paper()])).toBe(`@misc{vaswani2017attention,
  title = {Attention Is All You Need},
  author = {Vaswani, Ashish and Shazeer, Noam},
  year = {2017},
  eprint = {1706.03762},
  archivePrefix = {arXiv},
  doi = {10.48550/arXiv.1706.03762},
  url = {https://arxiv.org/abs/1706.03762}
}
`);
  });

  test('the class is the primary category, or what an old id names', () => {
    expect(toBibtex([paper({ categories: ['cs.CL', 'cs.LG'] })])).toContain('  primaryClass = {cs.CL},\n');
    expect(toBibtex([paper({ id: 'cs/0112017' })])).toContain('  primaryClass = {cs},\n');
  });

  test('capitals that matter are kept by braces, others are left to the style', () => {
    const text = toBibtex([paper({ title: 'A T5 and GPT-4: Text-to-Image with X on ImageNet, $K$' })]);
    expect(text).toContain('{A {T5} and {GPT-4}: Text-to-Image with {X} on {ImageNet}, {{\\$K\\$}}}');
  });

  test.each(HOSTILE)('%s is read back as it is, as a title and as a name', (text) => {
    const [item] = readBack(
      toBibtex([paper({ title: text, authors: [text, 'Ada Lovelace'] })]),
      '@bibtex/text',
    );
    expect(item?.title).toBe(text);
    expect(item?.author.map(wholeName)).toEqual([text, 'Ada Lovelace']);
  });

  test('no text leaves its field, whatever it holds', () => {
    // Line ends and other controls never get past `tidyText`; should one, it becomes a space.
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40, unit: anyCharacter }), (text) => {
        const bib = toBibtex([paper({ title: text, authors: [text] }), paper({ id: '2606.10651' })]);
        let depth = 0;
        let lowest = 0;
        for (const character of bib) {
          if (character === '{') depth += 1;
          if (character === '}') depth -= 1;
          lowest = Math.min(lowest, depth);
        }
        expect([depth, lowest]).toEqual([0, 0]);
        expect(bib.match(/^@/gm)).toHaveLength(2);
      }),
      { numRuns: 100 },
    );
  });

  test('what TeX would obey is written out', () => {
    expect(escapeTex('\\{}~^%#$&_')).toBe(
      '\\textbackslash{}\\textbraceleft{}\\textbraceright{}\\textasciitilde{}\\textasciicircum{}\\%\\#\\$\\&\\_',
    );
  });
});

describe('keys', () => {
  const keys = (papers: CitedPaper[]) => toCslJson(papers).map(({ id }) => id);

  test('the same name for two papers gets their ids, in any order', () => {
    const [one, two, other] = [paper(), paper({ id: 'cs/0112017' }), paper({ title: 'On Sound' })];
    expect(keys([one, two, other])).toEqual([
      'vaswani2017attention-1706.03762',
      'vaswani2017attention-cs-0112017',
      'vaswani2017sound',
    ]);
    expect(keys([other, two, one]).reverse()).toEqual(keys([one, two, other]));
  });

  test('names and titles of any script give a key that every program takes', () => {
    const id = '2606.10651';
    expect(keys([paper({ id, authors: ['李 明'], title: '深層学習', publishedOn: null })])).toEqual([
      'arxiv20262606.10651',
    ]);
    expect(keys([paper({ authors: ['Łukasz Großmann'], title: '{The} Évariste' })])).toEqual([
      'grossmann2017evariste',
    ]);
    expect(keys([paper({ authors: [], id: 'cs/9912017', publishedOn: null })])).toEqual([
      'arxiv1999attention',
    ]);
  });
});

describe('names', () => {
  test.each([
    ['Ashish Vaswani', 'Vaswani, Ashish'],
    ['Katharina von der Wense', 'von der Wense, Katharina'],
    ['Gabriel de Marmiesse', 'de Marmiesse, Gabriel'],
    ['De Wang', 'Wang, De'],
    ['Ai Weiwei', 'Weiwei, Ai'],
    ["Seán O'Brien-Ó Sé", "Sé, Seán O'Brien-Ó"],
    ['J. R. Smith', 'Smith, J. R.'],
    ['Giovanni Inchiostro', 'Inchiostro, Giovanni'],
  ])('%s is %s', (name, expected) => {
    const cut = cutName(name);
    expect('literal' in cut ? cut.literal : `${cut.family}, ${cut.given}`).toBe(expected);
  });

  test.each([
    'OpenAI',
    'Gemma Team',
    'The Soofi-Team',
    'Clark Labs Inc',
    'DeepSeek-AI',
    'Foo, Inc',
    'A and B',
    'x=y z',
    '3D Group',
  ])('%s stays whole', (name) => {
    expect(cutName(name)).toEqual({ literal: name });
    expect(toBibtex([paper({ authors: [name] })])).toContain(`author = {{${name}}}`);
  });

  test('a suffix has its own place', () => {
    expect(cutName('Martin Luther King Jr.')).toEqual({
      family: 'King',
      given: 'Martin Luther',
      suffix: 'Jr.',
    });
  });
});

describe('RIS and CSL-JSON', () => {
  test.each(HOSTILE)('%s is read back as it is', (text) => {
    const items = readBack(
      toRis([
        paper({
          title: text,
          abstract: text,
          authors: [text.replace(/ *,/g, ''), 'Ada Lovelace'],
          keywords: [text],
        }),
        paper({ id: '2606.10651' }),
      ]),
      '@ris/file',
    );
    expect(items).toHaveLength(2);
    expect(items[0]).toMatchObject({
      title: text,
      abstract: text,
      DOI: '10.48550/arXiv.1706.03762',
      URL: 'https://arxiv.org/abs/1706.03762',
      issued: { 'date-parts': [[2017, 6, 12]] },
    });
    expect(items[0]?.author.map(wholeName)).toEqual([text.replace(/ *,/g, ''), 'Ada Lovelace']);
  });

  test('a line end in a field begins no new field', () => {
    const text = toRis([paper({ title: 'One\r\nER  - \r\nTY  - BOOK', authors: ['A\nB  - C'] })]);
    expect(text.match(/^TY {2}- /gm)).toHaveLength(1);
    expect(text.match(/^ER {2}- /gm)).toHaveLength(1);
    expect(text.split('\r\n').every((line) => line === '' || /^[A-Z][A-Z0-9] {2}- /.test(line))).toBe(true);
  });

  test('CSL-JSON names its parts', () => {
    expect(
      toCslJson([
        paper({ authors: ['OpenAI', 'Pim de Witte'], publishedOn: null, keywords: [], abstract: '' }),
      ]),
    ).toEqual([
      {
        id: 'openai2017attention',
        type: 'article',
        title: 'Attention Is All You Need',
        author: [{ literal: 'OpenAI' }, { family: 'de Witte', given: 'Pim' }],
        issued: { 'date-parts': [[2017]] },
        publisher: 'arXiv',
        number: 'arXiv:1706.03762',
        DOI: '10.48550/arXiv.1706.03762',
        URL: 'https://arxiv.org/abs/1706.03762',
      },
    ]);
  });
});
