import type { Db } from '../platform/index.ts';
import type { Links } from '../subscribers/index.ts';
import type { Settlement } from './rules/states.ts';

// The ledger's hand: every statement that moves a row from one state to another, apart from planning.

/** Takes planned rows that are due, oldest first; two takers never get the same row. */
export async function takeDue(db: Db, now: Date, limit: number): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    'take-due',
    `with due as (
       select month, id from deliveries where state = 'planned' and due_at <= $1
       order by due_at limit $2 for update skip locked
     )
     update deliveries d set state = 'queued', queued_at = $1
     from due where d.month = due.month and d.id = due.id
     returning d.id`,
    [now, limit],
  );
  return rows.map((row) => row.id);
}

/** Rows that are queued now. */
export async function countQueued(db: Db): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    'count-queued',
    "select count(*) as n from deliveries where state = 'queued'",
  );
  return row?.n ?? 0;
}

/** Queued rows that nobody will send after all wait again. */
export async function giveBack(db: Db, ids: readonly number[]): Promise<void> {
  await db.query(
    'give-back',
    "update deliveries set state = 'planned', queued_at = null where id = any($1) and state = 'queued'",
    [ids],
  );
}

/** A claimed row with what is needed to send it. */
export interface Claimed {
  id: number;
  month: string;
  kind: 'digest' | 'confirmation';
  subscriberId: number;
  editionId: number | null;
  requestId: number | null;
  messageId: string;
  attempts: number;
  email: string;
  maxPapers: number | null;
  /** Set: it must not be sent, and this is its ending and why; `planned`: not now. */
  refusal: { state: 'skipped' | 'expired' | 'cancelled' | 'planned'; reason: string } | null;
}

type Refusal = NonNullable<Claimed['refusal']>;
type ClaimedRow = Omit<Claimed, 'refusal'> & {
  refusedState: Refusal['state'] | null;
  refusedReason: string | null;
  emailKey: string;
  anySuppressed: boolean;
};

/**
 * Claims queued rows for this sender and looks, at the last moment, whether each may still be sent.
 *
 * @param claimId - this sender's own random id for these rows
 * @param until - when the claim ends unless it is extended
 */
export async function claim(
  { db, links }: { db: Db; links: Links },
  ids: readonly number[],
  claimId: string,
  now: Date,
  until: Date,
): Promise<Claimed[]> {
  const rows = await db.query<ClaimedRow>(
    'claim',
    `with mine as (
       select month, id from deliveries where id = any($1) and state = 'queued' for update skip locked
     ), claimed as (
       update deliveries d set state = 'sending', claim = $2, claim_until = $4
       from mine where d.month = mine.month and d.id = mine.id
       returning d.*
     )
     select c.id, c.month, c.kind, c.subscriber_id as "subscriberId", c.edition_id as "editionId",
            c.request_id as "requestId", c.message_id as "messageId", c.attempts,
            coalesce(s.email, '') as email, coalesce(s.email_key, '') as "emailKey", s.max_papers as "maxPapers",
            exists (select from suppressions) as "anySuppressed", r.state as "refusedState", r.reason as "refusedReason"
     from claimed c
     left join subscribers s on s.id = c.subscriber_id
     left join editions e on e.id = c.edition_id
     left join lateral (
       select * from (values
         (1, s.id is null, 'skipped', 'the reader was erased'),
         (2, c.expires_at <= $3, 'expired', 'overdue'),
         (3, c.kind = 'digest' and s.state <> 'active', 'skipped', 'unsubscribed'),
         (4, c.kind = 'digest' and e.id is null, 'cancelled', 'the edition was removed'),
         (5, c.kind = 'digest' and e.state <> 'ready', 'cancelled', 'the edition was withdrawn'),
         (6, c.kind = 'digest' and s.paused_until > ($3 at time zone s.timezone)::date, 'skipped', 'paused'),
         (7, c.kind = 'digest' and e.cadence <> 'sample' and e.cadence <> s.cadence, 'skipped', 'the reader changed the cadence'),
         (8, c.kind = 'digest' and exists (
               select from editions l
               where l.cadence = e.cadence and l.state = 'ready' and l.issue_date > e.issue_date
                 and l.opened_at >= e.opened_at and l.opened_at <= $3), 'expired', 'a later edition is out'),
         (9, c.kind = 'confirmation' and s.state = 'active', 'skipped', 'confirmed already'),
         -- Its link is dead: see judgeConfirmation in the subscribers room.
         (10, c.kind = 'confirmation' and exists (
                select from consents u
                where u.subscriber_id = c.subscriber_id and u.step = 'unsubscribed' and u.id > c.request_id), 'skipped', 'unsubscribed')
       ) as rule (nr, applies, state, reason)
       where applies order by nr limit 1
     ) r on true
     order by c.id`,
    [ids, claimId, now, until],
  );
  // The rows are claimed by now: where the list cannot be read they are to be given back, not left to the sweep.
  const suppressed = rows[0]?.anySuppressed
    ? await readSuppressed(db, links, rows).catch(() => undefined)
    : new Set();
  return rows.map(({ refusedState, refusedReason, emailKey, anySuppressed, ...row }) => {
    let refusal: Claimed['refusal'] = null;
    if (refusedState) refusal = { state: refusedState, reason: refusedReason ?? '' };
    else if (!suppressed) refusal = { state: 'planned', reason: 'the suppression list could not be read' };
    else if (suppressed.has(emailKey)) refusal = { state: 'skipped', reason: 'suppressed' };
    return { ...row, refusal };
  });
}

