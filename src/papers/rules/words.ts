/**
 * Words as the search sees them. `foldText` here and `stemOf` in stem.ts are the twins of what migrations/0004_search.sql does in
 * Postgres; test/papers/query.test.ts holds the two against each other.
 */

// Letters that are two letters or another letter to whoever types them on a plain keyboard; NFKD leaves them alone.
const PLAIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
};
const PLAIN_LETTERS = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'gu');
const MARKS = /[\u0300-\u036f]/g;
// By code point, not by class: what counts as a letter depends on the locale of a database.
const NO_WORD =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are no letters either
  /(?:[\u0000-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u2bff\u3000-\u303f\ue000-\uf8ff]|[\ufe00-\ufe6f]|[\u{1f000}-\u{1faff}]|[\u{e0000}-\u{e0fff}])+/gu;

/** A text in lower case, without accents, each run of signs one space: `Café: L²M!` gives `cafe l2m `. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(MARKS, '')
    .toLowerCase()
    .replace(PLAIN_LETTERS, (letter) => PLAIN[letter] ?? letter)
    .replace(NO_WORD, ' ');
}

/** The folded words of a text, in order: `state-of-the-art` gives four. */
export const wordsOf = (text: string): string[] => foldText(text).split(' ').filter(Boolean);
