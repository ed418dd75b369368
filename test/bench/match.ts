// `npm run bench:match`: what personal digests cost. A million readers with five interests each, drawn by Zipf's law from
// 20,000 distinct ones, against a day's 500 candidates: matching each distinct interest once, then choosing for each
// reader. Ends with 1 where choosing takes 0.2 ms a reader or more, or matching more than 10 s.

import { parseArgs } from 'node:util';
import { type MatchPaper, matchInterest, readyCandidates } from '../../src/interests/rules/candidates.ts';
import {
  composeSelection,
  draw,
  type MatchedInterest,
  type Pool,
  whyTrending,
} from '../../src/interests/rules/compose-selection.ts';
import { type Interest, wantedOf, whyInterest } from '../../src/interests/rules/interest.ts';
import { learnProfile, readyPapers, scorePapers } from '../../src/interests/rules/profile.ts';
import { TOPICS } from '../../src/interests/rules/topics.ts';
import { buildVocabulary } from '../../src/interests/rules/vocabulary.ts';

const { values: flags } = parseArgs({
  options: {
    readers: { type: 'string', default: '1000000' },
    interests: { type: 'string', default: '20000' },
    candidates: { type: 'string', default: '500' },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log('npm run bench:match -- [--readers 1000000] [--interests 20000] [--candidates 500]');
  process.exit(0);
}
const [readers, distinct, candidates] = [flags.readers, flags.interests, flags.candidates].map(Number);
if (!readers || !distinct || !candidates) {
  console.error(
    'Give whole numbers above 0. Usage: npm run bench:match -- [--readers N] [--interests N] [--candidates N]',
  );
  process.exit(2);
}

/** A number from 0 to 1 that only depends on two others. */
const chance = (a: number, b: number) => draw(a, b, 2 ** 32) / 2 ** 32;
/** A place in a list of `size` by Zipf's law, exponent 1: the first is drawn about as often as the next two. */
const zipf = (size: number, luck: number) => Math.min(Math.floor(size ** luck) - 1, size - 1);

// Words as texts have them: a few everywhere, most hardly anywhere; the phrases of topics among them.
const phrases = TOPICS.flatMap((topic) => topic.phrases);
const wordAt = (n: number) =>
  n % 40 === 39 ? (phrases[Math.floor(n / 40) % phrases.length] ?? '') : `word${n}`;
const text = (seed: number, count: number) =>
  Array.from({ length: count }, (_, at) => wordAt(zipf(30_000, chance(seed, at)))).join(' ');
const nameAt = (n: number) => `Given${n % 997} Family${n}`;
const papers: MatchPaper[] = Array.from({ length: candidates }, (_, n) => ({
  title: text(n + 1, 9),
  abstract: text(n + 100_001, 190),
  authors: Array.from({ length: 7 }, (_, at) => nameAt(zipf(12_000, chance(n + 200_001, at)))),
  organisation: n % 3 === 0 ? null : `Organisation ${zipf(800, chance(n + 300_001, 0))}`,
  keywords: Array.from({ length: 8 }, (_, at) => text(n * 8 + at + 400_001, 2)),
  publishedOn: '2026-06-10',
  categories: ['cs.LG'],
}));

/** The nth distinct interest; topics are the commonest, then authors, searches and organisations in turn. */
function interestAt(n: number): Interest {
  const topic = TOPICS[n];
  if (topic) return { kind: 'topic', value: topic.id };
  if (n % 4 === 0) return { kind: 'organisation', value: `Organisation ${n % 800}` };
  if (n % 4 === 1) return { kind: 'author', value: nameAt(n) };
  const words = [0, 1].map((at) => wordAt(zipf(30_000, 0.4 + 0.6 * chance(n + 500_001, at))).split(' ')[0]);
  return { kind: 'search', value: n % 4 === 2 ? words.join(' ') : `"${words.join(' ')}" OR ${words[0]}` };
}

const time = <T>(work: () => T): [T, number] => {
  const from = performance.now();
  return [work(), performance.now() - from];
};
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

const [ready, readyMs] = time(() => readyCandidates(papers));
const [found, matchMs] = time(() =>
  Array.from({ length: distinct }, (_, n): MatchedInterest | null => {
    const interest = interestAt(n);
    const wanted = wantedOf(interest);
    const places = wanted === null ? [] : matchInterest(ready, wanted);
    return places.length === 0 ? null : { kind: interest.kind, label: whyInterest(interest), places };
  }),
);
const pairs = found.reduce((sum, one) => sum + (one?.places.length ?? 0), 0);
console.log(
  `${distinct} distinct interests against ${candidates} candidates: ready in ${seconds(readyMs)}, matched in ${seconds(matchMs)};`,
);
console.log(
  `${found.filter((one) => one !== null).length} found something, ${(pairs / distinct).toFixed(1)} papers on average.`,
);

const pool: Pool = {
  editionId: 1,
  cards: 12,
  papers: papers.map((_, n) => ({
    id: `2606.${10_000 + n}`,
    why: whyTrending(n + 1, 'Hugging Face', candidates - n),
  })),
};
// A tenth of the readers have voted; what is near to them comes with the reader, as a list.
let cards = 0;
let matched = 0;
let peak = 0;
const [, chooseMs] = time(() => {
  for (let reader = 0; reader < readers; reader += 1) {
    const interests = new Set<MatchedInterest>();
    for (let at = 0; at < 5; at += 1) {
      const one = found[zipf(distinct, chance(reader, at))];
      if (one) interests.add(one);
    }
    const near =
      reader % 10 === 0
        ? Array.from({ length: 30 }, (_, at) => ({ place: (reader + at * 7) % candidates, score: 0.3 }))
        : [];
    const had = new Set([reader % 20, reader % 30, reader % 500]);
    const selection = composeSelection(pool, {
      id: reader,
      maxPapers: null,
      personal: true,
      interests: [...interests],
      near,
      had,
      unwanted: new Set(),
    });
    cards += selection.cards.length;
    matched += selection.matched;
    if (reader % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
  }
});
const each = chooseMs / readers;
console.log(
  `${readers} readers with 5 interests each: chosen in ${seconds(chooseMs)}, ${each.toFixed(4)} ms a reader;`,
);
console.log(
  `${(cards / readers).toFixed(1)} cards each, ${(matched / readers).toFixed(1)} of them asked for; memory at most ${Math.round(peak / 2 ** 20)} MiB.`,
);

const [vocabulary, vocabularyMs] = time(() => buildVocabulary(papers));
const [near, nearMs] = time(() => readyPapers(papers, vocabulary));
const [profile, learnMs] = time(() =>
  learnProfile(
    papers.slice(0, 20).map((paper) => ({ paper, vote: 'more' })),
    vocabulary,
  ),
);
const ROUNDS = 200;
const [, scoreMs] = time(() => {
  for (let round = 0; round < ROUNDS; round += 1) scorePapers(profile, near);
});
console.log(
  `Learning, in the background: a vocabulary of ${candidates} papers ${seconds(vocabularyMs)}, ${candidates} candidates made ready ${seconds(nearMs)}, a profile of 20 votes ${learnMs.toFixed(0)} ms (${Math.round(JSON.stringify(profile).length / 1024)} kB), scored against all candidates ${(scoreMs / ROUNDS).toFixed(2)} ms.`,
);
if (each >= 0.2 || matchMs > 10_000) process.exitCode = 1;
