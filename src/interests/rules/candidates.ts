import type { Paper } from '../../papers/rules/paper.ts';
import type { SearchQuery, Term } from '../../papers/rules/query.ts';
import { keywordWord } from '../../papers/rules/query.ts';
import { wordsOf } from '../../papers/rules/words.ts';
import type { Wanted } from './interest.ts';
import { stemFast, stemsOf } from './terms.ts';
import type { Topic } from './topics.ts';

/** What matching reads of a paper. */
export type MatchPaper = Pick<
  Paper,
  'title' | 'abstract' | 'authors' | 'organisation' | 'keywords' | 'categories' | 'publishedOn'
>;

/** Texts as lists of folded words, or stems. */
type Texts = readonly (readonly string[])[];

interface Ready {
  paper: MatchPaper;
  /** Stems, title first, then abstract, then all else. */
  texts: Texts;
  authors: Texts;
  organisation: Texts;
  keywordStems: Texts;
  keywords: ReadonlySet<string>;
}

/** Papers that are to be matched, cut into words once, and where each word stands. */
export interface Candidates {
  papers: readonly Ready[];
  /** By stem: the papers that have it. */
  byStem: ReadonlyMap<string, readonly number[]>;
  /** By folded word of a name. */
  byName: ReadonlyMap<string, readonly number[]>;
  byKeyword: ReadonlyMap<string, readonly number[]>;
}

function readyPaper(paper: MatchPaper): Ready {
  const authors = paper.authors.map(wordsOf);
  const organisation = [wordsOf(paper.organisation ?? '')];
  const stem = (words: readonly string[]) => words.map(stemFast);
  const keywords = paper.keywords.map(wordsOf);
  const keywordStems = keywords.map(stem);
  return {
    paper,
    texts: [
      stem(wordsOf(paper.title)),
      stem(wordsOf(paper.abstract)),
      ...organisation.map(stem),
      ...authors.map(stem),
      ...keywordStems,
    ],
    authors,
    organisation,
    keywordStems,
    keywords: new Set(keywords.map(keywordWord)),
  };
}

/** Makes papers ready for matching: about 1 ms each. */
export function readyCandidates(papers: readonly MatchPaper[]): Candidates {
  const ready = papers.map(readyPaper);
  const indexOf = (wordsOfPaper: (paper: Ready) => Iterable<string>) => {
    const index = new Map<string, number[]>();
    ready.forEach((paper, at) => {
      for (const word of new Set(wordsOfPaper(paper))) {
        const list = index.get(word);
        if (list) list.push(at);
        else index.set(word, [at]);
      }
    });
    return index;
  };
  return {
    papers: ready,
    byStem: indexOf((paper) => paper.texts.flat()),
    byName: indexOf((paper) => [...paper.authors, ...paper.organisation].flat()),
    byKeyword: indexOf((paper) => paper.keywords),
  };
}

function holds(texts: Texts, phrase: readonly string[]): boolean {
  return texts.some((words) => countPhrase(words, phrase, 1) > 0);
}

/** How often a phrase stands in a text, no further than `max`. */
function countPhrase(words: readonly string[], phrase: readonly string[], max: number): number {
  const [first] = phrase;
  if (first === undefined) return 0;
  let count = 0;
  for (let at = words.indexOf(first); at >= 0 && count < max; at = words.indexOf(first, at + 1))
    if (phrase.every((word, offset) => words[at + offset] === word)) count += 1;
  return count;
}

const NONE: readonly number[] = [];

/** The papers that may hold all these words: those of the rarest. */
function rarest(index: ReadonlyMap<string, readonly number[]>, words: readonly string[]): readonly number[] {
  return (
    words.reduce<readonly number[] | null>((least, word) => {
      const list = index.get(word) ?? NONE;
      return least === null || list.length < least.length ? list : least;
    }, null) ?? NONE
  );
}

