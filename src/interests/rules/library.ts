import { readArxivId } from '../../papers/rules/paper.ts';
import { LIMITS, tidyText } from '../../papers/rules/text.ts';
import type { BibEntry } from './bibtex.ts';
import { latexToText } from './latex-text.ts';
import { nameKey } from './terms.ts';

/** What a list says of a paper. */
export interface ListedWork {
  /** The arXiv id without its version; null: none is named. */
  arxivId: string | null;
  /** The folded title: by it the same paper is found again. */
  key: string;
  title: string;
  abstract: string;
  authors: string[];
  keywords: string[];
}

/** Papers that are kept of one reader's lists. */
export const LIBRARY_MAX = 500;
/** A title of 500 characters fits; Postgres takes 2,700 bytes into an index. */
const KEY_MAX = 300;
const AUTHORS_MAX = 100;
const KEYWORDS_MAX = 20;
const ABSTRACT_MAX = 5000;

const tidy = (text: string, max: number) => tidyText(latexToText(text), max);

/** Pieces between these words or signs, but for those within braces. */
function splitOutside(text: string, isSeparator: (word: string) => boolean): string[] {
  const pieces: string[] = [''];
  let depth = 0;
  for (const [word] of text.matchAll(/[^\s,;{}]+|\s+|[,;{}]/gu)) {
    if (word === '{') depth += 1;
    if (word === '}') depth = Math.max(0, depth - 1);
    if (depth === 0 && isSeparator(word)) pieces.push('');
    else pieces[pieces.length - 1] += word;
  }
  return pieces.map((piece) => piece.trim()).filter(Boolean);
}

/** `Lovelace, Ada and Turing, Jr, Alan and others` gives `Ada Lovelace`, `Alan Turing Jr`. */
export function readAuthors(text: string): string[] {
  return splitOutside(text, (word) => word.toLowerCase() === 'and')
    .slice(0, AUTHORS_MAX + 1)
    .filter((name) => name.toLowerCase() !== 'others')
    .map((name) => {
      const [last = '', ...rest] = splitOutside(name, (word) => word === ',');
      const first = rest.at(-1) ?? '';
      return tidy([first, last, ...rest.slice(0, -1)].join(' '), LIMITS.name);
    })
    .filter((name) => nameKey(name) !== '')
    .slice(0, AUTHORS_MAX);
}

/** An id at the beginning of a text, whatever stands behind it. */
function idAt(text: string): string | null {
  const [found = ''] = /^[A-Za-z0-9./-]{1,40}/.exec(text) ?? [];
  return readArxivId(found.replace(/\.pdf$/i, '').replace(/[./]+$/, ''));
}

/** The first `arXiv:ID`, `arxiv.org/abs/ID` or `arXiv.ID` (as in a DOI) of a text. */
function idWithin(text: string): string | null {
  const lower = text.toLowerCase();
  for (let at = lower.indexOf('arxiv'); at >= 0; at = lower.indexOf('arxiv', at + 5)) {
    const [way] = /^(?:\.org\/(?:abs|pdf|html)\/|[:.] ?)/.exec(lower.slice(at + 5, at + 20)) ?? [];
    const id = way === undefined ? null : idAt(text.slice(at + 5 + way.length, at + 60));
    if (id !== null) return id;
  }
  return null;
}

/** The arXiv id that an entry names, by the fields in which programs write it. */
export function arxivIdOf({ fields }: Pick<BibEntry, 'fields'>): string | null {
  const text = (name: string) => (fields.get(name) ?? '').trim().slice(0, 1000);
  const archive = (text('archiveprefix') || text('eprinttype')).toLowerCase();
  if (archive === '' || archive === 'arxiv') {
    const id = idAt(text('eprint').replace(/^arxiv:\s?/i, ''));
    if (id !== null) return id;
  }
  for (const name of ['doi', 'url', 'arxiv', 'arxivid', 'howpublished', 'journal', 'note', 'eprint', 'ee']) {
    const id =
      idWithin(text(name).replaceAll('\\', '')) ?? (name.startsWith('arxiv') ? idAt(text(name)) : null);
    if (id !== null) return id;
  }
  // As DBLP writes it: journal = {CoRR}, volume = {abs/1706.03762}.
  return text('volume').startsWith('abs/') ? idAt(text('volume').slice(4)) : null;
}

/** What an entry says of its paper; null where it has neither a title nor an arXiv id. */
export function readWork(entry: Pick<BibEntry, 'fields'>): ListedWork | null {
  const { fields } = entry;
  const arxivId = arxivIdOf(entry);
  const title = tidy(fields.get('title') ?? '', LIMITS.title);
  const key = Array.from(nameKey(title)).slice(0, KEY_MAX).join('');
  if (key === '' && arxivId === null) return null;
  const keywords = splitOutside(fields.get('keywords') ?? '', (word) => word === ',' || word === ';');
  return {
    arxivId,
    key,
    title,
    abstract: tidy(fields.get('abstract') ?? '', ABSTRACT_MAX),
    authors: readAuthors(fields.get('author') ?? ''),
    keywords: keywords.slice(0, KEYWORDS_MAX).map((word) => tidy(word, LIMITS.keyword)),
  };
}
