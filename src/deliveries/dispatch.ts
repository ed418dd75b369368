import type { Clock, Db, Log } from '../platform/index.ts';
import { giveBack, readQueued, takeDue } from './ledger.ts';
import { cut } from './rules/batch.ts';

export interface DispatchContext {
  db: Db;
  clock: Clock;
  log: Log;
  /**
   * Gives batches of delivery ids to the queue; or, for `paperboy deliver`, sends them here and now.
   *
   * @param first - before all that the queue holds
   */
  enqueue(batches: readonly (readonly number[])[], first: boolean): Promise<void>;
}

/** Ids in a job: enough to make the job's own cost small, few enough that a lost one is soon made up. */
export const BATCH_SIZE = 1_000;

/** Rows queued at once, at most: what a queue that is wiped can cost in time, and what a slow sender can be behind. */
export const QUEUED_MAX = 10_000;

/** Confirmations given in one go, whatever else is queued: more than a site gets in a minute, less than floods a queue. */
const CONFIRMATIONS_MAX = 1_000;

/**
 * Takes deliveries whose hour has come and gives them to the queue, confirmations before digests. If the queue is away
 * they are put back at once.
 *
 * @returns how many were given
 */
export async function dispatch({ db, clock, log, enqueue }: DispatchContext): Promise<number> {
  const now = clock.now();
  const { queued, paused } = await readQueued(db);
  const limit = { confirmations: CONFIRMATIONS_MAX, digests: Math.max(0, QUEUED_MAX - queued) };
  const { confirmations, digests } = await takeDue(db, now, limit, paused);
  const ids = [...confirmations, ...digests];
  if (ids.length === 0) return 0;
  try {
    if (confirmations.length > 0) await enqueue(cut(confirmations, BATCH_SIZE), true);
    if (digests.length > 0) await enqueue(cut(digests, BATCH_SIZE), false);
  } catch (error) {
    await giveBack(db, ids);
    log.warn(
      { rows: ids.length, err: (error as Error).message },
      'the queue is away; its rows wait in the ledger',
    );
    return 0;
  }
  log.debug({ rows: ids.length }, 'dispatched');
  return ids.length;
}
