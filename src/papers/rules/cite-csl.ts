import { type Citation, type CitedPaper, toCitations } from './cite-facts.ts';
import type { CitedName } from './cite-names.ts';

/** A name in CSL-JSON. */
export type CslName = { family: string; given: string; suffix?: string } | { literal: string };

/** One item of CSL-JSON 1.0.2: what Zotero, Pandoc and citation processors read. */
export interface CslItem {
  id: string;
  type: 'article';
  title: string;
  author: CslName[];
  issued: { 'date-parts': [number[]] };
  publisher: 'arXiv';
  number: string;
  DOI: string;
  URL: string;
  abstract?: string;
  keyword?: string;
}

const nameInCsl = (name: CitedName): CslName =>
  'literal' in name
    ? name
    : { family: name.family, given: name.given, ...(name.suffix !== null && { suffix: name.suffix }) };

const itemOf = (citation: Citation): CslItem => ({
  id: citation.key,
  type: 'article',
  title: citation.title,
  author: citation.names.map(nameInCsl),
  issued: {
    'date-parts': [citation.day ? [citation.year, citation.day.month, citation.day.day] : [citation.year]],
  },
  publisher: 'arXiv',
  number: `arXiv:${citation.id}`,
  DOI: citation.doi,
  URL: citation.url,
  ...(citation.abstract !== '' && { abstract: citation.abstract }),
  ...(citation.keywords.length > 0 && { keyword: citation.keywords.join(', ') }),
});

/** Papers as CSL-JSON items, in their order. */
export const toCslJson = (papers: readonly CitedPaper[]): CslItem[] => toCitations(papers).map(itemOf);
