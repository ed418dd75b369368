import type { ReaderChoice } from '../interests/index.ts';
import type { Db } from '../platform/index.ts';
import type { Links } from '../subscribers/index.ts';
import type { Settlement } from './rules/states.ts';

// The sender's side of the ledger: every statement that moves a row into a claim and out of it.

/** A claimed row with what is needed to send it. */
export interface Claimed {
  id: number;
  month: string;
  kind: 'digest' | 'confirmation' | 'proof';
  subscriberId: number;
  editionId: number | null;
  requestId: number | null;
  messageId: string;
  attempts: number;
  email: string;
  maxPapers: number | null;
  abstracts: 'short' | 'full';
  /** No digest where fewer papers matched; null: always. */
  minMatches: number | null;
  /** What of the reader decides what a digest holds; null: this is none. */
  choice: Omit<ReaderChoice, 'subscriberId' | 'maxPapers'> | null;
  /** Papers of the last two months that this reader was sent already and does not get again: of a weekly edition, or where the digest is chosen. */
  had: string[];
  /**
   * What a copy held that may have come: a repetition under its Message-ID holds the same. Null: none may have, or nobody
   * knows what it held, since its sender was killed before it said so.
   */
  held: Held | null;
  /** Set: it must not be sent, and this is its ending and why; `planned`: not now. */
  refusal: { state: 'skipped' | 'expired' | 'cancelled' | 'planned'; reason: string } | null;
}

/** As a settlement wrote it down. */
export interface Held {
  papers: string[];
  reasons: string[] | null;
  fullAbstracts: number;
}

type Refusal = NonNullable<Claimed['refusal']>;
type Choice = NonNullable<Claimed['choice']>;
type ClaimedRow = Omit<Claimed, 'refusal' | 'choice'> &
  Omit<Choice, 'personal'> & {
    /** Null: no digest. */
    personal: boolean | null;
    /** A state, a colon, a reason. */
    refusalText: string | null;
    emailKey: string;
    anySuppressed: boolean;
  };

// Of who was erased while the mail was on the wire nothing is written down again.
const KNOWN = 'exists (select from subscribers s where s.id = d.subscriber_id)';

// `state || ''` hides the state from the planner, which would read a whole index of rows in that state instead of these
// few by their ids (measured: 20,000 queued rows cost each claim 0.4 ms).
const SETTLE = `
  update deliveries d set
    state = o.state,
    settled_at = case when o.state = 'planned' then null else $3::timestamptz end,
    due_at = coalesce(timestamptz 'epoch' + o."dueAtMs" * interval '1 millisecond', d.due_at),
    reason = o.reason,
    attempts = d.attempts + case when o.attempted then 1 else 0 end,
    smtp_code = coalesce(o."smtpCode", d.smtp_code),
    smtp_reply = case when ${KNOWN} then coalesce(o."smtpReply", d.smtp_reply) end,
    server = coalesce(o.server, d.server),
    papers = case when ${KNOWN} then coalesce(o.papers, d.papers) end,
    reasons = case when ${KNOWN} then case when o.papers is null then d.reasons else o.reasons end end,
    full_abstracts = coalesce(o."fullAbstracts", d.full_abstracts),
    claim = case when o.state = 'uncertain' then d.claim end,
    claim_until = null,
    queued_at = null
  from jsonb_to_recordset($1::jsonb) as o (id bigint, month date, state text, reason text, "dueAtMs" bigint,
    attempted boolean, "smtpCode" smallint, "smtpReply" text, server text, papers text[], reasons text[],
    "fullAbstracts" smallint)
  where d.month = o.month and d.id = o.id and d.claim = $2 and d.state || '' in ('sending', 'uncertain')
  returning d.id`;

/** What a sender hands over and takes in one statement. */
export interface Exchange {
  /** This sender's own random id for the rows that it holds. */
  claimId: string;
  /** What came of rows that it holds. */
  endings: readonly Settlement[];
  /** Queued rows that it wants next. */
  ids: readonly number[];
  now: Date;
  /** When its claim on them ends unless it is extended. */
  until: Date;
}

/**
 * Settles rows under their claim and claims the next ones, looking at the last moment whether each may still be sent: one
 * statement and one commit for both. Asked again with the same `claimId` after an answer was lost, it gives the rows that
 * were claimed then, also those that the sweep has called uncertain since: who asks for them has not sent them.
 *
 * @returns settled - how many endings were taken, see `settle`; rows - those claimed
 */
