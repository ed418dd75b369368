/** LaTeX as it stands in BibTeX fields, made readable. One pass, whatever the text. */

// Accents as combining marks (Unicode, Combining Diacritical Marks); NFC joins them with their letter.
const ACCENTS: Readonly<Record<string, string>> = {
  '`': '\u0300',
  "'": '\u0301',
  '^': '\u0302',
  '~': '\u0303',
  '"': '\u0308',
  '=': '\u0304',
  '.': '\u0307',
  u: '\u0306',
  v: '\u030c',
  H: '\u030b',
  r: '\u030a',
  c: '\u0327',
  k: '\u0328',
  d: '\u0323',
  b: '\u0331',
};
const LETTERS: Readonly<Record<string, string>> = {
  ss: 'ß',
  o: 'ø',
  O: 'Ø',
  l: 'ł',
  L: 'Ł',
  ae: 'æ',
  AE: 'Æ',
  oe: 'œ',
  OE: 'Œ',
  aa: 'å',
  AA: 'Å',
  dh: 'ð',
  DH: 'Ð',
  th: 'þ',
  TH: 'Þ',
  dj: 'đ',
  DJ: 'Đ',
  i: 'i',
  j: 'j',
  textbackslash: '\\',
  textbraceleft: '{',
  textbraceright: '}',
  textasciitilde: '~',
  textasciicircum: '^',
};
const isLetter = (char: string) => (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z');
const has = (table: Readonly<Record<string, string>>, name: string) => Object.hasOwn(table, name);

/** `{\"O}zg\"ur {G}{\'o}mez` gives `Özgür Gómez`; commands lose their name and keep their text, `$`, braces and `~` go. */
export function latexToText(text: string): string {
  let out = '';
  let at = 0;
  // Marks that wait for their letter.
  let marks = '';
  const put = (char: string) => {
    out += char;
    if (marks === '' || char.trim() === '') return;
    out += marks;
    marks = '';
  };
  while (at < text.length) {
    const char = text[at] ?? '';
    at += 1;
    if (char === '{' || char === '}' || char === '$') continue;
    if (char === '~') put(' ');
    else if (char !== '\\') put(char);
    else {
      const next = text[at] ?? '';
      if (!isLetter(next)) {
        at += 1;
        if (has(ACCENTS, next)) marks = ACCENTS[next] ?? '';
        else if (next === '\\' || next === ',' || next === ' ' || next === ';' || next === ':') put(' ');
        else put(next);
        continue;
      }
      const from = at;
      while (at < text.length && isLetter(text[at] ?? '')) at += 1;
      const name = text.slice(from, at);
      // A command's own space is no space of the text; after a letter (`\o re`) it ends the command too.
      while (text[at] === ' ') at += 1;
      if (has(ACCENTS, name)) marks = ACCENTS[name] ?? '';
      else if (has(LETTERS, name)) put(LETTERS[name] ?? '');
    }
  }
  return out.normalize('NFC');
}
