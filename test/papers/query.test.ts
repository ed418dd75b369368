import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markHits } from '../../src/papers/rules/mark-hits.ts';
import { chooseNear, nearWords } from '../../src/papers/rules/near-names.ts';
import {
  matchesQuery,
  parseQuery,
  QUERY_MAX,
  type SearchablePaper,
  type SearchQuery,
  tsqueryOf,
} from '../../src/papers/rules/query.ts';
import { stemOf } from '../../src/papers/rules/stem.ts';
import { tellingWords } from '../../src/papers/rules/telling-words.ts';
import { foldText, wordsOf } from '../../src/papers/rules/words.ts';

function understood(text: string): SearchQuery {
  const reading = parseQuery(text);
  if (!reading.ok) throw new Error(reading.fault);
  return reading.query;
}
const faultOf = (text: string) => {
  const reading = parseQuery(text);
  return reading.ok ? null : reading.fault;
};

const paper: SearchablePaper = {
  title: 'Attention Is All You Need: L²M for Machine-Translation',
  abstract: 'We train models with self-attention. No recurrence; 28.4 BLEU on WMT.',
  authors: ['Ashish Vaswani', 'Łukasz Kaiser', 'Jérôme Example'],
  organisation: 'Google Brain',
  keywords: ['sequence transduction', 'GPT-4'],
  publishedOn: '2017-06-12',
};
const finds = (text: string, changes: Partial<SearchablePaper> = {}) =>
  matchesQuery(understood(text), { ...paper, ...changes });