export async function exchange(
  { db, links }: { db: Db; links: Links },
  { claimId, endings, ids, now, until }: Exchange,
): Promise<{ settled: number; rows: Claimed[] }> {
  const found = await db.query<{ settled: number } & (ClaimedRow | { id: null })>(
    'exchange',
    `with settled as (${SETTLE}),
     mine as (
       select month, id from deliveries
       where id = any($4)
         and (state || '' = 'queued' or (state || '' in ('sending', 'uncertain') and claim = $2)) for update skip locked
     ), claimed as (
       update deliveries d set state = 'sending', claim = $2, claim_until = $5
       from mine where d.month = mine.month and d.id = mine.id
       returning d.*
     ), judged as (
       select c.id, c.month, c.kind, c.subscriber_id as "subscriberId", c.edition_id as "editionId",
              c.request_id as "requestId", c.message_id as "messageId", c.attempts,
              coalesce(s.email, '') as email, coalesce(s.email_key, '') as "emailKey", s.max_papers as "maxPapers",
              coalesce(s.abstracts, 'short') as abstracts, s.min_matches as "minMatches",
              o.personal, o.followed, o.unwanted, n.ranks, n.scores, coalesce(m.revision, 0) as revision,
              case when e.cadence = 'weekly' or o.personal then array(
                select distinct unnest(h.papers) from deliveries h
                where h.subscriber_id = c.subscriber_id and h.kind = 'digest' and h.id <> c.id
                  and h.state <> 'failed' and h.month >= e.issue_date - 62
              ) else '{}' end as had,
              case when c.kind = 'digest' and c.papers is not null then jsonb_build_object(
                'papers', c.papers, 'reasons', c.reasons, 'fullAbstracts', coalesce(c.full_abstracts, 0)) end as held,
              exists (select from suppressions) as "anySuppressed",
              case
                when s.id is null then 'skipped: the reader was erased'
                when c.expires_at <= $3 then 'expired: overdue'
                -- Who has left may still ask for their data.
                when c.kind = 'proof' then null
                when c.kind = 'confirmation' then
                  case when s.state = 'active' then 'skipped: confirmed already'
                    -- Its link is dead: see judgeConfirmation in the subscribers room.
                    when exists (
                      select from consents u where u.subscriber_id = c.subscriber_id and u.step = 'unsubscribed'
                        and u.id > c.request_id) then 'skipped: unsubscribed'
                  end
                when s.state <> 'active' then 'skipped: unsubscribed'
                when e.id is null then 'cancelled: the edition was removed'
                when e.state <> 'ready' then 'cancelled: the edition was withdrawn'
                when e.paused_at is not null then 'planned: the edition is paused'
                when s.paused_until > ($3 at time zone s.timezone)::date then 'skipped: paused'
                when e.cadence <> 'sample' and e.cadence <> s.cadence then 'skipped: the reader changed the cadence'
                when exists (
                  select from editions l
                  where l.cadence = e.cadence and l.state = 'ready' and l.issue_date > e.issue_date
                    and l.opened_at >= e.opened_at and l.opened_at <= $3) then 'expired: a later edition is out'
              end as "refusalText"
       from claimed c
       left join subscribers s on s.id = c.subscriber_id
       left join editions e on e.id = c.edition_id
       left join reader_choices o on o.subscriber_id = c.subscriber_id and c.kind = 'digest'
       left join edition_near n on n.edition_id = c.edition_id and n.subscriber_id = c.subscriber_id and o.learnt
       left join edition_matchings m on m.edition_id = c.edition_id
     )
     select t.settled, j.* from (select count(*) as settled from settled) t left join judged j on true order by j.id`,
    [JSON.stringify(endings), claimId, now, ids, until],
    { prepared: true },
  );
  const rows = found.filter((row) => row.id !== null);
  // The rows are claimed by now: where the list cannot be read they are to be given back, not left to the sweep.
  const suppressed = rows[0]?.anySuppressed
    ? await readSuppressed(db, links, rows).catch(() => undefined)
    : new Map<string, Suppression>();
  const judged = rows.map((found): Claimed => {
    const { settled, refusalText, emailKey, anySuppressed, ...rest } = found;
    const { personal, followed, unwanted, ranks, scores, revision, ...row } = rest;
    const choice = personal === null ? null : { personal, followed, unwanted, ranks, scores, revision };
    let refusal: Claimed['refusal'] = null;
    if (refusalText) refusal = readRefusal(refusalText);
    else if (!suppressed) refusal = { state: 'planned', reason: 'the suppression list could not be read' };
    else {
      const suppression = suppressed.get(emailKey);
      // Who was erased, or left, may sign up again: what they asked for themselves goes out.
      if (suppression && (row.kind === 'digest' || suppression === 'refused'))
        refusal = { state: 'skipped', reason: 'suppressed' };
    }
    return { ...row, choice, refusal };
  });
  return { settled: found[0]?.settled ?? 0, rows: judged };
}

function readRefusal(text: string): Refusal {
  const [state, reason] = text.split(': ', 2);
  return { state: state as Refusal['state'], reason: reason ?? '' };
}

/** By the reader's own wish, or because mail bounced or was complained of. */
type Suppression = 'wished' | 'refused';

/** Those of the rows' address keys that are suppressed. The table knows hashes alone, and the key is not the database's. */
async function readSuppressed(
  db: Db,
  links: Links,
  rows: readonly ClaimedRow[],
): Promise<Map<string, Suppression>> {
  const keys = new Map<string, string>();
  for (const { emailKey } of rows)
    for (const hash of links.addressHashes(emailKey)) keys.set(hash.toString('hex'), emailKey);
  const found = await db.query<{ hash: string; kind: Suppression }>(
    'claim-suppressed',
    `select encode(email_hash, 'hex') as hash,
            case when reason in ('erased', 'unsubscribed') then 'wished' else 'refused' end as kind
     from suppressions
     where email_hash in (select decode(h, 'hex') from unnest($1::text[]) as h)
     -- The graver last: an address may have a row for each key.
     order by kind desc`,
    [[...keys.keys()]],
  );
  return new Map(found.map(({ hash, kind }) => [keys.get(hash) ?? '', kind]));
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
  const rows = await db.query('settle', SETTLE, [JSON.stringify(endings), claimId, now], { prepared: true });
  return rows.length;
}
