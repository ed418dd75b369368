import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tidyText, tidyUrl } from '../../../src/papers/rules/text.ts';

// Text that is likely to hurt: controls, bidi, halves of pairs, markup, and anything else.
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\0',
      '\r\n',
      '\t',
      '\u202e',
      '\u2066',
      '\u200b',
      '\u200d',
      '\ud800',
      '\udc00',
      '\ufeff',
      '\uffff',
      '\u0301',
      ' ',
      '<',
      '&',
      '"',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
});

describe('tidyText', () => {
  it.each([
    ['Attention\n  Is All\r\n You\tNeed ', 'Attention Is All You Need'],
    ['a\0b', 'ab'],
    ['a\u0007\u001b[31mb\u0085c', 'a[31mb c'],
    ['abc\u202egnp.exe', 'abcgnp.exe'],
    ['\u2067right\u2069 \u200fto\u200e left\u061c', 'right to left'],
    ['zero\u200bwidth\ufeff', 'zerowidth'],
    ['half \ud83d pair \udca9', 'half pair'],
    ['whole 💩 pair', 'whole 💩 pair'],
    ['family 👩‍🔬', 'family 👩‍🔬'],
    ['e\u0301', 'é'],
    ['line\u2028separator\u2029s', 'line separator s'],
    ["Let's <think> about $L^2$M & `x`", "Let's <think> about $L^2$M & `x`"],
    ['', ''],
    [' \0 ', ''],
  ])('%j gives %j', (text, expected) => {
    expect(tidyText(text, 500)).toBe(expected);
  });

  it('cuts at a character and marks the cut', () => {
    expect(tidyText('abcdef', 6)).toBe('abcdef');
    expect(tidyText('abcdefg', 6)).toBe('abcde…');
    expect(tidyText('💩💩💩💩', 3)).toBe('💩💩…');
    expect(tidyText('💩💩💩', 3)).toBe('💩💩💩');
    expect(tidyText('ab  def', 4)).toBe('ab…');
  });

  it('makes short work of megabytes', () => {
    const startedAt = performance.now();
    expect(tidyText('x'.repeat(50_000_000), 500)).toBe(`${'x'.repeat(499)}…`);
    expect(tidyText(`${' '.repeat(9_000_000)}x`, 500)).toBe('…');
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it('gives well-formed, short, settled text for anything', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 30 }), (text, max) => {
        const tidy = tidyText(text, max);
        expect(Array.from(tidy).length).toBeLessThanOrEqual(max);
        expect(tidy).not.toMatch(/[\p{Cc}\p{Surrogate}\u202a-\u202e\u2066-\u2069]|^\s|\s$|\s\s/u);
        expect(tidyText(tidy, max)).toBe(tidy);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('tidyUrl', () => {
  it('says the same of an address however often it is asked (URL.canParse of Node 20 does not)', () => {
    const answers = new Set<string | null>();
    for (let n = 0; n < 20_000; n += 1) answers.add(tidyUrl('https://bücher.example/ä?q=ö'));
    expect([...answers]).toEqual(['https://xn--bcher-kva.example/%C3%A4?q=%C3%B6']);
  });

  it.each([
    ['https://github.com/example/matter', 'https://github.com/example/matter'],
    [' http://example.org ', 'http://example.org/'],
    ['https://bücher.example/ä?q=ö', 'https://xn--bcher-kva.example/%C3%A4?q=%C3%B6'],
    ['https://example.org/"><script>', 'https://example.org/%22%3E%3Cscript%3E'],
    [`https://example.org/#"'<>`, 'https://example.org/#%22%27%3C%3E'],
    ['https://example.org/a\r\nb', 'https://example.org/ab'],
    ['javascript:alert(1)', null],
    ['JaVaScRiPt:alert(1)', null],
    ['data:text/html,x', null],
    ['ftp://example.org', null],
    ['//example.org', null],
    ['example.org', null],
    ['https://', null],
    ['https://user:secret@example.org', null],
    ['https://huggingface.co@evil.example', null],
    [`https://example.org/${'x'.repeat(2000)}`, null],
    ['', null],
  ])('%j gives %j', (text, expected) => {
    expect(tidyUrl(text)).toBe(expected);
  });

  it('gives an address without quotes, brackets or spaces, or none, for anything', () => {
    const near = fc.tuple(fc.constantFrom('https://', 'http://a/', 'https://a/?', 'https://a/#'), hostile);
    fc.assert(
      fc.property(
        near.map(([start, rest]) => start + rest),
        (text) => {
          const url = tidyUrl(text);
          if (url !== null) expect(url).toMatch(/^https?:\/\/[^\s"'<>\p{Cc}]+$/u);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
