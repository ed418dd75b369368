import type { Db } from '../platform/index.ts';
import type { Preferences } from './rules/preferences.ts';
import type { SubscriberState } from './rules/states.ts';
import { followsByKind } from './store.ts';

/** A checked line of an import. */
export interface ImportRow {
  email: string;
  key: string;
  /** As the operator's list had it. */
  typed: string;
  preferences: Preferences;
  /** YYYY-MM-DD; a day that is past where the reader is counts as none. */
  pausedUntil: string | null;
}

/** Which of these hashes are suppressed, in hex. */
export async function readSuppressed(db: Db, hashes: readonly Buffer[]): Promise<Set<string>> {
  const rows = await db.query<{ hash: string }>(
    'subscribers.suppressed',
    `select encode(email_hash, 'hex') as hash from suppressions where email_hash = any ($1::bytea[])`,
    [hashes],
  );
  return new Set(rows.map((row) => row.hash));
}

/** What is followed by all of them, as columns: whose, kind, value. */
function followsOf(rows: readonly ImportRow[]): [string[], string[], string[]] {
  const columns: [string[], string[], string[]] = [[], [], []];
  for (const { key, preferences } of rows)
    for (const [kind, values] of followsByKind(preferences))
      for (const value of values) {
        columns[0].push(key);
        columns[1].push(kind);
        columns[2].push(value);
      }
  return columns;
}

/**
 * Makes readers active with a consent of step 'imported', in one statement: new ones, and pending ones who never left. Others are not
 * touched. Rows are taken in order of key, so that two imports at once wait for each other and do not deadlock.
 *
 * @param rows - without doubles
 * @returns ids by key, of those made active now
 */
export async function importBatch(
  db: Db,
  rows: readonly ImportRow[],
  consent: { wording: string; page: string; sample: boolean },
  now: Date,
): Promise<Map<string, number>> {
  const saved = await db.query<{ id: number; key: string }>(
    'subscribers.import-batch',
    `with input as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::smallint[],
                            $13::smallint[], $14::text[], $18::date[])
         as i (email, email_key, typed, cadence, days, hour, timezone, max_papers, min_matches, abstracts, paused_until)
       order by email_key),
     saved as (
       insert into subscribers as s
         (email, email_key, state, sample, cadence, days, hour, timezone, max_papers, min_matches, abstracts,
          paused_until, created_at, confirmed_at, changed_at)
       select email, email_key, 'active', $9, cadence, days::smallint[], hour, timezone, max_papers, min_matches, abstracts,
         case when paused_until > ($10::timestamptz at time zone timezone)::date then paused_until end, $10, $10, $10 from input
       on conflict (email_key) do update
         set state = 'active', cadence = excluded.cadence, days = excluded.days, hour = excluded.hour,
             timezone = excluded.timezone, max_papers = excluded.max_papers, min_matches = excluded.min_matches,
             abstracts = excluded.abstracts, paused_until = excluded.paused_until, confirmed_at = $10, changed_at = $10
         where s.state = 'pending' and s.unsubscribed_at is null
       returning s.id, s.email_key, s.email),
     -- Who was pending and never active follows nothing yet.
     following as (
       insert into interests (subscriber_id, kind, value)
       select saved.id, f.kind, f.value
       from unnest($15::text[], $16::text[], $17::text[]) as f (email_key, kind, value) join saved using (email_key)
       on conflict do nothing)
     insert into consents (subscriber_id, step, at, wording, page, email_typed, email)
     select saved.id, 'imported', $10, $11, $12, input.typed, saved.email from saved join input using (email_key)
     returning subscriber_id as id, lower(email) as key`,
    [
      rows.map((row) => row.email),
      rows.map((row) => row.key),
      rows.map((row) => row.typed),
      rows.map((row) => row.preferences.cadence),
      rows.map((row) => `{${row.preferences.days.join(',')}}`),
      rows.map((row) => row.preferences.hour),
      rows.map((row) => row.preferences.timezone),
      rows.map((row) => row.preferences.maxPapers),
      consent.sample,
      now,
      consent.wording,
      consent.page,
      rows.map((row) => row.preferences.minMatches),
      rows.map((row) => row.preferences.abstracts),
      ...followsOf(rows),
      rows.map((row) => row.pausedUntil),
    ],
  );
  return new Map(saved.map((row) => [row.key, row.id]));
}

/** Where each of these stands; addresses that are not known are not in the answer. */
export async function readStandings(
  db: Db,
  keys: readonly string[],
): Promise<Map<string, { state: SubscriberState; unsubscribedAt: Date | null }>> {
  const rows = await db.query<{ key: string; state: SubscriberState; unsubscribedAt: Date | null }>(
    'subscribers.standings',
    `select email_key as key, state, unsubscribed_at as "unsubscribedAt" from subscribers where email_key = any ($1::text[])`,
    [keys],
  );
  return new Map(rows.map(({ key, ...row }) => [key, row]));
}
