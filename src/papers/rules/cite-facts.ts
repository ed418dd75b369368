import { type CitedName, cutName } from './cite-names.ts';
import { type Paper, paperLinks } from './paper.ts';

/** What a citation needs of a paper. */
export type CitedPaper = Pick<
  Paper,
  'id' | 'title' | 'abstract' | 'authors' | 'keywords' | 'categories' | 'publishedOn'
>;

/** A paper as the three formats write it. */
export interface Citation {
  /** `vaswani2017attention`: unique within one list, safe in every program. */
  key: string;
  id: string;
  title: string;
  names: CitedName[];
  year: number;
  /** Month and day; null where only the id tells when it appeared. */
  day: { month: number; day: number } | null;
  /** `10.48550/arXiv.1706.03762`: arXiv registers one for every paper. */
  doi: string;
  url: string;
  /** The primary category (`cs.CL`), else the archive that an old id names (`cs`); null: not known. */
  category: string | null;
  abstract: string;
  keywords: string[];
}

// A line end would begin a new field in RIS; the rest are no characters of XML, JSON readers or TeX.
const CONTROLS = /[\p{Cc}\p{Surrogate}\u2028\u2029]+/gu;
const onOneLine = (text: string) => text.replace(CONTROLS, ' ').replace(/ {2,}/g, ' ').trim();

/** The DOI that arXiv registers: https://info.arxiv.org/help/doi.html. */
export const doiOf = (id: string) => `10.48550/arXiv.${id}`;

/** Year of a paper: of its first version, or as its id says (`1706.03762` and `cs/0112017` begin with year and month). */
function yearOf({ id, publishedOn }: CitedPaper): number {
  if (publishedOn !== null) return Number(publishedOn.slice(0, 4));
  const short = Number((id.split('/').at(-1) ?? '').slice(0, 2));
  // arXiv opened in 1991.
  return short >= 91 ? 1900 + short : 2000 + short;
}

// Words that tell nothing of a paper, as the first of a title.
const EMPTY_WORDS = new Set(
  'a an the on of for in to with and is are do does can how what why when where which at by from as or towards toward via using'.split(
    ' ',
  ),
);

/** Lower-case ASCII letters and digits of a text; accents are dropped, other alphabets give ''. */
const toAscii = (text: string) =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ø', 'o')
    .replaceAll('ł', 'l')
    .replace(/[^a-z0-9]/g, '');

// A key is typed by hand.
const KEY_PART_LENGTH = 30;

function keyOf(paper: CitedPaper, names: readonly CitedName[], year: number): string {
  const [first] = names;
  const family = first && ('literal' in first ? first.literal : first.family);
  const words = paper.title.split(/[\s\-–—:/]+/).map(toAscii);
  const word = words.find((candidate) => candidate !== '' && !EMPTY_WORDS.has(candidate)) ?? '';
  const parts = [toAscii(family ?? '') || 'arxiv', String(year), word || idInKey(paper.id)];
  return parts.map((part) => part.slice(0, KEY_PART_LENGTH)).join('');
}

const idInKey = (id: string) => id.replaceAll('/', '-');

function toCitation(paper: CitedPaper): Citation {
  const names = paper.authors
    .map(onOneLine)
    .filter((name) => name !== '')
    .map(cutName);
  const year = yearOf(paper);
  const [, month, day] = (paper.publishedOn ?? '').split('-').map(Number);
  const [archive] = paper.id.includes('/') ? paper.id.split('/') : [];
  return {
    key: keyOf(paper, names, year),
    id: paper.id,
    title: onOneLine(paper.title),
    names,
    year,
    day: month !== undefined && day !== undefined ? { month, day } : null,
    doi: doiOf(paper.id),
    url: paperLinks(paper).arxiv,
    category: paper.categories[0] ?? archive ?? null,
    abstract: onOneLine(paper.abstract),
    keywords: paper.keywords.map(onOneLine).filter((keyword) => keyword !== ''),
  };
}

/**
 * Papers as citations, in their order. A key is made of the first family name, the year and the first telling word of the
 * title; where that names two papers of the list, each of them gets its id as well, so that the order does not matter.
 */
export function toCitations(papers: readonly CitedPaper[]): Citation[] {
  const citations = papers.map(toCitation);
  const counts = new Map<string, number>();
  for (const { key } of citations) counts.set(key, (counts.get(key) ?? 0) + 1);
  return citations.map((citation) =>
    (counts.get(citation.key) ?? 0) > 1
      ? { ...citation, key: `${citation.key}-${idInKey(citation.id)}` }
      : citation,
  );
}
