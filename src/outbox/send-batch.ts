import { giveBack } from '../deliveries/index.ts';
import { type Batch, runLane, type SendCounts } from './lane.ts';
import type { SendContext } from './send-context.ts';

/** Permits of a lane at most: while one waits for the database, the others send (measured: see README, performance). */
const LANE_SHARE = 1 / 4;
/** With fewer connections two lanes do: a claim of a handful of rows costs the database as much as one of twenty. */
const LANE_MIN = 20;

/** How many rows a lane claims at once. */
export function laneWidth(connections: number): number {
  const half = Math.ceil(connections / 2);
  return Math.max(Math.ceil(connections * LANE_SHARE), Math.min(half, LANE_MIN));
}

/**
 * Sends a batch of deliveries: lanes claim chunks, together never more than there are connections, look once more whether
 * each row may be sent, compose, send, and settle under the claim. Batches that run at once share the connections.
 *
 * @param stop - when it aborts, what is under way is finished and the rest given back
 * @returns as soon as all have been tried. `late` resolves when those that a server still thinks about are settled too;
 *   `counts` are theirs then as well
 */
export async function startBatch(
  context: SendContext,
  ids: readonly number[],
  stop?: AbortSignal,
): Promise<{ counts: SendCounts; late: Promise<void> }> {
  const width = laneWidth(context.permits.total);
  const batch: Batch = { rest: [...ids], counts: {}, late: new Set(), stop };
  const lanes = Math.min(Math.ceil(context.permits.total / width), Math.ceil(ids.length / width));
  const ended = await Promise.allSettled(Array.from({ length: lanes }, () => runLane(context, batch, width)));
  const late = Promise.all(batch.late).then(() => {});
  for (const lane of ended)
    if (lane.status === 'rejected') {
      await late;
      throw lane.reason;
    }
  if (batch.rest.length > 0) await giveBack(context.db, batch.rest);
  return { counts: batch.counts, late };
}

/** The same, and waits for all. */
export async function sendBatch(
  context: SendContext,
  ids: readonly number[],
  stop?: AbortSignal,
): Promise<SendCounts> {
  const { counts, late } = await startBatch(context, ids, stop);
  await late;
  return counts;
}
