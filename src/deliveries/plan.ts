import { matchDue } from '../interests/index.ts';
import type { Clock, Db, Log } from '../platform/index.ts';
import { planProofs } from './plan-proofs.ts';

export interface PlanContext {
  db: Db;
  clock: Clock;
  log: Log;
  /** Domain of the Message-IDs that are fixed here. */
  mailDomain: string;
}

/** Rows written. */
export interface PlanCounts {
  confirmations: number;
  digests: number;
}

/** How long a confirmation link lives, and so how long its mail is worth sending. */
const CONFIRMATION_LIFE = '7 days';

/** An edition older than this is not planned any more, not even for a new reader. */
const EDITION_LIFE = '14 days';

/** A digest that could not be sent within this time after its hour has missed its day (a restored database, a long outage). */
const DIGEST_LIFE = "case when e.cadence = 'weekly' then interval '72 hours' else interval '24 hours' end";

/** An edition whose profiles are still being scored waits so long after it opened, and then goes out without the rest of them. */
const MATCHING_MS = 30 * 60_000;

/** A change of a subscriber may become visible this long after the moment that it carries. */
const COMMIT_MARGIN = '5 minutes';

// A letter for the kind, the row's own id and random digits: unique, not to be guessed, and fixed before the first attempt.
const messageId = (letter: string) =>
  `'${letter}' || to_hex(n.id) || '.' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 20) || '@' || $2::text`;
const NEXT_ID = "nextval('deliveries_id_seq')";

/**
 * Writes one ledger row for each confirmation mail that is owed, and for each active subscriber of each open edition.
 * Asking twice writes nothing new; two planners at once write each row once.
 */
export async function plan({ db, clock, log, mailDomain }: PlanContext): Promise<PlanCounts> {
  const now = clock.now();
  const confirmations = await planConfirmations(db, now, mailDomain);
  await planProofs(db, now, mailDomain);
  // Before its digests are, so that the first one after a confirmation is the reader's own.
  const unfinished = await matchDue({ db, clock, log });
  let digests = 0;
  for (const { id: edition, openedAt } of await openEditions(db, now)) {
    if (unfinished.includes(edition) && now.getTime() - openedAt.getTime() < MATCHING_MS) continue;
    const planned = await db.transaction((tx) => planEdition(tx, edition, now, mailDomain));
    if (planned > 0) log.info({ edition, planned }, 'planned');
    digests += planned;
  }
  return { confirmations, digests };
}

async function planConfirmations(db: Db, now: Date, mailDomain: string): Promise<number> {
  const owed = `
    from consents c
    where c.mail_wanted and c.step = 'requested' and c.at > $1::timestamptz - interval '${CONFIRMATION_LIFE}'
      and not exists (select from closed_months m where m.month = date_trunc('month', c.at at time zone 'UTC'))
      and not exists (select from deliveries d where d.request_id = c.id)`;
  const months = await db.query<{ month: string }>(
    'plan-confirmation-months',
    `select distinct date_trunc('month', c.at at time zone 'UTC')::date as month ${owed}`,
    [now],
  );
  if (months.length === 0) return 0;
  await ensureMonths(
    db,
    months.map((row) => row.month),
  );
  const rows = await db.query(
    'plan-confirmations',
    `insert into deliveries (id, month, kind, subscriber_id, request_id, due_at, expires_at, message_id)
     select n.id, date_trunc('month', n.at at time zone 'UTC')::date, 'confirmation', n.subscriber_id, n.request_id, $1,
            n.at + interval '${CONFIRMATION_LIFE}', ${messageId('c')}
     from (select ${NEXT_ID} as id, c.id as request_id, c.subscriber_id, c.at ${owed}) n
     on conflict do nothing
     returning id`,
    [now, mailDomain],
  );
  return rows.length;
}

