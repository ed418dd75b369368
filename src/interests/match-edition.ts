import type { Clock, Db } from '../platform/index.ts';
import { ensureVocabulary } from './learn.ts';
import { matchInterest, readyCandidates } from './rules/candidates.ts';
import { NEAR_MIN } from './rules/compose-selection.ts';
import { wantedOf } from './rules/interest.ts';
import { type Profile, profileSchema, readyPapers, scorePapers } from './rules/profile.ts';
import { healFollowed, pruneFollowed, readFollowed } from './store-followed.ts';
import {
  type CandidateRow,
  pruneMatches,
  readCandidates,
  readMatching,
  readProfiles,
  readUnmatched,
  writeMatches,
  writeMatching,
  writeNear,
} from './store-match.ts';

/** Interests read and matched before others get their turn. */
const PIECE = 2000;
/** Profiles scored at once: 100 of 50 kB each are 5 MB. */
const PROFILES = 100;
/** Near papers kept of an edition for one reader: more than most digests have cards. */
const NEAR_MAX = 30;

/** Counts of what was looked for; `unknown`: no such edition, or one without papers. */
export type Matched = { outcome: 'matched'; interests: number; profiles: number } | { outcome: 'unknown' };

export interface MatchContext {
  db: Db;
  clock: Clock;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The nearest papers of a profile, best first. */
function nearest(
  profile: Profile,
  papers: ReturnType<typeof readyPapers>,
  candidates: readonly CandidateRow[],
) {
  return [...scorePapers(profile, papers)]
    .map((score, at) => ({ score, rank: candidates[at]?.rank ?? 0 }))
    .filter(({ score }) => score >= NEAR_MIN)
    .sort((a, b) => b.score - a.score || a.rank - b.rank)
    .slice(0, NEAR_MAX);
}

/** What is matched: an edition's papers, with what came since. */
interface Matching {
  editionId: number;
  candidates: readonly CandidateRow[];
  /** Null: all. */
  since: Date | null;
}

async function matchFollowed(
  db: Db,
  { editionId, candidates, since }: Matching,
): Promise<{ interests: number; found: number }> {
  let ready: ReturnType<typeof readyCandidates> | undefined;
  let interests = 0;
  let found = 0;
  let after = 0;
  for (;;) {
    const piece = await readFollowed(db, { since, after, limit: PIECE });
    if (piece.length > 0) ready ??= readyCandidates(candidates);
    const hits = piece.flatMap((interest) => {
      const wanted = wantedOf(interest);
      const places = wanted === null || !ready ? [] : matchInterest(ready, wanted);
      return places.length === 0
        ? []
        : [{ id: interest.id, ranks: places.map((place) => candidates[place]?.rank ?? 0) }];
    });
    if (hits.length > 0) found += await writeMatches(db, editionId, hits);
    interests += piece.length;
    after = piece.at(-1)?.id ?? after;
    if (piece.length < PIECE) return { interests, found };
    await turn();
  }
}

async function scoreProfiles(
  context: MatchContext,
  db: Db,
  { editionId, candidates, since }: Matching,
): Promise<number> {
  let profiles = 0;
  let after = 0;
  let papers: ReturnType<typeof readyPapers> | undefined;
  for (;;) {
    const piece = await readProfiles(db, { since, after, limit: PROFILES });
    // Made only where somebody voted: it costs 6 MB and a look at each candidate.
    if (piece.length > 0 && !papers)
      papers = readyPapers(candidates, await ensureVocabulary({ ...context, db }));
    const near = piece.map(({ id, model }) => {
      const profile = profileSchema.safeParse(model);
      const best = profile.success && papers ? nearest(profile.data, papers, candidates) : [];
      return {
        id,
        ranks: best.map(({ rank }) => rank),
        scores: best.map(({ score }) => Number(score.toFixed(4))),
      };
    });
    if (near.length > 0) await writeNear(db, editionId, near);
    profiles += piece.length;
    after = piece.at(-1)?.id ?? after;
    if (piece.length < PROFILES) return profiles;
    await turn();
  }
}

/**
 * Finds what each thing that somebody follows and each profile finds among an edition's papers, so that choosing for a
 * reader is a look-up. Asked again, it does the same for what was followed and learnt since. Two at once wait for each
 * other.
 */
export async function matchEdition(context: MatchContext, editionId: number): Promise<Matched> {
  return context.db.transaction(async (db) => {
    const lock = `select pg_advisory_xact_lock(hashtext('match-edition'), $1::bigint::int)`;
    await db.query('interests.lock-matching', lock, [editionId]);
    const done = await readMatching(db, editionId);
    const candidates = await readCandidates(db, editionId);
    if (candidates.length === 0) return { outcome: 'unknown' };
    if (!done) {
      await pruneMatches(db, context.clock.now());
      await pruneFollowed(db);
      await healFollowed(db);
    }
    const what = { editionId, candidates };
    const { interests, found } = await matchFollowed(db, { ...what, since: done?.followedThrough ?? null });
    const profiles = await scoreProfiles(context, db, { ...what, since: done?.profilesThrough ?? null });
    await writeMatching(db, editionId, { interests, profiles, found: found > 0 }, context.clock.now());
    return { outcome: 'matched', interests, profiles };
  });
}

/**
 * Matches each edition that is being sent and is not matched, or not with all that is followed and learnt by now.
 *
 * @returns how many editions were looked at
 */
export async function matchDue(context: MatchContext): Promise<number> {
  const due = await readUnmatched(context.db, context.clock.now());
  for (const editionId of due) await matchEdition(context, editionId);
  return due.length;
}
