import { type Citation, type CitedPaper, toCitations } from './cite-facts.ts';
import type { CitedName } from './cite-names.ts';

// What TeX would read as a command, as TeX prints it. Braces are spelled out: BibTeX counts them even behind a backslash, so
// that a single `\{` would swallow the rest of the file.
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\textbraceleft{}',
  '}': '\\textbraceright{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '%': '\\%',
  '#': '\\#',
  $: '\\$',
  '&': '\\&',
  _: '\\_',
};

/** A text that TeX prints as it is. Letters beyond ASCII stay UTF-8, which BibTeX has printed since 2018. */
export const escapeTex = (text: string) =>
  text
    .replace(/[\\{}~^%#$&_]/g, (character) => ESCAPES[character] ?? character)
    // Two of these in a row print as one other sign: a dash, a quotation mark.
    .replace(/(['`-])(?=\1)/g, '$1{}');

/** Would a style that writes titles in lower case spoil this word? `LLM`, `ImageNet`, `T5`, `X`; not `Attention`, `Text-to-Image`. */
function needsCapitals(word: string): boolean {
  return word.split(/[-–/]/).some((part) => {
    const letters = part.replace(/[^\p{L}\p{N}]/gu, '');
    if (!/\p{Lu}/u.test(letters)) return false;
    return /^..*\p{Lu}/u.test(letters) || /\p{N}/u.test(letters) || (letters.length === 1 && letters !== 'A');
  });
}

// Marks around a word stay outside of its braces: `{LLMs}:`.
const WORD = /^([("'[]*)(.*?)([)\]"':;,.!?]*)$/su;

function wordInTex(word: string): string {
  if (!needsCapitals(word)) return escapeTex(word);
  const [, before = '', core = '', after = ''] = WORD.exec(word) ?? [];
  const escaped = escapeTex(core);
  // BibTeX takes an opening brace before a backslash for an accent, and changes the case within; two braces it leaves alone.
  const braced = escaped.startsWith('\\') ? `{{${escaped}}}` : `{${escaped}}`;
  return escapeTex(before) + braced + escapeTex(after);
}

const titleInTex = (title: string) => title.split(' ').map(wordInTex).join(' ');

function nameInTex(name: CitedName): string {
  // In braces nothing is cut, not even at "and".
  if ('literal' in name) return `{${escapeTex(name.literal)}}`;
  return [name.family, ...(name.suffix === null ? [] : [name.suffix]), name.given].map(escapeTex).join(', ');
}

function entryOf(citation: Citation): string {
  const fields: [string, string][] = [
    ['title', titleInTex(citation.title)],
    ['author', citation.names.map(nameInTex).join(' and ')],
    ['year', String(citation.year)],
    ['eprint', citation.id],
    ['archivePrefix', 'arXiv'],
    ['primaryClass', citation.category ?? ''],
    ['doi', citation.doi],
    ['url', citation.url],
  ];
  const lines = fields.filter(([, value]) => value !== '').map(([name, value]) => `  ${name} = {${value}}`);
  return `@misc{${citation.key},\n${lines.join(',\n')}\n}\n`;
}

/**
 * Papers as a BibTeX file, UTF-8: `@misc` with the fields that arXiv's own export has. Every text prints as it is, whatever it
 * holds. No papers: ''.
 */
export const toBibtex = (papers: readonly CitedPaper[]): string =>
  toCitations(papers).map(entryOf).join('\n');
