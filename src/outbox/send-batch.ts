import { randomUUID } from 'node:crypto';
import {
  type Claimed,
  claim,
  cut,
  extendClaim,
  giveBack,
  type Settlement,
  settle,
} from '../deliveries/index.ts';
import type { Clock, Db, Log, Metrics } from '../platform/index.ts';
import type { Links } from '../subscribers/index.ts';
import type { Signer } from './dkim.ts';
import type { Mailroom } from './mailroom.ts';
import { settlementOf } from './rules/settlement.ts';
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
 * Sends a batch of deliveries: claims a chunk no larger than the connections that can take it, looks once more whether
 * each may be sent, composes, sends all at once, and settles them under the claim; then the next chunk.
 *
 * @param stop - when it aborts, the chunk under way is finished and the rest given back
 */
export async function sendBatch(
  context: SendContext,
  ids: readonly number[],
  stop?: AbortSignal,
): Promise<SendCounts> {
  const counts: SendCounts = {};
  const chunks = cut(ids, context.transport.capacity);
  while (chunks.length > 0) {
    if (stop?.aborted) {
      await giveBack(context.db, chunks.flat());
      break;
    }
    for (const { state, n } of await sendChunk(context, chunks.shift() ?? []))
      counts[state] = (counts[state] ?? 0) + n;
  }
  return counts;
}

async function sendChunk(
  context: SendContext,
  ids: readonly number[],
): Promise<{ state: Settlement['state']; n: number }[]> {
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
  try {
    const endings = await Promise.all(rows.map((row) => sendOne(context, row)));
    await settleFirmly(context, claimId, endings);
    return endings.map(({ state }, index) => {
      metrics.settled.inc({ kind: rows[index]?.kind ?? 'digest', state });
      return { state, n: 1 };
    });
  } finally {
    clearInterval(extending);
  }
}

async function sendOne(context: SendContext, row: Claimed): Promise<Settlement> {
  const { clock, log, transport } = context;
  const name = { id: row.id, month: row.month };
  if (row.refusal) return { ...name, ...row.refusal };
  let composed: Awaited<ReturnType<typeof compose>>;
  try {
    composed = await compose(context, row);
  } catch (error) {
    // Nothing has been sent: a fault of ours that a new version may mend.
    log.error({ delivery: row.id, err: (error as Error).message }, 'a mail could not be composed');
    return { ...name, state: 'failed', reason: `could not be composed: ${(error as Error).message}` };
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

/** SQLSTATE classes of a statement that will never succeed: data, constraints, syntax (Postgres manual, appendix A). */
const HOPELESS = /^(22|23|42)/;

/**
 * Mails that have left must be written down: while the database is away this waits and tries again. If the process ends
 * first, the sweep finds the claim and calls the rows uncertain, which is what they are then. A row that the database
 * will never take is left to the sweep too, and holds up no other.
 */
async function settleFirmly(
  context: SendContext,
  claimId: string,
  endings: readonly Settlement[],
): Promise<void> {
  const { db, clock, log } = context;
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 5_000)) {
    try {
      const settled = await settle(db, claimId, clock.now(), endings);
      if (settled < endings.length)
        log.error(
          { claim: claimId, missing: endings.length - settled },
          'rows were settled by somebody else',
        );
      return;
    } catch (error) {
      const { message, cause } = error as Error & { cause?: { code?: string } };
      log.warn({ err: message, rows: endings.length }, 'could not settle');
      if (HOPELESS.test(cause?.code ?? '')) {
        if (endings.length > 1) for (const ending of endings) await settleFirmly(context, claimId, [ending]);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}