async function ensureMonths(db: Db, months: readonly string[]): Promise<void> {
  await db.query(
    'ensure-deliveries-months',
    'select ensure_deliveries_month(month) from unnest($1::date[]) as month',
    [months],
  );
}

/**
 * Editions whose digests may still be planned: open, and not made stale by a later one of their cadence.
 * See `isStale` in the ledger's claim, which says the same of a row that is about to be sent.
 */
async function openEditions(db: Db, now: Date): Promise<{ id: number; openedAt: Date }[]> {
  return db.query(
    'open-editions',
    `select e.id, e.opened_at as "openedAt" from editions e
     where e.state = 'ready' and e.opened_at <= $1 and e.opened_at > $1::timestamptz - interval '${EDITION_LIFE}'
       and not exists (
         select from editions l
         where l.cadence = e.cadence and l.state = 'ready' and l.issue_date > e.issue_date
           and l.opened_at >= e.opened_at and l.opened_at <= $1)
       -- Whose deliveries were dropped: a past day that is replayed must not be mailed again.
       and not exists (select from closed_months m where m.month = date_trunc('month', e.issue_date))
     order by e.opened_at`,
    [now],
  );
}

async function planEdition(tx: Db, editionId: number, now: Date, mailDomain: string): Promise<number> {
  const [edition] = await tx.query<{ month: string; plannedThrough: Date | null }>(
    'lock-edition',
    `select date_trunc('month', issue_date)::date as month, planned_through as "plannedThrough" from editions where id = $1 and state = 'ready' for update`,
    [editionId],
  );
  if (!edition) return 0;
  await ensureMonths(tx, [edition.month]);
  const since = edition.plannedThrough;
  if (since) await moveChanged(tx, editionId, now, since);
  const inserted = await insertDigests(tx, editionId, now, mailDomain, since);
  await tx.query(
    'count-planned',
    `update editions set planned_total = planned_total + $2, planned_through = $3::timestamptz - interval '${COMMIT_MARGIN}'
     where id = $1`,
    [editionId, inserted, now],
  );
  return inserted;
}

// The readers that an edition is for.
const readers = (since: '$3' | '$4') => `
  from editions e
  join subscribers s
    on s.state = 'active' and s.sample = (e.cadence = 'sample')
   and (e.cadence = 'sample' or s.cadence = e.cadence)
   -- A value, not the column: the index then finds the few who changed, each minute, among a million who did not.
   and (${since}::timestamptz is null or s.changed_at > ${since})`;

// Changes from after `now` count as old ones: a past day that is replayed finds its readers.
type Now = '$2' | '$3';

/** Who confirmed after it opened gets it at once; who was imported waits for the next hour, having perhaps read it elsewhere. */
const atOnce = (now: Now) => `
  case when e.cadence = 'sample' then e.opened_at
       when s.confirmed_at > e.opened_at and s.confirmed_at <= ${now} and exists (
         select from consents c where c.subscriber_id = s.id and c.step = 'confirmed' and c.at > e.opened_at)
       then s.confirmed_at end`;

// What `digest_due` asks of a reader; migration 0009 says what it answers. The same for all who changed nothing lately, so
// that they share their answers.
const clockOf = (now: Now) => `
  s.timezone, s.hour, s.days,
  case when greatest(fresh.at, s.cadence_since) between e.opened_at and ${now} then greatest(fresh.at, s.cadence_since)
       else '-infinity' end as not_before,
  case when s.changed_at between e.opened_at and ${now} then s.changed_at else '-infinity' end as changed,
  -- Two days: a mail that came before was on an earlier day in every zone.
  case when s.changed_at > e.opened_at - interval '2 days' then array(
    select distinct (coalesce(o.settled_at, o.queued_at, o.due_at) at time zone s.timezone)::date as day
    from deliveries o
    where o.subscriber_id = s.id and o.kind = 'digest' and o.edition_id <> e.id
      and o.state in ('queued', 'sending', 'sent', 'uncertain')
      and o.month >= date_trunc('month', e.opened_at - interval '45 days')::date
      and o.due_at > e.opened_at - interval '8 days'
    order by day) else '{}' end as served`;

