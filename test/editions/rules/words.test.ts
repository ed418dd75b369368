import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shortAbstract } from '../../../src/editions/rules/card.ts';
import { cleanLine, count, ordinal, shorten, wrap } from '../../../src/editions/rules/words.ts';

describe('words', () => {
  it('counts in English', () => {
    expect([count(0, 'vote'), count(1, 'vote'), count(1204, 'vote')]).toEqual([
      '0 votes',
      '1 vote',
      '1,204 votes',
    ]);
    expect([1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111, 1003].map(ordinal).join(' ')).toBe(
      '1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 101st 111th 1,003rd',
    );
  });

  it('makes one line without controls, bidi overrides or halves of characters', () => {
    expect(cleanLine(' A\r\nB\u0000\u202eC\u2066D\u2029E\ud800 ')).toMatch(/^A BCD E\ufffd?$/);
  });

  it('shortens at a word, never beyond the limit, never through a character', () => {
    expect(shorten('short', 10)).toBe('short');
    expect(shorten('one two three four five', 16)).toBe('one two three…');
    expect(shorten('x'.repeat(50), 10)).toBe(`${'x'.repeat(9)}…`);
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 80 }),
        fc.integer({ min: 3, max: 40 }),
        (text, limit) => {
          const short = shorten(text, limit);
          expect(short.length).toBeLessThanOrEqual(limit);
          expect(short).not.toMatch(/\p{Surrogate}/u);
        },
      ),
    );
  });

  it('wraps without losing or joining a word', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,90}$/), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(words, fc.integer({ min: 0, max: 6 }), (list, indent) => {
        const wrapped = wrap(list.join(' '), indent);
        expect(wrapped.split(/\s+/)).toEqual(list);
        for (const line of wrapped.split('\n')) {
          const shown = line.trimStart();
          expect(indent + shown.length <= 76 || !shown.includes(' ')).toBe(true);
        }
      }),
    );
  });
});

describe('shortAbstract', () => {
  const sentences = 'Recent work, e.g. by Ada et al. 2025, is slow. '.repeat(10).trim();

  it("prefers the source's summary", () => {
    expect(shortAbstract({ summary: 'In short.', abstract: sentences })).toBe('In short.');
  });

  it('ends with a sentence where one ends near the limit, and not inside an abbreviation', () => {
    const short = shortAbstract({ summary: null, abstract: sentences });
    expect(short.length).toBeLessThanOrEqual(280);
    expect(short).toMatch(/is slow\.$/);
  });

  it('cuts at a word otherwise', () => {
    const short = shortAbstract({ summary: null, abstract: 'endless words and '.repeat(100) });
    expect(short).toMatch(/(endless|words|and)…$/);
    expect(short.length).toBeGreaterThan(260);
    expect(short.length).toBeLessThanOrEqual(280);
  });
});
