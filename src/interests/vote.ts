import type { Clock, Db } from '../platform/index.ts';
import { nameKey } from './rules/terms.ts';
import {
  deleteUnwantedAuthor,
  deleteVote,
  readUnwantedAuthors,
  readVote as readVoteRow,
  type VoteOutcome,
  writeUnwantedAuthor,
  writeVote,
} from './store.ts';

export interface VoteContext {
  db: Db;
  clock: Clock;
}

const NAME_MAX = 200;
/** Authors that one reader may leave out. */
const UNWANTED_MAX = 1000;

/**
 * Records `more` or `less` like this; the last word on a paper counts. `unknown`: no such reader or paper. For a POST
 * only: a link that is merely opened must not vote.
 */
export const recordVote = (
  { db, clock }: VoteContext,
  vote: { subscriberId: number; paperId: string; vote: 'more' | 'less' },
): Promise<VoteOutcome> => writeVote(db, { ...vote, at: clock.now() });

/** Takes a vote back: the undo of `recordVote`. */
export const undoVote = async (
  db: Db,
  subscriberId: number,
  paperId: string,
): Promise<'undone' | 'unknown'> => ((await deleteVote(db, subscriberId, paperId)) ? 'undone' : 'unknown');

/** "Not this author": leaves their papers out of this reader's digests. `many`: 1,000 are left out already. */
export async function refuseAuthor(
  { db, clock }: VoteContext,
  subscriberId: number,
  name: string,
): Promise<'refused' | 'malformed' | 'unknown' | 'many'> {
  if (nameKey(name) === '' || name.length > NAME_MAX) return 'malformed';
  const unwanted = await readUnwantedAuthors(db, subscriberId);
  if (unwanted.length >= UNWANTED_MAX && !unwanted.some(({ author }) => author === name)) return 'many';
  return (await writeUnwantedAuthor(db, subscriberId, name, clock.now())) ? 'refused' : 'unknown';
}

/** The undo of `refuseAuthor`; the name may be written otherwise. */
export const allowAuthor = async (
  db: Db,
  subscriberId: number,
  name: string,
): Promise<'allowed' | 'unknown'> =>
  (await deleteUnwantedAuthor(db, subscriberId, name)) ? 'allowed' : 'unknown';

/** What a reader said of a paper; null: nothing. */
export const readVote = readVoteRow;
