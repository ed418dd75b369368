import { randomUUID } from 'node:crypto';
import { type Claimed, claim, extendClaim, giveBack, type Settlement } from '../deliveries/index.ts';
import type { Clock, Db, Log, Metrics } from '../platform/index.ts';
import type { Links } from '../subscribers/index.ts';
import type { Signer } from './dkim.ts';
import type { Mailroom } from './mailroom.ts';
import { NO_SERVER_WAIT_MS, settlementOf } from './rules/settlement.ts';
import { isPassing, settleFirmly } from './settle-firmly.ts';
import type { Transport } from './transport.ts';

export interface SendContext {
  db: Db;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  mailroom: Mailroom;
  transport: Transport;
  links: Links;
  mailDomain: string;
  /** Absent: the relay signs. */
  sign?: Signer;
  uncertain: 'hold' | 'resend';
  /** From 0 to 1. */
  random(): number;
}

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

/**
 * Sends a batch of deliveries: claims a chunk no larger than the connections that can take it, looks once more whether
 * each may be sent, composes, sends all at once, and settles them under the claim; then the next chunk.
 *
 * @param stop - when it aborts, what is under way is finished and the rest given back
 */
export async function sendBatch(
  context: SendContext,
  ids: readonly number[],
  stop?: AbortSignal,
): Promise<SendCounts> {
  const counts: SendCounts = {};
  const rest = [...ids];
  // While one half of the connections waits for the database, the other half sends.
  const { capacity } = context.transport;
  const halves = capacity > 1 ? [Math.ceil(capacity / 2), Math.floor(capacity / 2)] : [1];
  const lanes = await Promise.allSettled(
    halves.map((connections) => sendLane(context, rest, connections, counts, stop)),
  );
  // A lane fails when the database does not let it claim; its rows are queued still, and the sweep finds them.
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  if (rest.length > 0) await giveBack(context.db, rest);
  return counts;
}

/** Takes chunks of at most `connections` from `rest` until it is empty; never has more than that many claimed. */
async function sendLane(
  context: SendContext,
  rest: number[],
  connections: number,
  counts: SendCounts,
  stop: AbortSignal | undefined,
): Promise<void> {
  const late = new Set<Promise<void>>();
  try {
    while (rest.length > 0 && !stop?.aborted) {
      if (late.size >= connections) await Promise.race(late);
      else
        for (const mail of await sendChunk(context, rest.splice(0, connections - late.size), counts)) {
          const straggler: Promise<void> = mail.finally(() => late.delete(straggler));
          late.add(straggler);
        }
    }
  } finally {
    await Promise.all(late);
  }
}

/** @returns those mails that took longer than a chunk waits; each settles itself when it ends */
async function sendChunk(
  context: SendContext,
  ids: readonly number[],
  counts: SendCounts,
): Promise<Promise<void>[]> {
  const { db, clock, metrics } = context;
  const claimId = randomUUID();
  const until = () => new Date(clock.now().getTime() + CLAIM_MS);
  const rows = await claim(context, ids, claimId, clock.now(), until());
  if (rows.length === 0) return [];
  const extending = setInterval(() => {
    extendClaim(db, claimId, until()).catch((error: Error) =>
      context.log.warn({ err: error.message }, 'a claim could not be extended'),
    );
  }, EXTEND_EVERY_MS);

  const kinds = new Map(rows.map((row) => [row.id, row.kind]));
  const finish = async (endings: readonly Settlement[]) => {
    await settleFirmly(context, claimId, endings);
    for (const { id, state } of endings) {
      metrics.settled.inc({ kind: kinds.get(id) ?? 'digest', state });
      counts[state] = (counts[state] ?? 0) + 1;
    }
  };
  const ended: Settlement[] = [];
  let together = true;
  const underWay = new Set<Promise<void>>();
  for (const row of rows) {
    const mail: Promise<void> = sendOne(context, row)
      .then((ending) => (together ? void ended.push(ending) : finish([ending])))
      // A bug; nobody knows how far it came, and the sweep will say so.
      .catch((error: Error) => context.log.error({ delivery: row.id, err: error.message }, 'a mail was lost'))
      .finally(() => underWay.delete(mail));
    underWay.add(mail);
  }
  const all = Promise.all(underWay).finally(() => clearInterval(extending));
  await within(PATIENCE_MS, all);
  together = false;
  if (ended.length > 0) await finish(ended);
  return [...underWay];
}

/** Resolves with the work, or after the time if that comes first. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, time]).finally(() => clearTimeout(timer));
}

async function sendOne(context: SendContext, row: Claimed): Promise<Settlement> {
  const { clock, log, transport } = context;
  const name = { id: row.id, month: row.month };
  if (row.refusal) return { ...name, ...row.refusal };
  let composed: Awaited<ReturnType<typeof compose>>;
  try {
    composed = await compose(context, row);
  } catch (error) {
    const { message } = error as Error;
    if (isPassing(error))
      return {
        ...name,
        state: 'planned',
        dueAtMs: clock.now().getTime() + NO_SERVER_WAIT_MS,
        reason: `not composed: ${message}`,
      };
    // Nothing has been sent: a fault of ours that a new version may mend.
    log.error({ delivery: row.id, err: message }, 'a mail could not be composed');
    return { ...name, state: 'failed', reason: `could not be composed: ${message}` };
  }
  if (composed === null) return { ...name, state: 'cancelled', reason: 'the edition was removed' };
  if (row.kind === 'digest' && composed.papers.length === 0)
    return { ...name, state: 'skipped', reason: 'nothing to read' };
  const outcome = await transport.send({
    from: context.links.bounceAddress(row.id, context.mailDomain),
    to: row.email,
    bytes: composed.bytes,
  });
  const { ours, ...ending } = settlementOf(outcome, {
    attempts: row.attempts,
    nowMs: clock.now().getTime(),
    random: context.random(),
    uncertain: context.uncertain,
  });
  if (ours) {
    context.metrics.ours.inc();
    log.error(
      { delivery: row.id, server: outcome.server, code: ending.smtpCode },
      'a server refuses mail because of us',
    );
  }
  return { ...name, ...ending, ...(ending.state === 'sent' && { papers: composed.papers }) };
}

async function compose(
  context: SendContext,
  row: Claimed,
): Promise<{ bytes: Buffer; papers: string[] } | null> {
  const { db, clock, mailroom } = context;
  const order = {
    deliveryId: row.id,
    messageId: row.messageId,
    subscriberId: row.subscriberId,
    email: row.email,
    maxPapers: row.maxPapers,
  };
  const composed =
    row.kind === 'digest'
      ? await mailroom.composeDigest(db, row.editionId ?? 0, order, clock.now())
      : await mailroom.composeConfirmation({ ...order, requestId: row.requestId ?? 0 }, clock.now());
  return composed && context.sign ? { ...composed, bytes: await context.sign(composed.bytes) } : composed;
}
