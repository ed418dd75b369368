import type { Db } from '../platform/index.ts';
import type { Preferences } from './rules/preferences.ts';
import type { SubscriberState } from './rules/states.ts';

/** A reader as stored. */
export interface Subscriber {
  id: number;
  /** What mail is sent to. */
  email: string;
  state: SubscriberState;
  /** A demo reader: gets sample editions only. */
  sample: boolean;
  preferences: Preferences;
  /** No mail before this day, YYYY-MM-DD, in the reader's zone. */
  pausedUntil: string | null;
  createdAt: Date;
  confirmedAt: Date | null;
  /** Set from leaving until the next confirmation. */
  unsubscribedAt: Date | null;
}

/** One row of the record of consent, for people. */
export interface Consent {
  id: number;
  step: 'requested' | 'confirmed' | 'imported' | 'unsubscribed';
  at: Date;
  wording: string;
  page: string;
  emailTyped: string | null;
  email: string;
  ip: string | null;
  userAgent: string | null;
  mailWanted: boolean;
  requestId: number | null;
}

type Row = Omit<Subscriber, 'preferences'> &
  Pick<Preferences, 'cadence' | 'days' | 'hour' | 'timezone' | 'maxPapers' | 'minMatches' | 'abstracts'> & {
    follows: {
      topic?: string[];
      search?: string[];
      author?: string[];
      organisation?: string[];
      category?: string[];
    };
  };

const COLUMNS = `
  s.id, s.email, s.state, s.sample, s.cadence, s.days, s.hour, s.timezone, s.max_papers as "maxPapers",
  s.min_matches as "minMatches", s.abstracts,
  s.paused_until as "pausedUntil", s.created_at as "createdAt", s.confirmed_at as "confirmedAt",
  s.unsubscribed_at as "unsubscribedAt",
  coalesce((
    select jsonb_object_agg(kind, list)
    from (select kind, jsonb_agg(value order by value) as list from interests where subscriber_id = s.id group by kind) as k
  ), '{}') as follows`;

function toSubscriber(row: Row): Subscriber {
  const { cadence, days, hour, timezone, maxPapers, minMatches, abstracts, follows, ...rest } = row;
  return {
    ...rest,
    preferences: {
      cadence,
      days,
      hour,
      timezone,
      maxPapers,
      minMatches,
      abstracts,
      topics: follows.topic ?? [],
      searches: follows.search ?? [],
      authors: follows.author ?? [],
      organisations: follows.organisation ?? [],
      categories: follows.category ?? [],
    },
  };
}

export async function findIdByKey(db: Db, emailKey: string): Promise<number | undefined> {
  const [row] = await db.query<{ id: number }>(
    'subscribers.find-id',
    'select id from subscribers where email_key = $1',
    [emailKey],
  );
  return row?.id;
}

export async function findSubscriber(db: Db, id: number): Promise<Subscriber | undefined> {
  const [row] = await db.query<Row>(
    'subscribers.find',
    `select ${COLUMNS} from subscribers s where s.id = $1`,
    [id],
  );
  return row && toSubscriber(row);
}

/** Subscribers with an id above `after`, in order of id; `state` null: all. */
export async function readPage(db: Db, state: SubscriberState | null, after: number, limit: number) {
  const rows = await db.query<Row>(
    'subscribers.page',
    `select ${COLUMNS} from subscribers s
     where s.id > $1 and ($2::text is null or s.state = $2) order by s.id limit $3`,
    [after, state, limit],
  );
  return rows.map(toSubscriber);
}

/** Readers in each state, and the demo's own apart: they are in no other count. */
export async function countSubscribers(
  db: Db,
): Promise<Record<SubscriberState, number> & { samples: number }> {
  const rows = await db.query<{ state: SubscriberState | 'samples'; n: number }>(
    'subscribers.count',
    `select case when sample then 'samples' else state end as state, count(*) as n from subscribers group by 1`,
  );
  const counts = { pending: 0, active: 0, unsubscribed: 0, samples: 0 };
  for (const { state, n } of rows) counts[state] = n;
  return counts;
}

/** Oldest first. */
export async function readConsents(db: Db, subscriberId: number): Promise<Consent[]> {
  return db.query<Consent>(
    'subscribers.consents',
    `select id, step, at, wording, page, email_typed as "emailTyped", email, host(ip) as ip, user_agent as "userAgent",
            mail_wanted as "mailWanted", request_id as "requestId"
     from consents where subscriber_id = $1 order by id`,
    [subscriberId],
  );
}

/**
 * When the digest of the next edition to open comes to the reader, by the planner's own rule: daily editions open at
 * `editionAtMinutes` after midnight UTC, weekly ones on Mondays. Those that are open now come at once, or have come.
 */
export async function readNextHour(db: Db, subscriberId: number, now: Date, editionAtMinutes: number) {
  const [row] = await db.query<{ at: Date }>(
    'subscribers.next-hour',
    // A microsecond back, so that the very opening counts.
    `select digest_due(o.opens, s.cadence, standard_offset(s.timezone, o.opens), s.timezone, s.hour, s.days,
       coalesce(s.paused_until::timestamp at time zone s.timezone, '-infinity'), '-infinity', '{}') as at
     from subscribers s,
          lateral (select case when s.cadence = 'weekly' then 'week' else 'day' end as every) e,
          lateral (select (date_trunc(e.every, ($2::timestamptz - make_interval(mins => $3) - interval '1 microsecond') at time zone 'UTC')
            + ('1 ' || e.every)::interval + make_interval(mins => $3)) at time zone 'UTC' as opens) o
     where s.id = $1`,
    [subscriberId, now, editionAtMinutes],
  );
  return row?.at;
}
