import type { Paper } from '../../papers/rules/paper.ts';
import { stemOf } from '../../papers/rules/stem.ts';
import { wordsOf } from '../../papers/rules/words.ts';

/** What a model reads of a paper: its text. */
export type PaperText = Pick<Paper, 'title' | 'abstract' | 'keywords'>;

/** What a model reads of a paper: its text, and who wrote it. */
export type ModelPaper = PaperText & Pick<Paper, 'authors' | 'organisation'>;

// A language has few words: on 20,000 papers the cache holds about 120,000, and most words of a text are among the
// first thousands. Emptied when full, so that hostile texts cannot fill the memory.
const STEMS_MAX = 200_000;
const stems = new Map<string, string>();

/** The stem of a folded word, remembered: a stemmer costs ten times a look into a map. */
export function stemFast(word: string): string {
  const known = stems.get(word);
  if (known !== undefined) return known;
  if (stems.size >= STEMS_MAX) stems.clear();
  const stem = stemOf(word);
  stems.set(word, stem);
  return stem;
}

/** The stems of a text, in order. */
export const stemsOf = (text: string): string[] => wordsOf(text).map(stemFast);

/**
 * The terms of a paper, and how often each stands there: stems, and pairs of neighbours (`diffus polici`), of title,
 * abstract and keywords. No stop list: the vocabulary leaves out what nearly all papers have, and pairs of small words
 * tell one lab's writing from another's (measured: without them AUC .84 becomes .83, see docs/personal-digest.md).
 */
export function termsOf(paper: PaperText): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1);
  for (const text of [paper.title, paper.abstract, ...paper.keywords]) {
    let last: string | undefined;
    for (const stem of stemsOf(text)) {
      add(stem);
      if (last !== undefined) add(`${last} ${stem}`);
      last = stem;
    }
  }
  return counts;
}

/** The name of a person or organisation as models and matching compare it. */
export const nameKey = (name: string): string => wordsOf(name).join(' ');

/** Each author once, as compared; names without a letter are left out. */
export const authorKeys = (paper: Pick<Paper, 'authors'>): Set<string> =>
  new Set(paper.authors.map(nameKey).filter((key) => key !== ''));
