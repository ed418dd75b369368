import type { Db } from '../platform/index.ts';

/** How long the link of a proof mail works, and so how long the mail is worth sending (PROOF_LIFE_MS in the subscribers room). */
const PROOF_LIFE = '15 minutes';

/**
 * Writes one ledger row for each mail with which a reader is to prove the mailbox. Asking twice writes nothing new.
 *
 * @returns rows written
 */
export async function planProofs(db: Db, now: Date, mailDomain: string): Promise<number> {
  const owed = `
    from proofs p
    where p.asked_at > $1::timestamptz - interval '${PROOF_LIFE}'
      and not exists (select from closed_months m where m.month = date_trunc('month', p.asked_at at time zone 'UTC'))
      and not exists (select from deliveries d where d.request_id = p.id)`;
  const months = await db.query<{ month: string }>(
    'plan-proof-months',
    `select ensure_deliveries_month(month) is null, month
     from (select distinct date_trunc('month', p.asked_at at time zone 'UTC')::date as month ${owed}) m`,
    [now],
  );
  if (months.length === 0) return 0;
  const rows = await db.query(
    'plan-proofs',
    `insert into deliveries (id, month, kind, subscriber_id, request_id, due_at, expires_at, message_id)
     select n.id, date_trunc('month', n.asked_at at time zone 'UTC')::date, 'proof', n.subscriber_id, n.request_id, $1,
            n.asked_at + interval '${PROOF_LIFE}',
            'p' || to_hex(n.id) || '.' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 20) || '@' || $2::text
     from (select nextval('deliveries_id_seq') as id, p.id as request_id, p.subscriber_id, p.asked_at ${owed}) n
     on conflict do nothing
     returning id`,
    [now, mailDomain],
  );
  return rows.length;
}
