import type { Db } from '../platform/index.ts';
import type { Preferences } from './rules/preferences.ts';
import type { SubscriberState } from './rules/states.ts';

/** One function a statement. The stories decide; nothing here does. */

/** A row of the append-only record of consent. */
export interface ConsentRow {
  subscriberId: number;
  step: 'requested' | 'confirmed' | 'imported' | 'unsubscribed';
  at: Date;
  wording: string;
  page: string;
  emailTyped: string | null;
  email: string;
  ip: string | null;
  userAgent: string | null;
  preferences: Preferences | null;
  mailWanted: boolean;
  requestId: number | null;
}

/** Takes the row lock of the address's subscriber, who is made if missing; changes nothing of an existing one. */
export async function lockOrCreate(db: Db, address: { email: string; key: string }, now: Date) {
  const [row] = await db.query<{ id: number; state: SubscriberState }>(
    'subscribers.lock-or-create',
    `insert into subscribers (email, email_key, state, created_at, changed_at) values ($1, $2, 'pending', $3, $3)
     on conflict (email_key) do update set email_key = excluded.email_key
     returning id, state`,
    [address.email, address.key, now],
  );
  if (!row) throw new Error('The upsert of a subscriber returned no row.');
  return row;
}

/** What `isMailOwed` asks, read under the lock so that a parallel request is seen; mails before `since` are not looked for. */
export async function readRequestFacts(
  db: Db,
  subscriberId: number,
  addressHashes: readonly Buffer[],
  since: Date,
) {
  const [row] = await db.query<{ lastMailAt: Date | null; suppressed: boolean }>(
    'subscribers.request-facts',
    `select (select max(at) from consents
             where subscriber_id = $1 and at > $3 and step = 'requested' and mail_wanted) as "lastMailAt",
            -- Who was erased, or left, may come back by their own hand.
            exists (select from suppressions where email_hash = any ($2::bytea[])
                    and reason not in ('erased', 'unsubscribed')) as suppressed`,
    [subscriberId, addressHashes, since],
  );
  if (!row) throw new Error('A select without a from clause returned no row.');
  return row;
}

/** Sets the state where it is another. */
export async function setState(db: Db, subscriberId: number, state: SubscriberState, now: Date) {
  await db.query(
    'subscribers.set-state',
    'update subscribers set state = $2, changed_at = $3 where id = $1 and state <> $2',
    [subscriberId, state, now],
  );
}

export async function appendConsent(db: Db, row: ConsentRow): Promise<number> {
  const [added] = await db.query<{ id: number }>(
    'subscribers.append-consent',
    `insert into consents (subscriber_id, step, at, wording, page, email_typed, email, ip, user_agent, preferences, mail_wanted, request_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning id`,
    [
      row.subscriberId,
      row.step,
      row.at,
      row.wording,
      row.page,
      row.emailTyped,
      row.email,
      row.ip,
      row.userAgent,
      row.preferences && JSON.stringify(row.preferences),
      row.mailWanted,
      row.requestId,
    ],
  );
  if (!added) throw new Error('The insert of a consent returned no row.');
  return added.id;
}

/** A request that a confirmation link names. */
export interface RequestRow {
  requestId: number;
  requestedAt: Date;
  subscriberId: number;
  preferences: unknown;
}

export async function findRequest(db: Db, requestId: number): Promise<RequestRow | undefined> {
  const [row] = await db.query<RequestRow>(
    'subscribers.find-request',
    `select id as "requestId", at as "requestedAt", subscriber_id as "subscriberId", preferences
     from consents where id = $1 and step = 'requested'`,
    [requestId],
  );
  return row;
}

/** The subscriber under its row lock; every story that changes one takes it first. */
export async function lockSubscriber(db: Db, subscriberId: number) {
  const [row] = await db.query<{ id: number; email: string; state: SubscriberState }>(
    'subscribers.lock',
    'select id, email, state from subscribers where id = $1 for no key update',
    [subscriberId],
  );
  return row;
}

