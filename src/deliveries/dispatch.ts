import type { Clock, Db, Log } from '../platform/index.ts';
import { countQueued, giveBack, takeDue } from './ledger.ts';
import { cut } from './rules/batch.ts';

export interface DispatchContext {
  db: Db;
  clock: Clock;
  log: Log;
  /** Gives batches of delivery ids to the queue; or, for `paperboy deliver`, sends them here and now. */
  enqueue(batches: readonly (readonly number[])[]): Promise<void>;
}

/** Ids in a job: enough to make the job's own cost small, few enough that a lost one is soon made up. */
export const BATCH_SIZE = 200;

/** Rows queued at once, at most: what a queue that is wiped can cost in time, and what a slow sender can be behind. */
export const QUEUED_MAX = 10_000;

/**
 * Takes deliveries whose hour has come and gives them to the queue. If the queue is away they are put back at once.
 *
 * @returns how many were given
 */
export async function dispatch({ db, clock, log, enqueue }: DispatchContext): Promise<number> {
  const now = clock.now();
  const room = QUEUED_MAX - (await countQueued(db));
  if (room <= 0) return 0;
  const ids = await takeDue(db, now, room);
  if (ids.length === 0) return 0;
  try {
    await enqueue(cut(ids, BATCH_SIZE));
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
