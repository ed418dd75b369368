import type { Clock, Db } from '../platform/index.ts';
import type { Feature } from './rules/omissions.ts';
import { learnProfile, type VotedPaper } from './rules/profile.ts';
import { type ModelPaper, termsOf } from './rules/terms.ts';
import { addPaper, addToMean, emptyVocabulary, type Vocabulary, vectorOf } from './rules/vocabulary.ts';
import {
  countPapersBefore,
  hasStale,
  peekVocabulary,
  readPapersBefore,
  readVocabulary,
  readVotedPapers,
  type StoredVocabulary,
  takeStale,
  writeProfiles,
  writeVocabulary,
} from './store-learn.ts';
import { readLibraries } from './store-library.ts';
import { readOmissions } from './store-omissions.ts';

/** Papers that a vocabulary is made of: half a year of Hugging Face; 5 s of work, done in pieces. */
const VOCABULARY_PAPERS = 5000;
/** Words change slowly, and each new vocabulary has all profiles learnt anew. */
const VOCABULARY_DAYS = 30;
/** Papers read at once. */
const PIECE = 200;
/** Papers cut into words before others get their turn: about 20 ms. */
const IN_TURN = 20;
/** Votes of a reader that count: the newest. */
const VOTES_MAX = 300;
/** Readers learnt in one transaction: about 0.2 s, so that a vote never waits longer. */
const CHUNK = 10;
const DAY_MS = 86_400_000;

export interface LearnContext {
  db: Db;
  clock: Clock;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function makeVocabulary(db: Db, now: Date): Promise<Vocabulary> {
  const vocabulary = emptyVocabulary();
  const all: Map<string, number>[] = [];
  for (let offset = 0; offset < VOCABULARY_PAPERS; offset += PIECE) {
    const papers: ModelPaper[] = await readPapersBefore(db, now, { limit: PIECE, offset });
    for (const [at, paper] of papers.entries()) {
      const terms = termsOf(paper);
      addPaper(vocabulary, paper, terms);
      all.push(terms);
      if (at % IN_TURN === IN_TURN - 1) await turn();
    }
    if (papers.length < PIECE) break;
  }
  for (const [at, terms] of all.entries()) {
    addToMean(vocabulary, vectorOf(vocabulary, terms));
    if (at % IN_TURN === IN_TURN - 1) await turn();
  }
  return vocabulary;
}

/** Whether the vocabulary is too old or was made of too few papers. */
async function isOutdated(db: Db, now: Date): Promise<boolean> {
  const newest = await peekVocabulary(db);
  if (!newest) return true;
  if (now.getTime() - newest.madeAt.getTime() > VOCABULARY_DAYS * DAY_MS) return true;
  if (newest.papers >= VOCABULARY_PAPERS) return false;
  return (await countPapersBefore(db, now, newest.papers * 2 + 1)) >= Math.max(newest.papers * 2, 1);
}

/** The vocabulary to work with: the newest; made when there is none, it is a month old, or there are twice the papers. */
export async function ensureVocabulary({ db, clock }: LearnContext): Promise<StoredVocabulary> {
  const now = clock.now();
  if (await isOutdated(db, now)) await writeVocabulary(db, await makeVocabulary(db, now), now);
  const vocabulary = await readVocabulary(db);
  if (!vocabulary) throw new Error('The vocabulary that was just stored is not there.');
  return vocabulary;
}

/** What is learnt from of each of these readers: votes and library; and what is left out. */
async function readLessons(db: Db, ids: readonly number[]) {
  const lessons = new Map(ids.map((id) => [id, { papers: [] as VotedPaper[], omissions: [] as Feature[] }]));
  for (const { subscriberId, vote, ...paper } of await readVotedPapers(db, ids, VOTES_MAX))
    lessons.get(subscriberId)?.papers.push({ vote, paper });
  for (const { subscriberId, at: _, ...paper } of await readLibraries(db, ids))
    lessons.get(subscriberId)?.papers.push({ vote: 'more', paper: { ...paper, organisation: null } });
  for (const { subscriberId, kind, key } of await readOmissions(db, ids))
    lessons.get(subscriberId)?.omissions.push({ kind, key });
  return lessons;
}

/**
 * Learns from the votes, libraries and edits that came since the last time: for the background, a while after they come.
 * Safe to run twice and at once.
 *
 * @param options.limit - readers at most (default: 1,000)
 * @returns how many profiles were learnt
 */
export async function learn(
  context: LearnContext,
  { limit = 1000 }: { limit?: number } = {},
): Promise<{ learnt: number }> {
  const { db, clock } = context;
  // Asked every minute: a vocabulary is 6 MB to read and seconds to make.
  if (!(await hasStale(db))) return { learnt: 0 };
  const vocabulary = await ensureVocabulary(context);
  let learnt = 0;
  while (learnt < limit) {
    const done = await db.transaction(async (tx) => {
      const ids = await takeStale(tx, vocabulary.id, Math.min(CHUNK, limit - learnt));
      const profiles = [];
      for (const [subscriberId, { papers, omissions }] of await readLessons(tx, ids)) {
        const model = papers.length === 0 ? null : learnProfile(papers, vocabulary, omissions);
        profiles.push({ subscriberId, model });
        // A library of 500 takes about 0.1 s.
        await turn();
      }
      await writeProfiles(tx, profiles, { vocabularyId: vocabulary.id, now: clock.now() });
      return ids.length;
    });
    learnt += done;
    if (done < CHUNK) break;
    await turn();
  }
  return { learnt };
}
