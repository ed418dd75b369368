import type { Db } from '../platform/index.ts';

// The ledger's hand: every statement that moves a row from one state to another, apart from planning.

/** What was taken, each kind oldest first; a proof of a mailbox goes with the confirmations. */
export interface Taken {
  confirmations: number[];
  digests: number[];
}

/**
 * Takes planned rows that are due; two takers never get the same row. Confirmations have a limit of their own, so that
 * nobody who signs up waits behind a morning's digests.
 *
 * @param paused - editions whose digests stay where they are
 */
export async function takeDue(
  db: Db,
  now: Date,
  limit: { confirmations: number; digests: number },
  paused: readonly number[],
): Promise<Taken> {
  const rows = await db.query<{ id: number; kind: 'digest' | 'confirmation' | 'proof' }>(
    'take-due',
    `with confirmations as materialized (
       select month, id from deliveries where state = 'planned' and kind <> 'digest' and due_at <= $1
       order by due_at limit $2 for update skip locked
     ), digests as materialized (
       select month, id from deliveries where state = 'planned' and kind = 'digest' and due_at <= $1
         -- Given as values: the planner then knows that there are none, and reads the index in order.
         and ($4::bigint[] = '{}' or edition_id <> all ($4))
       order by due_at limit $3 for update skip locked
     ), taken as (
       -- By arrays, not by a join: that would read the whole month for it.
       update deliveries set state = 'queued', queued_at = $1
       where id = any (array(select id from confirmations union all select id from digests))
         and month = any (array(select month from confirmations union select month from digests))
       returning id, kind, due_at
     )
     select id, kind from taken order by due_at, id`,
    [now, limit.confirmations, limit.digests, paused],
  );
  const idsOf = (digests: boolean) =>
    rows.filter((row) => (row.kind === 'digest') === digests).map((row) => row.id);
  return { confirmations: idsOf(false), digests: idsOf(true) };
}

/** How many rows are queued now, and which editions are paused. */
export async function readQueued(db: Db): Promise<{ queued: number; paused: number[] }> {
  const [row] = await db.query<{ queued: number; paused: number[] }>(
    'read-queued',
    `select (select count(*) from deliveries where state = 'queued') as queued,
            (select coalesce(json_agg(id), '[]') from editions where paused_at is not null) as paused`,
  );
  return row ?? { queued: 0, paused: [] };
}

/** Queued rows that nobody will send after all wait again. */
export async function giveBack(db: Db, ids: readonly number[]): Promise<void> {
  await db.query(
    'give-back',
    "update deliveries set state = 'planned', queued_at = null where id = any($1) and state = 'queued'",
    [ids],
  );
}
