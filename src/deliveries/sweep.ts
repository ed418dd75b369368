import type { Clock, Db, Log } from '../platform/index.ts';
import { readQueued } from './ledger.ts';

export interface SweepContext {
  db: Db;
  clock: Clock;
  log: Log;
  /** What to do with a mail of which nobody knows whether it was taken. */
  uncertain: 'hold' | 'resend';
  /** Jobs that the queue still holds; throws when the queue is away. */
  queueDepth(): Promise<number>;
}

/** Rows moved. */
export interface SweepCounts {
  requeued: number;
  uncertain: number;
  resent: number;
  expired: number;
}

/** A row in the queue for this long has lost its job, whatever the queue says. */
const LOST_AFTER = '15 minutes';

/** An empty queue has lost the jobs of all rows that were given to it before this long ago. */
const LOST_IF_EMPTY_AFTER = '20 seconds';

/** Finds what was dropped: by a queue that was wiped, a sender that was killed, a day that passed. Safe at any time. */
export async function sweep({ db, clock, log, uncertain, queueDepth }: SweepContext): Promise<SweepCounts> {
  const now = clock.now();
  const empty = await queueDepth().then(
    (depth) => depth === 0,
    () => false,
  );
  const requeued = await requeueLost(db, now, empty ? LOST_IF_EMPTY_AFTER : LOST_AFTER);
  const orphaned = await settleOrphans(db, now, uncertain);
  const expired = await expireOverdue(db, now);
  const counts: SweepCounts = {
    requeued,
    uncertain: uncertain === 'hold' ? orphaned : 0,
    resent: uncertain === 'resend' ? orphaned : 0,
    expired,
  };
  if (requeued + orphaned + expired > 0) log.warn(counts, 'swept');
  return counts;
}

async function requeueLost(db: Db, now: Date, after: string): Promise<number> {
  const rows = await db.query(
    'requeue-lost',
    `update deliveries set state = 'planned', queued_at = null
     where state = 'queued' and queued_at < $1::timestamptz - $2::interval returning id`,
    [now, after],
  );
  return rows.length;
}

/**
 * The sender that claimed these is gone, and nobody knows how far it came. On `hold` the claim's id stays on the row,
 * so that an owner who was only cut off from the database can still say what came of it.
 */
async function settleOrphans(db: Db, now: Date, policy: 'hold' | 'resend'): Promise<number> {
  const change =
    policy === 'hold'
      ? "state = 'uncertain', settled_at = $1, reason = 'the sender ended before it said whether this was taken'"
      : "state = 'planned', claim = null, queued_at = null, reason = 'sent again: the sender ended before it said whether this was taken'";
  const rows = await db.query(
    `settle-orphans-${policy}`,
    `update deliveries set ${change}, claim_until = null, attempts = attempts + 1
     where state = 'sending' and claim_until < $1 returning id`,
    [now],
  );
  return rows.length;
}

async function expireOverdue(db: Db, now: Date): Promise<number> {
  const rows = await db.query(
    'expire-overdue',
    `update deliveries set state = 'expired', settled_at = $1, reason = coalesce('overdue; last: ' || reason, 'overdue')
     where state = 'planned' and due_at <= $1 and expires_at <= $1 returning id`,
    [now],
  );
  return rows.length;
}

/**
 * Rows that are not done, by state; and, of those that no pause holds back, how many seconds the oldest due one has waited
 * and in how many the next is due (0: now; null: none waits).
 */
export async function measureLedger(
  db: Db,
  now: Date,
): Promise<{ states: Record<string, number>; lagSeconds: number; dueInSeconds: number | null }> {
  const rows = await db.query<{ state: string; n: number }>(
    'measure-ledger',
    "select state, count(*) as n from deliveries where state in ('queued', 'sending') group by state",
  );
  const { paused } = await readQueued(db);
  const [lag] = await db.query<{ lag: number | null }>(
    'measure-lag',
    `select extract(epoch from $1 - min(due_at))::float as lag from deliveries
     where state = 'planned'
       and ($2::bigint[] = '{}' or edition_id is null or edition_id <> all ($2))`,
    [now, paused],
  );
  return {
    states: { queued: 0, sending: 0, ...Object.fromEntries(rows.map((row) => [row.state, row.n])) },
    lagSeconds: Math.max(0, lag?.lag ?? 0),
    dueInSeconds: typeof lag?.lag === 'number' ? Math.max(0, -lag.lag) : null,
  };
}
