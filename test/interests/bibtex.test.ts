import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { ENTRIES_MAX, readBibtex } from '../../src/interests/rules/bibtex.ts';
import { latexToText } from '../../src/interests/rules/latex-text.ts';
import { arxivIdOf, readAuthors, readWork } from '../../src/interests/rules/library.ts';
import { toBibtex } from '../../src/papers/rules/cite-bibtex.ts';
import { tidyText } from '../../src/papers/rules/text.ts';

const raw = String.raw;
const fieldsOf = (text: string) => Object.fromEntries(readBibtex(text).entries[0]?.fields ?? []);
const keysOf = (text: string) => readBibtex(text).entries.map(({ key }) => key);

describe('BibTeX', () => {
  it('reads braces, quotes, numbers, names of @string and parts joined by #', () => {
    const text = raw`
      A note before, from a@b.com.
      @string{ neurips = "Advances in " # {NeurIPS} }
      @ARTICLE {vaswani:2017/a,
        Title = {Attention {Is} "All" You Need},
        author = "Ashish Vaswani and {Google "and" Co}" , year = 2017,
        booktitle = neurips # " 2020", month = jun # {~12},
      }
      @misc(round, title = "with (parens)")`;
    expect(readBibtex(text)).toMatchObject({
      entries: [
        { line: 4, type: 'article', key: 'vaswani:2017/a' },
        { line: 9, type: 'misc', key: 'round' },
      ],
      faults: [],
      cut: false,
    });
    expect(fieldsOf(text)).toEqual({
      title: 'Attention {Is} "All" You Need',
      author: 'Ashish Vaswani and {Google "and" Co}',
      year: '2017',
      booktitle: 'Advances in NeurIPS 2020',
      month: 'jun~12',
    });
  });

  it('passes over comments and preambles, and reads entries without a name', () => {
    expect(
      keysOf(raw`@comment{@misc{no, title={N}}} @preamble{"\newcommand{\x}{y}"} @misc{title={T}}`),
    ).toEqual(['']);
    expect(keysOf('@comment{never closed\n@misc{yes, title={T}}')).toEqual(['yes']);
  });

  it.each([
    ['a brace that is never closed', '@misc{bad, title={x', 'a brace is never closed'],
    ['a quote that is never closed', '@misc{bad, title="x}', 'a brace is closed that was not opened'],
    ['a brace too many', '@misc{bad, title="x}"}', 'a brace is closed that was not opened'],
    ['no end', '@misc{bad, title={x},', 'the entry never ends'],
    ['no comma after the name', '@misc{bad title={x}}', 'a field has no name or no "="'],
    ['no value', '@misc{bad, title=, year=1}', 'a field has no value'],
    ['a string that is broken', '@string{bad = {x', 'a brace is never closed'],
  ])('names an entry with %s by its line, and loses no other', (_, bad, reason) => {
    for (const between of ['\n', '\r\n\r\n']) {
      const reading = readBibtex(
        `@misc{one, title={1}}\n${bad}${between}@misc{two, title={2}}\n@misc{three, title={3}}`,
      );
      expect(reading.entries.map(({ key }) => key)).toEqual(['one', 'two', 'three']);
      expect(reading.faults).toMatchObject([{ line: 2, reason }]);
    }
  });

  it('finds what follows a broken entry on the same line', () => {
    expect(keysOf('@misc{bad, title={A @misc{b, title={B}} @misc{c, title={C}}')).toEqual(['b', 'c']);
  });

  it('reads 500 entries at most', () => {
    const text = Array.from({ length: ENTRIES_MAX + 3 }, (_, at) => `@misc{k${at}, title={T${at}}}`).join(
      '\n',
    );
    const { entries, cut } = readBibtex(text);
    expect([entries.length, cut]).toEqual([ENTRIES_MAX, true]);
  });

  const piece = fc.oneof(
    fc.constantFrom(
      '@',
      '@misc{',
      '@a(',
      '@string{',
      '@comment{',
      '{',
      '}',
      '"',
      '#',
      '=',
      ',',
      '\n',
      '\\',
      ')',
      'title',
      ' ',
    ),
    fc.string({ maxLength: 8, unit: 'binary' }),
  );
  test('whatever is pasted: it ends, throws nothing, and what is read can be stored', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 120, size: 'max' }), (pieces) => {
        const text = pieces.join('');
        const { entries, faults } = readBibtex(text);
        for (const { line } of [...entries, ...faults]) {
          expect(line).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(text.split('\n').length);
        }
        for (const work of entries.map(readWork)) {
          const stored = JSON.stringify(work);
          expect(stored).not.toMatch(/\\u0000|\\ud[89a-f]/);
          expect(stored.length).toBeLessThan(200_000);
        }
      }),
      { numRuns: 300 },
    );
  });

  const word = fc.stringMatching(/^[a-zA-Z0-9 :;.,#@=()é-]{1,20}$/).map((text) => `x${text}`);
  test('whatever stands around an entry that is well: it is read', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40, size: 'max' }),
        word,
        fc.boolean(),
        (pieces, title, quoted) => {
          const entry = quoted ? `@misc{good,title="${title}"}` : `@misc{good,title={${title}}}`;
          const { entries } = readBibtex(
            `${pieces.join('').replaceAll(/@comment|@preamble/gi, '')}\n${entry}\n`,
          );
          // Entries may have come before; this one is there, whole.
          expect(entries.at(-1)?.key).toBe('good');
          expect(entries.at(-1)?.fields.get('title')).toBe(title);
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([
    ['openings', '@x{'.repeat(166_000)],
    ['openings with a field', '@a{k,t={'.repeat(60_000)],
    ['openings, a line each', '\n@a{k,t="'.repeat(55_000)],
    ['comments', '@comment{'.repeat(55_000)],
    ['at signs', '@'.repeat(500_000)],
    ['braces', `@misc{k,title=${'{'.repeat(490_000)}`],
    ['accents', `@misc{k,title={${'\\"'.repeat(240_000)}}}`],
    ['ids that are none', `@misc{k,url={${'arxiv.'.repeat(80_000)}}}`],
    [
      'a string that is used again and again',
      `@string{a={${'x'.repeat(20_000)}}}@misc{k,title=${'a#'.repeat(230_000)}a}`,
    ],
    ['many strings of strings', `${'@string{a=a#a#a}'.repeat(20_000)}@misc{k,title=a}`],
  ])('500 kB of %s take no time', (_, text) => {
    const from = performance.now();
    readBibtex(text).entries.map(readWork);
    expect(performance.now() - from).toBeLessThan(1500);
  });
});

