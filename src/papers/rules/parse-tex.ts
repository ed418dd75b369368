// Combining characters for TeX's accents (TeXbook, chapter 9); NFC then makes one letter of the pair.
const ACCENTS: Readonly<Record<string, string>> = {
  '`': '\u0300',
  "'": '\u0301',
  '^': '\u0302',
  '~': '\u0303',
  '=': '\u0304',
  u: '\u0306',
  '.': '\u0307',
  '"': '\u0308',
  r: '\u030a',
  H: '\u030b',
  v: '\u030c',
  d: '\u0323',
  c: '\u0327',
  k: '\u0328',
};

const LETTERS: Readonly<Record<string, string>> = {
  o: 'ø',
  O: 'Ø',
  l: 'ł',
  L: 'Ł',
  aa: 'å',
  AA: 'Å',
  ae: 'æ',
  AE: 'Æ',
  oe: 'œ',
  OE: 'Œ',
  ss: 'ß',
  i: 'ı',
};

const DOTLESS: Readonly<Record<string, string>> = { '\\i': 'i', '\\j': 'j' };

// \'e \'{e} \'\i; a mark that is a letter (\v, \c) needs braces or a space, else it is another command (\cite).
const ACCENT = String.raw`(?<![\\/])\\(?:([${'`'}'^~=."])\s*(?:\{(\\[ij]|\p{L})\}|(\\[ij]\b|\p{L}))|([uvHcdkr])(?:\s*\{(\\[ij]|\p{L})\}|\s+(\p{L})(?!\p{L})))`;
const SPECIAL = String.raw`\\(aa|AA|ae|AE|oe|OE|ss|o|O|l|L|i)`;
// Not after a backslash (a line break) or a slash (a path: /\~name). Braces around a letter go with it, but not those of a command: \textbf{\'e}.
const group = (pattern: string) => new RegExp(String.raw`(?<!\\[A-Za-z]+)\{${pattern}\}`, 'gu');
const PATTERNS = [group(ACCENT), new RegExp(ACCENT, 'gu')];
const SPECIALS = [group(SPECIAL), new RegExp(String.raw`${SPECIAL}(?:\{\}|(?![A-Za-z])\s?)`, 'gu')];

type Part = string | undefined;

function accented(_: string, mark: Part, a: Part, b: Part, letter: Part, c: Part, d: Part): string {
  const base = a ?? b ?? c ?? d ?? '';
  return `${DOTLESS[base] ?? base}${ACCENTS[mark ?? letter ?? ''] ?? ''}`.normalize('NFC');
}

/** Letters that are written in TeX, as people write them: `J\'er\'emy` gives `Jérémy`. Everything else stays. */
export function decodeTexLetters(text: string): string {
  if (!text.includes('\\')) return text;
  let plain = text;
  for (const pattern of PATTERNS) plain = plain.replace(pattern, accented);
  for (const pattern of SPECIALS)
    plain = plain.replace(pattern, (whole, name: string) => LETTERS[name] ?? whole);
  return plain;
}

/** As `decodeTexLetters`, but formulas between dollar signs stay as they are, for titles and abstracts. */
export function decodeTexProse(text: string): string {
  if (!text.includes('\\')) return text;
  return text
    .split(/(\$[^$]*\$)/)
    .map((part, index) => (index % 2 === 0 ? decodeTexLetters(part) : part))
    .join('');
}

/**
 * The names in arXiv's `dc:creator`, one text with commas: notes in brackets (affiliations) are left out, and
 * `Jr.` or `III` stays with its name.
 */
export function splitCreators(text: string): string[] {
  let plain = decodeTexLetters(text);
  // Brackets may be nested; each round takes the innermost.
  for (let round = 0; round < 5 && /\([^()]*\)/.test(plain); round += 1)
    plain = plain.replace(/\s*\([^()]*\)/g, '');
  const names: string[] = [];
  for (const part of plain.split(/,|\s+and\s+/)) {
    const name = part.trim();
    const last = names.length - 1;
    if (/^(jr|sr|ii|iii|iv)\.?$/i.test(name) && last >= 0) names[last] = `${names[last]}, ${name}`;
    else if (name !== '') names.push(name);
  }
  return names;
}
