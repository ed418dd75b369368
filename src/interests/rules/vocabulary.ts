import { authorKeys, type ModelPaper, nameKey, type PaperText, termsOf } from './terms.ts';

/**
 * Cells of a vocabulary. Terms share cells by a hash, so that its size does not grow with what is read: 4 MB and 2 MB
 * for 5,000 papers, whose 600,000 terms fall together now and then, which makes a rare term a little less rare.
 */
export const CELLS = 2 ** 20;
/** A term that a larger share of papers has says nothing; measured on the readers for tuning: .1 is a little worse, .5 too. */
const COMMON_SHARE = 0.3;
/** Above this a count stays; it is far above COMMON_SHARE of any number of papers that is read. */
const COUNT_MAX = 0xffff;

/** How many of the papers read so far have each term, and what the average paper is like. */
export interface Vocabulary {
  /** Papers read. */
  papers: number;
  /** By cell: papers that have the term. */
  counts: Uint16Array;
  /** By cell: the mean of all papers' weights. */
  mean: Float32Array;
}

/** The weights of a paper's terms; its length is 1, or 0 where it has no term that is known. */
export type Vector = Map<string, number>;

/** The cell of a term: FNV-1a over its UTF-16 units, 32 bits folded to 20. */
export function cellOf(term: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < term.length; at += 1) hash = Math.imul(hash ^ term.charCodeAt(at), 0x01000193);
  return ((hash >>> 20) ^ hash) & (CELLS - 1);
}

// No folded word has these signs, so that names share the table and never a key with words.
const authorTerm = (key: string) => `@${key}`;

export const emptyVocabulary = (): Vocabulary => ({
  papers: 0,
  counts: new Uint16Array(CELLS),
  mean: new Float32Array(CELLS),
});

/** Counts one more paper in; the mean is made afterwards, by `addToMean`. */
export function addPaper(
  vocabulary: Vocabulary,
  paper: Pick<ModelPaper, 'authors'>,
  terms: ReadonlyMap<string, number>,
): void {
  const { counts } = vocabulary;
  vocabulary.papers += 1;
  const count = (cell: number) => {
    const before = counts[cell] ?? 0;
    if (before < COUNT_MAX) counts[cell] = before + 1;
  };
  for (const term of terms.keys()) count(cellOf(term));
  for (const key of authorKeys(paper)) count(cellOf(authorTerm(key)));
}

/** How much a term tells: the logarithm of how rare it is; 0 for one that no earlier paper had, and for common ones. */
function rarity(vocabulary: Vocabulary, term: string): number {
  const count = vocabulary.counts[cellOf(term)] ?? 0;
  if (count === 0 || count > COMMON_SHARE * vocabulary.papers) return 0;
  return Math.log((vocabulary.papers + 1) / (count + 1));
}

/** How much one author tells, from about 1 to 9: less where many papers have that name. */
export function authorRarity(vocabulary: Vocabulary, key: string): number {
  const count = vocabulary.counts[cellOf(authorTerm(key))] ?? 0;
  return Math.log((vocabulary.papers + 1) / (count + 1));
}

/** A paper as a vector: (1 + ln times) × rarity, at length 1. */
export function vectorOf(vocabulary: Vocabulary, terms: ReadonlyMap<string, number>): Vector {
  const vector: Vector = new Map();
  let squares = 0;
  for (const [term, times] of terms) {
    const weight = (1 + Math.log(times)) * rarity(vocabulary, term);
    if (weight <= 0) continue;
    vector.set(term, weight);
    squares += weight * weight;
  }
  const length = Math.sqrt(squares);
  if (length > 0) for (const [term, weight] of vector) vector.set(term, weight / length);
  return vector;
}

/** Adds a paper's share to the mean. All papers that were counted must come, after the last was. */
export function addToMean(vocabulary: Vocabulary, vector: Vector): void {
  const { mean, papers } = vocabulary;
  for (const [term, weight] of vector) {
    const cell = cellOf(term);
    mean[cell] = (mean[cell] ?? 0) + weight / papers;
  }
}

/** How like the average paper this one is: its cosine with the mean of all, about 0 to 0.1. */
export function commonness(vocabulary: Vocabulary, vector: Vector): number {
  let sum = 0;
  for (const [term, weight] of vector) sum += weight * (vocabulary.mean[cellOf(term)] ?? 0);
  return sum;
}

/** The vocabulary of these papers; they must all be earlier than what it is used on. */
export function buildVocabulary(papers: readonly (PaperText & Pick<ModelPaper, 'authors'>)[]): Vocabulary {
  const vocabulary = emptyVocabulary();
  const terms = papers.map(termsOf);
  papers.forEach((paper, at) => {
    addPaper(vocabulary, paper, terms[at] ?? new Map());
  });
  for (const one of terms) addToMean(vocabulary, vectorOf(vocabulary, one));
  return vocabulary;
}

/** The organisation of a paper as it is compared; '' where it has none. */
export const organisationKey = (paper: Pick<ModelPaper, 'organisation'>): string =>
  nameKey(paper.organisation ?? '');