/** When the reader joined, if while it was open: not by confirming, which gets it at once. */
const FRESH = (now: Now) => `
  cross join lateral (
    select case when s.confirmed_at > e.opened_at and s.confirmed_at <= ${now} then s.confirmed_at end as at) fresh`;

const DUE = (row: string, zoneOffset: string) =>
  `digest_due(${row}.opened_at, ${row}.cadence, ${zoneOffset}, ${row}.timezone, ${row}.hour, ${row}.days, ${row}.not_before, ${row}.changed, ${row}.served)`;

/** A reader who chose another hour or zone since gets the waiting digest then; where that is over today, now. */
async function moveChanged(tx: Db, editionId: number, now: Date, since: Date): Promise<void> {
  await tx.query(
    'move-changed-digests',
    `update deliveries d set due_at = r.due_at, expires_at = r.due_at + r.life
     from (select c.subscriber_id, c.life,
                  coalesce(c.at_once, ${DUE('c', 'standard_offset(c.timezone, c.opened_at)')}) as due_at
           from (select s.id as subscriber_id, e.opened_at, e.cadence, ${DIGEST_LIFE} as life,
                        ${atOnce('$2')} as at_once, ${clockOf('$2')}
                 ${readers('$3')} ${FRESH('$2')}
                 where e.id = $1) c) r
     where d.edition_id = $1 and d.subscriber_id = r.subscriber_id and d.state = 'planned' and d.attempts = 0
       and d.due_at > $2 and d.due_at <> r.due_at`,
    [editionId, now, since],
  );
}

/**
 * Readers share their hours: a million of them have a few thousand combinations of zone, hour and days, so the calendar
 * is asked once for each (asking it for each row took half of the time). Rows are written in the order in which they are
 * due: dispatching reads them in that order, page by page.
 */
async function insertDigests(
  tx: Db,
  editionId: number,
  now: Date,
  mailDomain: string,
  since: Date | null,
): Promise<number> {
  const [counted] = await tx.query<{ inserted: number }>(
    'insert-digests',
    `with readers as (
       select s.id as subscriber_id, e.id as edition_id, date_trunc('month', e.issue_date)::date as month,
              ${DIGEST_LIFE} as life, ${atOnce('$3')} as at_once, e.opened_at, e.cadence, ${clockOf('$3')}
       ${readers('$4')} ${FRESH('$3')}
       where e.id = $1
         -- Who joined after it opened gets the latest edition, not every one that is still open.
         and (s.confirmed_at <= e.opened_at or e.opened_at = (
           select max(l.opened_at) from editions l
           where l.cadence = e.cadence and l.state = 'ready' and l.opened_at <= $3))
     ), clocks as materialized (
       select distinct opened_at, cadence, timezone, hour, days, not_before, changed, served from readers where at_once is null
     ), zones as materialized (
       select timezone, standard_offset(timezone, opened_at) as zone_offset
       from (select distinct timezone, opened_at from clocks) z
     ), hours as materialized (
       select c.*, ${DUE('c', 'z.zone_offset')} as due_at from clocks c join zones z using (timezone)
     ), inserted as (
       insert into deliveries (id, month, kind, subscriber_id, edition_id, due_at, expires_at, message_id)
       select n.id, n.month, 'digest', n.subscriber_id, n.edition_id, n.due_at, n.due_at + n.life, ${messageId('d')}
       from (select ${NEXT_ID} as id, o.* from (
               select r.*, coalesce(r.at_once, h.due_at) as due_at
               from readers r
               left join hours h using (timezone, hour, days, not_before, changed, served)
               order by due_at) o) n
       on conflict do nothing
       returning id
     )
     select count(*) as inserted from inserted`,
    [editionId, mailDomain, now, since],
  );
  return counted?.inserted ?? 0;
}
