import type { Candidate } from './choose.ts';

const NAMES: Readonly<Record<string, string>> = {
  huggingface: 'Hugging Face',
  arxiv: 'arXiv',
  // A file holds Hugging Face's list.
  file: 'Hugging Face',
};

/** A source as readers know it; its own name where it is a new one. */
export const sourceName = (source: string): string => NAMES[source] ?? source;

/** A paper, and which sources listed it. */
export interface Placed extends Candidate {
  sources: readonly string[];
}

/** Whether Hugging Face listed it, and so gave it a place by votes. */
export const isRanked = ({ sources }: Placed): boolean =>
  sources.some((source) => sourceName(source) === 'Hugging Face');

/** Where papers come from, in words, Hugging Face first: `Hugging Face and arXiv`. One that it ranks counts as its own. */
export function originOf(papers: readonly Placed[]): string {
  const ranked = papers.some(isRanked) ? ['Hugging Face'] : [];
  const others = papers.filter((paper) => !isRanked(paper)).flatMap(({ sources }) => sources.map(sourceName));
  return [...ranked, ...[...new Set(others)].sort()].join(' and ');
}