describe('what an entry says of its paper', () => {
  const work = (fields: string) => {
    const [entry] = readBibtex(`@misc{k, ${fields}}`).entries;
    return entry ? readWork(entry) : null;
  };

  it.each([
    ['eprint = {2606.10651v2}, archivePrefix = {arXiv}', '2606.10651'],
    ['eprint = {arXiv:2606.10651}', '2606.10651'],
    ['eprint = {2606.10651}, archivePrefix = {HAL}', null],
    ['doi = {10.48550/arXiv.2606.10651}', '2606.10651'],
    ['doi = {10.48550/ARXIV.2606.10651}', '2606.10651'],
    ['url = {https://arxiv.org/pdf/2606.10651v3.pdf}', '2606.10651'],
    ['url = {http://arxiv.org/abs/math.GT/0309136}', 'math/0309136'],
    ['journal = {arXiv preprint arXiv:1706.03762}', '1706.03762'],
    ['journal = {CoRR}, volume = {abs/1706.03762}', '1706.03762'],
    [raw`note = {See \url{https://arxiv.org/abs/1706.03762}.}`, '1706.03762'],
    ['url = {https://arxiv.org.evil.example/abs/1706.03762}', null],
    ['url = {https://example.org/arxiv}, title = {T}', null],
  ])('%s', (fields, id) => {
    const [entry] = readBibtex(`@misc{k, title = {A title}, ${fields}}`).entries;
    expect(entry && arxivIdOf(entry)).toBe(id);
  });

  it('tells names in their usual order, organisations whole', () => {
    expect(
      readAuthors(
        raw`Lovelace, Ada AND {\"O}zg{\"u}r {\c{C}}elik and {Bell and Howell} and King, Jr, Martin and others`,
      ),
    ).toEqual(['Ada Lovelace', 'Özgür Çelik', 'Bell and Howell', 'Martin King Jr']);
    expect(readAuthors(`${'A B and '.repeat(500)}C D`)).toHaveLength(100);
  });

  it('reads what Paperboy itself writes, whatever a title holds', () => {
    const sign = fc.constantFrom(...'\\{}~^%#$&_-"\'`@,=()');
    const title = fc
      .array(fc.oneof(sign, fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constant(' ')), {
        maxLength: 30,
        size: 'max',
      })
      .map((parts) => tidyText(parts.join(''), 300));
    fc.assert(
      fc.property(title, (text) => {
        const cited = {
          id: '2606.10651',
          title: text,
          abstract: '',
          keywords: [],
          categories: [],
          publishedOn: null,
        };
        const { entries, faults } = readBibtex(
          toBibtex([{ ...cited, authors: ['Ada Lovelace', 'Bell Labs'] }]),
        );
        expect(faults).toEqual([]);
        const [found] = entries.map(readWork);
        expect(found).toMatchObject({ arxivId: '2606.10651', authors: ['Ada Lovelace', 'Bell Labs'] });
        expect(found?.title).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it('folds LaTeX into letters', () => {
    expect(
      latexToText(
        raw`Erd\H{o}s, \L{}ukasz, G\'omez, \v{S}, na\"{\i}ve, stra\ss e, {\O}re, 50\%, \emph{so} $x^2$~y`,
      ),
    ).toBe('Erdős, Łukasz, Gómez, Š, naïve, straße, Øre, 50%, so x^2 y');
  });

  it('needs a title or an id; keywords are split, all is cut to length', () => {
    expect(work('year = 2020')).toBeNull();
    expect(work('eprint = {2606.10651}')).toMatchObject({ arxivId: '2606.10651', title: '' });
    expect(work('title = {T}, keywords = {a b; {c, d}, e}')?.keywords).toEqual(['a b', 'c, d', 'e']);
    const long = work(`title = {${'long '.repeat(3000)}}, abstract = {${'word '.repeat(10_000)}}`);
    expect([long?.title.length, long?.key.length, long?.abstract.length]).toEqual([500, 300, 5000]);
  });
});