/** Those of the rows' address keys that are suppressed. The table knows hashes alone, and the key is not the database's. */
async function readSuppressed(db: Db, links: Links, rows: readonly ClaimedRow[]): Promise<Set<string>> {
  const keys = new Map<string, string>();
  for (const { emailKey } of rows)
    for (const hash of links.addressHashes(emailKey)) keys.set(hash.toString('hex'), emailKey);
  const found = await db.query<{ hash: string }>(
    'claim-suppressed',
    `select encode(email_hash, 'hex') as hash from suppressions
     where email_hash in (select decode(h, 'hex') from unnest($1::text[]) as h)`,
    [[...keys.keys()]],
  );
  return new Set(found.map((row) => keys.get(row.hash) ?? ''));
}

/** This sender is alive and still at it. */
export async function extendClaim(db: Db, claimId: string, until: Date): Promise<void> {
  await db.query(
    'extend-claim',
    "update deliveries set claim_until = $2 where claim = $1 and state = 'sending'",
    [claimId, until],
  );
}

/**
 * Writes the endings of claimed rows, each under its claim. A row that the sweep took for lost meanwhile (the database
 * was away for longer than the claim) still takes its true ending: the claim's owner knows best.
 *
 * @returns how many rows took theirs
 */
export async function settle(
  db: Db,
  claimId: string,
  now: Date,
  endings: readonly Settlement[],
): Promise<number> {
  const rows = await db.query(
    'settle',
    `update deliveries d set
       state = o.state,
       settled_at = case when o.state = 'planned' then null else $3::timestamptz end,
       due_at = coalesce(timestamptz 'epoch' + o."dueAtMs" * interval '1 millisecond', d.due_at),
       reason = o.reason,
       attempts = d.attempts + case when o.attempted then 1 else 0 end,
       smtp_code = coalesce(o."smtpCode", d.smtp_code),
       smtp_reply = coalesce(o."smtpReply", d.smtp_reply),
       server = coalesce(o.server, d.server),
       papers = coalesce(o.papers, d.papers),
       claim = case when o.state = 'uncertain' then d.claim end,
       claim_until = null,
       queued_at = null
     from jsonb_to_recordset($1::jsonb) as o (id bigint, month date, state text, reason text, "dueAtMs" bigint,
       attempted boolean, "smtpCode" smallint, "smtpReply" text, server text, papers text[])
     where d.month = o.month and d.id = o.id and d.claim = $2 and d.state in ('sending', 'uncertain')
     returning d.id`,
    [JSON.stringify(endings), claimId, now],
  );
  return rows.length;
}