describe('a query', () => {
  it.each([
    ['diffusion models', '((diffusion)) & ((models))'],
    ['"chain of  thought"', '((chain <-> of <-> thought))'],
    ['“chain of thought”', '((chain <-> of <-> thought))'],
    ['agents -video -"slow motion"', '((agents)) & !(video) & !(slow <-> motion)'],
    ['speech OR audio OR "sound of" big', '((speech) | (audio) | (sound <-> of)) & ((big))'],
    ['this or that', '((this)) & ((or)) & ((that))'],
    ['the who', '((who))'],
    ['the of', '((the)) & ((of))'],
    ['GPT-4 l2m', '((gpt <-> 4)) & ((l2m))'],
    ['author:LeCun author:"Yann LeCun"', '((0alecun)) & ((0ayann <-> 0alecun))'],
    ['ORG:Google -org:meta', '((0ogoogle)) & !(0ometa)'],
    ['keyword:"Large Language-Models"', '(0klarge0language0models)'],
    ['LLaMA: Open and Efficient', '((llama)) & ((open)) & ((efficient))'],
    ['foo:bar title:', '((foo <-> bar)) & ((title))'],
    ['a & b | !c <-> (d) :* \\', '((b)) & ((c)) & ((d))'],
    ["'; drop table papers; --", '((drop)) & ((table)) & ((papers))'],
    ['<script>alert(1)</script>', '((script <-> alert <-> 1 <-> script))'],
    ['x\u0000y \u202egnp', '((xy)) & ((gnp))'],
    ['Ünïcode ŁÓDŹ', '((unicode)) & ((lodz))'],
  ])('%s is read', (text, expected) => {
    expect(tsqueryOf(understood(text))).toBe(expected);
  });

  it('has dates', () => {
    expect(understood('x since:2026 before:2026-06')).toMatchObject({
      since: '2026-01-01',
      before: '2026-06-01',
    });
    expect(understood('x since:2026-02-28').since).toBe('2026-02-28');
    expect(faultOf('x since:2026-02-30')).toMatch(/since:2026-06-10/);
    expect(faultOf('x before:yesterday')).toMatch(/before:2026-06-10/);
  });

  it.each([
    ['', /no word/],
    ['   ', /no word/],
    ['- & | !', /no word/],
    ['""', /no word/],
    ['-video', /what to look for/],
    ['-video -"x y"', /what to look for/],
    ['since:2026', /a date alone/],
    ['"unbalanced', /quotation mark/],
    ['a "b" c"', /quotation mark/],
    ['author:', /follow author:/],
    ['author: lecun', /follow author:/],
    ['org:""', /follow org:/],
    ['OR', /OR stands between/],
    ['a OR', /OR stands between/],
    ['OR a', /OR stands between/],
    ['a OR OR b', /OR stands between/],
    ['a OR -b', /OR stands between/],
    ['-a OR b', /OR stands between/],
    ['a OR since:2026', /stands alone/],
    ['x -since:2026', /stands alone/],
    ['x'.repeat(5000), /under 200 characters/],
    ['x '.repeat(101), /under 200 characters/],
    ['x '.repeat(60), /40 words/],
  ])('%s gets a sentence', (text, expected) => {
    expect(faultOf(text)).toMatch(expected);
    expect(faultOf(text)).toMatch(/^[A-Z].*\.$/);
  });

  it('never throws, and what is understood finds its own words', () => {
    const bits = fc.constantFrom(
      '"',
      '-',
      ':',
      'author:',
      'org:',
      'since:',
      'OR',
      ' ',
      'word',
      '2026',
      '\u0000',
      '\u202e',
      '🤖',
      '張',
      "'",
      '\\',
      '<b>',
      '%',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.array(bits, { maxLength: 40 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, texts, (text, title) => {
        const reading = parseQuery(text);
        if (!reading.ok) return /\.$/.test(reading.fault);
        const { query } = reading;
        expect(tsqueryOf(query)).not.toMatch(/['\\:*]/);
        matchesQuery(query, { ...paper, title });
        expect(
          markHits(query, title)
            .map((part) => part.text)
            .join(''),
        ).toBe(title);
        const [term] = query.groups[0] ?? [];
        if (term?.kind !== 'text' || query.without.length > 0 || query.groups.length > 1) return true;
        return (
          query.since !== null ||
          query.before !== null ||
          matchesQuery(query, { ...paper, title: term.words.join(' ') })
        );
      }),
      { numRuns: 500 },
    );
    expect(QUERY_MAX).toBe(200);
  });
});

describe('a paper is found', () => {
  it.each([
    ['attention', true],
    ['attentions translate', true],
    ['"all you need"', true],
    ['"need all"', false],
    // Neither from one field into the next, nor from one author into the next.
    ['"translation we"', false],
    ['"vaswani lukasz"', false],
    ['author:"vaswani lukasz"', false],
    ['author:vaswani', true],
    ['author:"ashish vaswani" org:google', true],
    ['author:google', false],
    ['author:lukasz author:jerome author:Jérôme', true],
    ['org:brain', true],
    ['kaiser brain transduction', true],
    ['keyword:gpt-4', true],
    ['keyword:sequence', false],
    ['keyword:"Sequence transduction"', true],
    ['attention -recurrence', false],
    ['attention -images', true],
    ['images OR recurrence', true],
    ['images OR sound', false],
    ['need since:2017-06-12', true],
    ['need since:2017-06-13', false],
    ['need before:2017-06-12', false],
    ['need before:2017-07', true],
    ['l2m "28.4"', true],
  ])('by %s: %s', (text, expected) => {
    expect(finds(text)).toBe(expected);
  });

  it('without a date by no date', () => {
    expect(finds('need since:1999', { publishedOn: null })).toBe(false);
    expect(finds('need before:2099', { publishedOn: null })).toBe(false);
  });
});

describe('words', () => {
  it('are folded and stemmed', () => {
    expect(foldText('Café: L²M!')).toBe('cafe l2m ');
    expect(wordsOf('state-of-the-art ½ ＡＢ “q” 🤖robots')).toEqual(
      'state of the art 1 2 ab q robots'.split(' '),
    );
    for (const [word, stem] of Object.entries({
      models: 'model',
      modelling: 'model',
      training: 'train',
      trained: 'train',
      generative: 'generat',
      diffusion: 'diffus',
      policies: 'polici',
      skies: 'sky',
      hopping: 'hop',
      hoping: 'hope',
      lying: 'lie',
      relational: 'relat',
      adjustment: 'adjust',
      gpt4: 'gpt4',
      constructor: 'constructor',
      張: '張',
    }))
      expect(stemOf(word), word).toBe(stem);
  });

  it('are marked where the query asked for them, text unchanged', () => {
    const marked = markHits(understood('models attention -need'), 'A <b>Model</b> of self-attention & need');
    expect(marked).toEqual([
      { text: 'A <b>', hit: false },
      { text: 'Model', hit: true },
      { text: '</b> of self-', hit: false },
      { text: 'attention', hit: true },
      { text: ' & need', hit: false },
    ]);
  });

  it('of names are near by one slip', () => {
    expect(nearWords('aba')).toEqual(['ba', 'aa', 'ab', 'aba']);
    for (const typed of ['vaswni', 'vaswanni', 'vasvani', 'vaswain'])
      expect(chooseNear(typed, ['vaswani', 'vaswanina']), typed).toEqual(['vaswani']);
    expect(chooseNear('hintxx', ['hinton'])).toEqual([]);
  });

  it('that tell most are rare, repeated, and in the title', () => {
    const word = (name: string, weights: string[], share: number | null) => ({
      word: name,
      weights,
      times: weights.length,
      share,
    });
    const telling = tellingWords(
      [
        word('model', ['A', 'D', 'D'], 0.6),
        word('mamba', ['A', 'D'], null),
        word('scan', ['D'], 0.01),
        word('gu', ['A'], null),
        word('albert', ['C'], null),
      ],
      { papers: 100_000, common: 2000 },
    );
    expect(telling.map((item) => item.word)).toEqual(['mamba', 'scan']);
  });
});
