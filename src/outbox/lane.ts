import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Claimed, extendClaim, type Settlement } from '../deliveries/index.ts';
import { domainOf } from './rules/pace.ts';
import type { SendContext } from './send-context.ts';
import { sendOne } from './send-one.ts';
import { exchangeFirmly, settleFirmly } from './settle-firmly.ts';

/** Rows by what came of them; `planned` are to be tried again. */
export type SendCounts = Partial<Record<Settlement['state'], number>>;

/** A claim that nobody extends ends after this long, and its rows are swept. */
const CLAIM_MS = 60_000;
const EXTEND_EVERY_MS = 20_000;

/**
 * A chunk waits this long for its mails. Those that a server still thinks about then (it may take 10 minutes) keep their
 * connection, and the next chunk takes the others.
 */
const PATIENCE_MS = 1_000;

/** What the lanes of a batch share. */
export interface Batch {
  /** Ids that no lane has taken yet. */
  rest: number[];
  counts: SendCounts;
  /** Mails that take longer than a chunk waits; each settles itself when it ends. */
  late: Set<Promise<void>>;
  stop: AbortSignal | undefined;
}

/**
 * Takes ids from the batch until none is left: chunk by chunk it claims, sends, and settles together with the next claim.
 * Never has more rows claimed than it holds permits.
 *
 * @param width - permits at most
 * @throws when the database refuses to let it claim; its rows are queued still, and the sweep finds them
 */
export async function runLane(context: SendContext, batch: Batch, width: number): Promise<void> {
  const { db, clock, permits, log } = context;
  const claimId = randomUUID();
  const until = () => new Date(clock.now().getTime() + CLAIM_MS);
  const extending = setInterval(() => {
    extendClaim(db, claimId, until()).catch((error: Error) =>
      log.warn({ err: error.message }, 'a claim could not be extended'),
    );
  }, EXTEND_EVERY_MS);
  const own = new Set<Promise<void>>();
  let held = await permits.take(width);
  let ended: Ended[] = [];
  try {
    while (batch.rest.length > 0 && !batch.stop?.aborted) {
      held += held === 0 ? await permits.take(width) : permits.takeMore(width - held);
      const exchange = { claimId, endings: settlements(ended), ids: batch.rest.splice(0, held) };
      const rows = await exchangeFirmly(context, exchange, until, batch.stop);
      count(context, batch, ended);
      const chunk = await sendChunk(context, rows, (ending) =>
        finish([ending]).finally(() => permits.give(1)),
      );
      ended = chunk.ended;
      held -= chunk.late.length;
      for (const mail of chunk.late) {
        own.add(mail);
        const straggler = mail.finally(() => batch.late.delete(straggler));
        batch.late.add(straggler);
      }
    }
    if (ended.length > 0) await finish(ended);
  } finally {
    permits.give(held);
    Promise.all(own).finally(() => clearInterval(extending));
  }

  async function finish(endings: readonly Ended[]): Promise<void> {
    await settleFirmly(context, claimId, settlements(endings));
    count(context, batch, endings);
  }
}

/** What came of a row, and of what kind it is. */
interface Ended {
  kind: Claimed['kind'];
  ending: Settlement;
}

const settlements = (ended: readonly Ended[]) => ended.map(({ ending }) => ending);

function count({ metrics }: SendContext, { counts }: Batch, ended: readonly Ended[]): void {
  for (const { kind, ending } of ended) {
    metrics.settled.inc({ kind, state: ending.state });
    counts[ending.state] = (counts[ending.state] ?? 0) + 1;
  }
}

/**
 * Sends claimed rows, all at once.
 *
 * @param onLate - settles a mail that ended after the chunk did
 * @returns ended - what came of those that took no longer than a chunk waits; late - the others
 */
async function sendChunk(
  context: SendContext,
  rows: readonly Claimed[],
  onLate: (ended: Ended) => Promise<void>,
): Promise<{ ended: Ended[]; late: Promise<void>[] }> {
  const ended: Ended[] = [];
  let together = true;
  const underWay = new Set<Promise<void>>();
  const allowed = rows
    .filter((row) => !row.refusal)
    .map(({ id, email }) => ({ id, domain: domainOf(email) }));
  // After the claim holds, not before: a run that is in trouble starves no other.
  const { go, later } = await context.throttle.plan(allowed);
  for (const row of rows) {
    const dueAtMs = later.get(row.id);
    if (dueAtMs !== undefined) {
      ended.push({ kind: row.kind, ending: putOff(row, dueAtMs) });
      continue;
    }
    const mail: Promise<void> = sendInTurn(context, row, go.get(row.id) ?? 0)
      .then(async (ending) => {
        const one = { kind: row.kind, ending };
        if (together) ended.push(one);
        else await onLate(one);
      })
      // A bug; nobody knows how far it came, and the sweep will say so.
      .catch((error: Error) => context.log.error({ delivery: row.id, err: error.message }, 'a mail was lost'))
      .finally(() => underWay.delete(mail));
    underWay.add(mail);
  }
  await within(PATIENCE_MS, Promise.all(underWay));
  together = false;
  return { ended, late: [...underWay] };
}

async function sendInTurn(context: SendContext, row: Claimed, waitMs: number): Promise<Settlement> {
  if (waitMs > 0) await delay(waitMs);
  return sendOne(context, row);
}

const putOff = ({ id, month }: Claimed, dueAtMs: number): Settlement => ({
  id,
  month,
  state: 'planned',
  dueAtMs,
  reason: 'waits for its turn: the rate is used up',
});

/** Resolves with the work, or after the time if that comes first. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, time]).finally(() => clearTimeout(timer));
}
