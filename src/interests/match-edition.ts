import type { Clock, Db } from '../platform/index.ts';
import { ensureVocabulary } from './learn.ts';
import { matchInterest, readyCandidates } from './rules/candidates.ts';
import { NEAR_MIN } from './rules/compose-selection.ts';
import { wantedOf } from './rules/interest.ts';
import { type Profile, profileSchema, readyPapers, scorePapers } from './rules/profile.ts';
import {
  type CandidateRow,
  clearMatches,
  healFollowed,
  type MatchingRow,
  pruneFollowed,
  readCandidates,
  readFollowed,
  readMatching,
  readProfiles,
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

/** Counts of what was matched; `unknown`: no such edition, or one without papers; `already`: it was done before. */
export type Matched = ({ outcome: 'matched' | 'already' } & MatchingRow) | { outcome: 'unknown' };

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

async function matchFollowed(
  db: Db,
  editionId: number,
  candidates: readonly CandidateRow[],
): Promise<number> {
  const ready = readyCandidates(candidates);
  let interests = 0;
  let after = 0;
  for (;;) {
    const piece = await readFollowed(db, after, PIECE);
    const found = piece.flatMap((interest) => {
      const wanted = wantedOf(interest);
      const places = wanted === null ? [] : matchInterest(ready, wanted);
      return places.length === 0
        ? []
        : [{ id: interest.id, ranks: places.map((place) => candidates[place]?.rank ?? 0) }];
    });
    if (found.length > 0) await writeMatches(db, editionId, found);
    interests += piece.length;
    after = piece.at(-1)?.id ?? after;
    if (piece.length < PIECE) return interests;
    await turn();
  }
}

async function scoreProfiles(
  context: MatchContext,
  db: Db,
  editionId: number,
  candidates: readonly CandidateRow[],
): Promise<number> {
  let profiles = 0;
  let after = 0;
  let papers: ReturnType<typeof readyPapers> | undefined;
  for (;;) {
    const piece = await readProfiles(db, after, PROFILES);
    // Made only where somebody voted: it costs 6 MB and a look at each candidate.
    if (piece.length > 0 && !papers)
      papers = readyPapers(candidates, await ensureVocabulary({ ...context, db }));
    const near = piece.flatMap(({ id, model }) => {
      const profile = profileSchema.safeParse(model);
      const best = profile.success && papers ? nearest(profile.data, papers, candidates) : [];
      return best.length === 0
        ? []
        : [
            {
              id,
              ranks: best.map(({ rank }) => rank),
              scores: best.map(({ score }) => Number(score.toFixed(4))),
            },
          ];
    });
    if (near.length > 0) await writeNear(db, editionId, near);
    profiles += piece.length;
    after = piece.at(-1)?.id ?? after;
    if (piece.length < PROFILES) return profiles;
    await turn();
  }
}

/**
 * Finds, once for an edition, what each thing that somebody follows and each profile finds among its papers, so that
 * choosing for a reader is a look-up. Done twice, it does nothing the second time; two at once wait for each other.
 *
 * @param options.again - forget what was found and do it anew, as after a new interest (default: false)
 */
export async function matchEdition(
  context: MatchContext,
  editionId: number,
  { again = false }: { again?: boolean } = {},
): Promise<Matched> {
  return context.db.transaction(async (db) => {
    const lock = `select pg_advisory_xact_lock(hashtext('match-edition'), $1::bigint::int)`;
    await db.query('interests.lock-matching', lock, [editionId]);
    const done = await readMatching(db, editionId);
    if (done && !again) return { outcome: 'already', ...done };
    const candidates = await readCandidates(db, editionId);
    if (candidates.length === 0) return { outcome: 'unknown' };
    await clearMatches(db, editionId);
    await pruneFollowed(db);
    await healFollowed(db);
    const interests = await matchFollowed(db, editionId, candidates);
    const row = { interests, profiles: await scoreProfiles(context, db, editionId, candidates) };
    await writeMatching(db, editionId, row, context.clock.now());
    return { outcome: 'matched', ...row };
  });
}