function mayMeet(candidates: Candidates, { kind, words }: Term): readonly number[] {
  if (kind === 'keyword') return candidates.byKeyword.get(keywordWord(words)) ?? NONE;
  return kind === 'text' ? rarest(candidates.byStem, words.map(stemFast)) : rarest(candidates.byName, words);
}

/** Says of each paper what `matchesQuery` would say, having cut it into words once and not for each query. */
function matchSearch(candidates: Candidates, query: SearchQuery): number[] {
  const meets = (paper: Ready, { kind, words }: Term): boolean => {
    if (kind === 'keyword') return paper.keywords.has(keywordWord(words));
    if (kind === 'text') return holds(paper.texts, words.map(stemFast));
    return holds(kind === 'author' ? paper.authors : paper.organisation, words);
  };
  // The group that fewest papers can meet decides who is looked at.
  const lists = query.groups.map((group) => new Set(group.flatMap((term) => [...mayMeet(candidates, term)])));
  const [fewest = new Set<number>()] = lists.sort((a, b) => a.size - b.size);
  return [...fewest]
    .sort((a, b) => a - b)
    .filter((at) => {
      const ready = candidates.papers[at];
      if (!ready) return false;
      const { publishedOn } = ready.paper;
      if (query.since !== null && (publishedOn === null || publishedOn < query.since)) return false;
      if (query.before !== null && (publishedOn === null || publishedOn >= query.before)) return false;
      return (
        query.groups.every((group) => group.some((term) => meets(ready, term))) &&
        !query.without.some((term) => meets(ready, term))
      );
    });
}

/** Given names agree where one is the other, or its first letter; what stands between first and last is no matter. */
function isSamePerson(wanted: readonly string[], name: readonly string[]): boolean {
  if (wanted.length < 2 || name.length < 2) return wanted.join(' ') === name.join(' ');
  if (wanted.at(-1) !== name.at(-1)) return false;
  const [a = '', b = ''] = [wanted[0], name[0]];
  return a === b || (a.length === 1 && b.startsWith(a)) || (b.length === 1 && a.startsWith(b));
}

function isAbout({ texts, keywordStems, paper }: Ready, topic: Topic, phrases: Texts): boolean {
  const [primary] = paper.categories;
  if (primary !== undefined && topic.categories.includes(primary)) return true;
  const [title = [], abstract = []] = texts;
  let inAbstract = 0;
  for (const phrase of phrases) {
    if (countPhrase(title, phrase, 1) > 0 || holds(keywordStems, phrase)) return true;
    inAbstract += countPhrase(abstract, phrase, 2);
    if (inAbstract >= 2) return true;
  }
  return false;
}

const isIn = (category: string, wanted: string) => category === wanted || category.startsWith(`${wanted}.`);

/** The papers that an interest finds, by their places, ascending. */
export function matchInterest(candidates: Candidates, wanted: Wanted): number[] {
  const { papers } = candidates;
  const among = (list: Iterable<number>, keep: (paper: Ready) => boolean) =>
    [...new Set(list)]
      .sort((a, b) => a - b)
      .filter((at) => {
        const paper = papers[at];
        return paper !== undefined && keep(paper);
      });
  switch (wanted.kind) {
    case 'search':
      return matchSearch(candidates, wanted.query);
    case 'author':
      return among(candidates.byName.get(wanted.words.at(-1) ?? '') ?? NONE, ({ authors }) =>
        authors.some((name) => isSamePerson(wanted.words, name)),
      );
    case 'organisation':
      return among(rarest(candidates.byName, wanted.words), ({ organisation }) =>
        holds(organisation, wanted.words),
      );
    case 'topic': {
      // Each once: `robot` and `robotic` have one stem.
      const distinct = new Set(wanted.topic.phrases.map((phrase) => stemsOf(phrase).join(' ')));
      const phrases = [...distinct].map((phrase) => phrase.split(' '));
      return among(papers.keys(), (paper) => isAbout(paper, wanted.topic, phrases));
    }
    case 'category':
      return among(papers.keys(), ({ paper }) => paper.categories.some((one) => isIn(one, wanted.category)));
  }
}
