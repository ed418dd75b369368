import { z } from 'zod';
import { type Feature, omitter } from './omissions.ts';
import { authorKeys, type ModelPaper, nameKey, termsOf } from './terms.ts';
import {
  authorRarity,
  commonness,
  organisationKey,
  type Vector,
  type Vocabulary,
  vectorOf,
} from './vocabulary.ts';

/** Terms kept. Of readers for tuning the AUC is .846 with all, .845 with 2,000, .835 with 1,000, .80 with 200. */
export const TERMS_MAX = 2000;
/** Names kept; the median paper has 7 authors, so these are those of about 40 papers. */
const NAMES_MAX = 300;
/** Authors of one paper that count: a collaboration of 573 says little of any one of them. */
const AUTHORS_A_PAPER = 100;

/** How much a liked paper weighs against a disliked one: Rocchio's usual half, since a no is about one thing of many. */
const DISLIKE = 0.5;
/** How much being like everything counts against a paper; tuned on the readers for tuning, where 2 and 3 are alike. */
const COMMONNESS = 3;
/** What authors and a shared organisation add; any from 0.1 to 1 give about the same AUC (.993 to .996). */
const AUTHORS = 0.3;
const ORGANISATION = 0.3;

const weights = z.array(z.tuple([z.string(), z.number()]));

/** A profile as it is stored: plain JSON. */
export const profileSchema = z.object({
  version: z.literal(1),
  likes: z.number().int().min(0),
  dislikes: z.number().int().min(0),
  /** Stems and pairs of stems with their weights, the strongest first. */
  terms: weights,
  /** Names as compared (folded) with the share of votes that they have, less for dislikes. */
  authors: weights,
  organisations: weights,
  /** How the terms stood in the papers, for people: `diffus polici` is diffusion policy. Only for the first. */
  spelled: z.record(z.string(), z.string()),
});

/** What was learnt of a reader: no paper, no date, only words and names. */
export type Profile = z.infer<typeof profileSchema>;

/** A vote: `more` or `less` like this paper. */
export interface VotedPaper {
  paper: ModelPaper;
  vote: 'more' | 'less';
}

const byStrength = ([a, x]: [string, number], [b, y]: [string, number]) =>
  Math.abs(y) - Math.abs(x) || (a < b ? -1 : 1);
const strongest = (map: ReadonlyMap<string, number>, max: number): [string, number][] =>
  [...map]
    .filter(([, weight]) => weight !== 0)
    .sort(byStrength)
    .slice(0, max);
// Six digits are enough for a cosine, and a third of the bytes.
const rounded = (list: [string, number][]): [string, number][] =>
  list.map(([key, weight]) => [key, Number(weight.toPrecision(6))]);

function averageOf(votes: readonly VotedPaper[], vocabulary: Vocabulary): Map<string, number> {
  const sum = new Map<string, number>();
  for (const { paper } of votes)
    for (const [term, weight] of vectorOf(vocabulary, termsOf(paper)))
      sum.set(term, (sum.get(term) ?? 0) + weight / votes.length);
  return sum;
}

/** Counts names: each vote is a share of its side; dislikes count half against. */
function countNames(
  likes: readonly VotedPaper[],
  dislikes: readonly VotedPaper[],
  namesOf: (paper: ModelPaper) => Iterable<string>,
) {
  const counts = new Map<string, number>();
  const add = (votes: readonly VotedPaper[], sign: number) => {
    for (const { paper } of votes)
      for (const name of namesOf(paper)) counts.set(name, (counts.get(name) ?? 0) + sign / votes.length);
  };
  add(likes, 1);
  add(dislikes, -DISLIKE);
  return counts;
}

const SPELLED = 40;

/** How these terms are written in the papers: the first spelling that gives the stems. */
function spell(terms: readonly [string, number][], votes: readonly VotedPaper[]): Record<string, string> {
  const wanted = new Set(terms.slice(0, SPELLED).map(([term]) => term));
  const spelled: Record<string, string> = {};
  for (const { paper } of votes)
    for (const text of [paper.title, paper.abstract, ...paper.keywords]) {
      const words = text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
      words.forEach((word, at) => {
        for (const tried of [word, `${word} ${words[at + 1] ?? ''}`.trim()]) {
          const term = [...termsOf({ title: tried, abstract: '', keywords: [] }).keys()].at(-1);
          if (term !== undefined && wanted.delete(term)) spelled[term] = tried;
        }
      });
      if (wanted.size === 0) return spelled;
    }
  return spelled;
}

/**
 * Learns from votes: the mean of what was liked less half the mean of what was not, its strongest terms kept. The same
 * votes and vocabulary give the same profile, whatever order the votes come in.
 *
 * @param omissions - what the reader had forgotten, and is left out (default: nothing)
 */
