// What a reader cannot see but which changes what they see: soft hyphen, Arabic letter mark, zero widths, bidi
// marks, overrides and isolates, invisible operators, annotation anchors, tag characters. The two joiners U+200C and
// U+200D stay: Persian words and emoji need them.
const INVISIBLE =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
// NUL (which Postgres refuses) and other controls, halves of surrogate pairs, and code points that are no characters.
const BROKEN = /[\p{Cc}\p{Surrogate}\p{Noncharacter_Code_Point}]/gu;
const SPACES = /[\s\u0085]+/gu;

/**
 * Text from outside, fit to store and to print on one line: well-formed, NFC, without controls, bidi overrides and
 * invisible characters, each run of white space (line ends included) one space, none at the ends.
 *
 * @param max - characters (code points) at most; a longer text is cut and ends in an ellipsis
 */
export function tidyText(text: string, max: number): string {
  // A hostile text may have megabytes: beyond this no work is done. Four times leaves room for what is folded away.
  const bound = max * 4 + 1000;
  const whole = text.length <= bound;
  const tidy = (whole ? text : text.slice(0, bound))
    .replace(INVISIBLE, '')
    .replace(SPACES, ' ')
    .replace(BROKEN, '')
    .normalize('NFC')
    // What was removed may have stood between two spaces.
    .replace(SPACES, ' ')
    .trim();
  if (whole && tidy.length <= max) return tidy;
  const characters = Array.from(tidy);
  if (whole && characters.length <= max) return tidy;
  return `${characters
    .slice(0, max - 1)
    .join('')
    .trimEnd()}…`;
}

// Longer than any real repository or project page, and mails should stay small.
const URL_MAX = 2000;

/**
 * The address, or undefined where it is none. Not by `URL.canParse`: in Node 20 it says no to addresses with letters of
 * Latin-1 once it has been called some thousand times (measured: 194,770 wrong of 200,000).
 */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/**
 * A web address fit for an `href`, in its normal form; null unless it is http or https with a host, without a
 * password, and no longer than 2,000 characters.
 */
export function tidyUrl(text: string): string | null {
  if (text.length > URL_MAX) return null;
  const trimmed = text.replace(INVISIBLE, '').trim();
  const url = parseUrl(trimmed);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  if (url.hostname === '' || url.username !== '' || url.password !== '') return null;
  // The normal form percent-encodes quotes and angle brackets in paths and queries, but not all in fragments.
  const href = url.href
    .replaceAll("'", '%27')
    .replaceAll('"', '%22')
    .replaceAll('<', '%3C')
    .replaceAll('>', '%3E');
  return href.length <= URL_MAX && !/\p{Surrogate}/u.test(href) ? href : null;
}

/**
 * Lengths of a paper's texts in characters, and of its lists. The longest real ones seen in two years are a title of
 * 175, an abstract of 1,920, a summary of 437, 573 authors and 44 keywords: these leave room (collaborations in
 * physics sign with 3,000 names), and keep a hostile item from filling a mail.
 */
export const LIMITS = {
  title: 500,
  abstract: 10_000,
  summary: 1000,
  name: 200,
  authors: 1000,
  keyword: 100,
  keywords: 50,
} as const;
