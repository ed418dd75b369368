import type { Clock, Db, Log } from '../platform/index.ts';
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
  writeMatched,
  writeMatches,
  writeNear,
  writeScored,
} from './store-match.ts';

/** Interests read and matched before others get their turn. */
const PIECE = 2000;
/** Profiles scored at once: 100 of 50 kB each are 5 MB. */
const PROFILES = 100;
/** A row that `healFollowed` adds was followed while it was pruned: rare, and noticed in time. */
const HEAL_MS = 60_000;
/** Near papers kept of an edition for one reader: more than most digests have cards. */
const NEAR_MAX = 30;

/** Counts of what was looked for; `finished`: every profile is scored; `unknown`: no such edition, or one without papers. */
export type Matched =
  | { outcome: 'matched'; interests: number; profiles: number; finished: boolean }
  | { outcome: 'unknown' };

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
  since: Date | null,
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

/** Scores profiles, each piece written at once: who is interrupted goes on where it was. */
async function scoreProfiles(
  context: MatchContext,
  editionId: number,
  candidates: readonly CandidateRow[],
  { since, untilMs }: { since: Date | null; untilMs: number },
): Promise<{ profiles: number; finished: boolean }> {
  const { db } = context;
  let profiles = 0;
  let after = 0;
  let papers: ReturnType<typeof readyPapers> | undefined;
  for (;;) {
    const piece = await readProfiles(db, { editionId, since, after, limit: PROFILES });
    // Made only where somebody voted: it costs 6 MB and a look at each candidate.
    if (piece.length > 0 && !papers) papers = readyPapers(candidates, await ensureVocabulary(context));
    const near = piece.map(({ id, model, updatedAt }) => {
      const profile = profileSchema.safeParse(model);
      const best = profile.success && papers ? nearest(profile.data, papers, candidates) : [];
      return {
        id,
        updatedAt,
        ranks: best.map(({ rank }) => rank),
        scores: best.map(({ score }) => Number(score.toFixed(4))),
      };
    });
    if (near.length > 0) await writeNear(db, editionId, near);
    profiles += piece.length;
    after = piece.at(-1)?.id ?? after;
    if (piece.length < PROFILES) return { profiles, finished: true };
    if (performance.now() > untilMs) return { profiles, finished: false };
    await turn();
  }
}

/**
 * Finds what each thing that somebody follows and each profile finds among an edition's papers, so that choosing for a
 * reader is a look-up. Asked again, it does the same for what was followed and learnt since. Two at once do no harm.
 *
 * @param options.budgetMs - profiles are scored for no longer than this; the next call goes on (default: to the end)
 */
export async function matchEdition(
  context: MatchContext,
  editionId: number,
  { budgetMs = Number.POSITIVE_INFINITY }: { budgetMs?: number } = {},
): Promise<Matched> {
  const { db, clock } = context;
  // What is learnt while it scores is for the next time.
  const through = clock.now();
  const candidates = await readCandidates(db, editionId);
  if (candidates.length === 0) return { outcome: 'unknown' };
  const before = await readMatching(db, editionId);
  if (!before) {
    await pruneMatches(db, through);
    await pruneFollowed(db);
  }
  // A look at all that is followed, so not at each tick of a busy morning.
  if (!before || Date.now() - before.followedThrough.getTime() > HEAL_MS) await healFollowed(db);
  // The profiles, which may take minutes, are not in it: a reader who leaves or votes meanwhile would wait.
  const interests = await db.transaction(async (tx) => {
    const lock = `select pg_advisory_xact_lock(hashtext('match-edition'), $1::bigint::int)`;
    await tx.query('interests.lock-matching', lock, [editionId]);
    const done = await readMatching(tx, editionId);
    const matched = await matchFollowed(tx, editionId, candidates, done?.followedThrough ?? null);
    await writeMatched(
      tx,
      editionId,
      { interests: matched.interests, found: matched.found > 0 },
      clock.now(),
    );
    return matched.interests;
  });
  const scored = await scoreProfiles(context, editionId, candidates, {
    since: before?.profilesThrough ?? null,
    untilMs: performance.now() + budgetMs,
  });
  if (scored.finished) await writeScored(db, editionId, { profiles: scored.profiles, through });
  return { outcome: 'matched', interests, ...scored };
}

/** Of each call: what waits for the planner waits no longer. 100,000 profiles take some minutes of such calls. */
const BUDGET_MS = 2_000;

/**
 * Matches each edition that is being sent and is not matched, or not with all that is followed and learnt by now. One that
 * cannot be matched keeps no other from it.
 *
 * @returns the editions that are not matched with all yet: the next call goes on
 */
export async function matchDue(context: MatchContext & { log: Log }): Promise<number[]> {
  const unfinished: number[] = [];
  for (const editionId of await readUnmatched(context.db, context.clock.now())) {
    try {
      const matched = await matchEdition(context, editionId, { budgetMs: BUDGET_MS });
      if (matched.outcome === 'matched' && !matched.finished) unfinished.push(editionId);
    } catch (error) {
      context.log.error(
        { editionId, err: (error as Error).message },
        'an edition could not be matched with what readers follow',
      );
    }
  }
  return unfinished;
}