/** Read after the lock is held: a statement of its own sees what the last holder wrote. */
export async function readStanding(db: Db, subscriberId: number) {
  const [row] = await db.query<{ state: SubscriberState; lastUnsubscribeId: number | null }>(
    'subscribers.standing',
    `select state, (select max(id) from consents where subscriber_id = s.id and step = 'unsubscribed') as "lastUnsubscribeId"
     from subscribers s where id = $1`,
    [subscriberId],
  );
  return row;
}

export async function activate(db: Db, subscriberId: number, now: Date): Promise<void> {
  await db.query(
    'subscribers.activate',
    `update subscribers set state = 'active', confirmed_at = $2, unsubscribed_at = null, changed_at = $2 where id = $1`,
    [subscriberId, now],
  );
}

export async function deactivate(db: Db, subscriberId: number, now: Date): Promise<void> {
  await db.query(
    'subscribers.deactivate',
    `update subscribers set state = 'unsubscribed', unsubscribed_at = $2, changed_at = $2 where id = $1`,
    [subscriberId, now],
  );
}

export async function setPreferences(db: Db, subscriberId: number, preferences: Preferences, now: Date) {
  await db.query(
    'subscribers.set-preferences',
    `update subscribers set
       cadence_since = case when cadence <> $2 then $7 else cadence_since end,
       cadence = $2, days = $3, hour = $4, timezone = $5, max_papers = $6, changed_at = $7,
       min_matches = $8, abstracts = $9
     where id = $1`,
    [
      subscriberId,
      preferences.cadence,
      preferences.days,
      preferences.hour,
      preferences.timezone,
      preferences.maxPapers,
      now,
      preferences.minMatches,
      preferences.abstracts,
    ],
  );
}

/** `day`: YYYY-MM-DD, or null to go on. */
export async function setPause(db: Db, subscriberId: number, day: string | null): Promise<void> {
  await db.query('subscribers.set-pause', 'update subscribers set paused_until = $2 where id = $1', [
    subscriberId,
    day,
  ]);
}

/** What is followed, by its kind in the table. */
export const followsByKind = (preferences: Preferences): [kind: string, values: readonly string[]][] => [
  ['topic', preferences.topics],
  ['search', preferences.searches],
  ['author', preferences.authors],
  ['organisation', preferences.organisations],
  ['category', preferences.categories],
];

/** Makes what a reader follows exactly what the preferences say. */
export async function replaceInterests(db: Db, subscriberId: number, preferences: Preferences) {
  const kinds: string[] = [];
  const values: string[] = [];
  for (const [kind, list] of followsByKind(preferences))
    for (const value of list) {
      kinds.push(kind);
      values.push(value);
    }
  await db.query(
    'subscribers.replace-interests',
    `with wanted as (select distinct * from unnest($2::text[], $3::text[]) as w (kind, value)),
          dropped as (
            delete from interests i
            where subscriber_id = $1 and not exists (select from wanted w where w.kind = i.kind and w.value = i.value))
     insert into interests (subscriber_id, kind, value) select $1, kind, value from wanted
     on conflict do nothing`,
    [subscriberId, kinds, values],
  );
}

/** A reader's words on leaving, among the operator's records. */
export async function recordReason(db: Db, subscriberId: number, reason: string, now: Date): Promise<void> {
  await db.query(
    'subscribers.record-reason',
    `insert into audit (at, actor, action, detail)
     values ($1, 'reader', 'unsubscribe-reason', jsonb_build_object('subscriberId', $2::bigint, 'reason', $3::text))`,
    [now, subscriberId, reason],
  );
}

/** Does this Postgres know the zone? Its tables may be older than Node's. Not inside a transaction: a no would end it. */
export async function isTimezoneKnown(db: Db, timezone: string): Promise<boolean> {
  try {
    await db.query('subscribers.check-timezone', `select now() at time zone $1`, [timezone]);
    return true;
  } catch (error) {
    // invalid_parameter_value: time zone not recognized
    const { code } = (error as Error).cause as { code?: unknown };
    if (code === '22023') return false;
    throw error;
  }
}