export function learnProfile(
  votes: readonly VotedPaper[],
  vocabulary: Vocabulary,
  omissions: readonly Feature[] = [],
): Profile {
  const isOmitted = omitter(omissions);
  const likes = votes.filter(({ vote }) => vote === 'more');
  const dislikes = votes.filter(({ vote }) => vote === 'less');
  const sum = averageOf(likes, vocabulary);
  for (const [term, weight] of averageOf(dislikes, vocabulary))
    sum.set(term, (sum.get(term) ?? 0) - DISLIKE * weight);
  if (omissions.length > 0) for (const term of sum.keys()) if (isOmitted('term', term)) sum.delete(term);
  let squares = 0;
  for (const weight of sum.values()) squares += weight * weight;
  const length = Math.sqrt(squares) || 1;
  const terms = rounded(strongest(sum, TERMS_MAX).map(([term, weight]) => [term, weight / length]));
  const names = (kind: Feature['kind'], namesOf: (paper: ModelPaper) => Iterable<string>) => {
    const counts = countNames(likes, dislikes, namesOf);
    if (omissions.length > 0)
      for (const name of counts.keys()) if (isOmitted(kind, name)) counts.delete(name);
    return rounded(strongest(counts, NAMES_MAX));
  };
  return {
    version: 1,
    likes: likes.length,
    dislikes: dislikes.length,
    terms,
    authors: names('author', (paper) => [...authorKeys(paper)].slice(0, AUTHORS_A_PAPER)),
    organisations: names('organisation', (paper) =>
      paper.organisation === null ? [] : [nameKey(paper.organisation)],
    ),
    spelled: spell(terms, [...likes, ...dislikes]),
  };
}

/** A profile as its reader sees it between having something forgotten and the next learning. */
export function leaveOut(profile: Profile, omissions: readonly Feature[]): Profile {
  const isOmitted = omitter(omissions);
  const kept = (kind: Feature['kind'], list: Profile['terms']) =>
    list.filter(([key]) => !isOmitted(kind, key));
  return {
    ...profile,
    terms: kept('term', profile.terms),
    authors: kept('author', profile.authors),
    organisations: kept('organisation', profile.organisations),
  };
}

/** Papers that are to be ranked, made ready once for all readers: which of them have a term, an author, an organisation. */
export interface RankedPapers {
  size: number;
  /** By paper: what is taken off for being like everything. */
  commonness: Float64Array;
  terms: Map<string, { at: number; weight: number }[]>;
  authors: Map<string, { at: number; weight: number }[]>;
  organisations: Map<string, { at: number; weight: number }[]>;
}

export function readyPapers(papers: readonly ModelPaper[], vocabulary: Vocabulary): RankedPapers {
  const ready: RankedPapers = {
    size: papers.length,
    commonness: new Float64Array(papers.length),
    terms: new Map(),
    authors: new Map(),
    organisations: new Map(),
  };
  const put = (map: RankedPapers['terms'], key: string, at: number, weight: number) => {
    const list = map.get(key);
    if (list) list.push({ at, weight });
    else map.set(key, [{ at, weight }]);
  };
  papers.forEach((paper, at) => {
    const vector: Vector = vectorOf(vocabulary, termsOf(paper));
    ready.commonness[at] = COMMONNESS * commonness(vocabulary, vector);
    for (const [term, weight] of vector) put(ready.terms, term, at, weight);
    for (const key of [...authorKeys(paper)].slice(0, AUTHORS_A_PAPER))
      put(ready.authors, key, at, authorRarity(vocabulary, key));
    const organisation = organisationKey(paper);
    if (organisation !== '') put(ready.organisations, organisation, at, 1);
  });
  return ready;
}

/** What of a profile is used; without `names` it is the text alone. */
export type Reading = 'text' | 'text and names';

/**
 * How near each paper is to a profile: cosine with what was liked, less three times the cosine with the average paper,
 * and, for authors and organisation in common, 0.3 × ln(1 + shares × rarity) and 0.3. By paper, in the order given.
 */
export function scorePapers(
  profile: Profile,
  papers: RankedPapers,
  reading: Reading = 'text and names',
): Float64Array {
  const scores = new Float64Array(papers.size);
  if (profile.terms.length + profile.authors.length === 0) return scores;
  const add = (list: Profile['terms'], map: RankedPapers['terms'], to: Float64Array) => {
    for (const [key, weight] of list)
      for (const { at, weight: other } of map.get(key) ?? []) to[at] = (to[at] ?? 0) + weight * other;
  };
  add(profile.terms, papers.terms, scores);
  for (let at = 0; at < papers.size; at += 1) scores[at] = (scores[at] ?? 0) - (papers.commonness[at] ?? 0);
  if (reading === 'text') return scores;
  const people = new Float64Array(papers.size);
  add(profile.authors, papers.authors, people);
  const houses = new Float64Array(papers.size);
  add(profile.organisations, papers.organisations, houses);
  for (let at = 0; at < papers.size; at += 1) {
    const sum = people[at] ?? 0;
    scores[at] =
      (scores[at] ?? 0) +
      AUTHORS * Math.sign(sum) * Math.log1p(Math.abs(sum)) +
      ORGANISATION * Math.sign(houses[at] ?? 0);
  }
  return scores;
}
