import type { Db } from '../platform/index.ts';
import type { ReaderDigest } from './rules/reader-digest.ts';

/**
 * What a reader got, and did not, newest first.
 *
 * @param limit - rows at most; null: all that the ledger still has
 */
export async function listReaderDigests(
  db: Db,
  subscriberId: number,
  limit: number | null,
): Promise<ReaderDigest[]> {
  return db.query<ReaderDigest>(
    'list-reader-digests',
    `select d.id, d.state, d.reason, d.due_at as "dueAt", d.settled_at as "settledAt", d.papers, d.reasons,
            e.id as "editionId", e.cadence, e.issue_date as "issueDate", e.subject,
            (select v.kind from delivery_events v
             where v.delivery_id = d.id and v.kind in ('delivered', 'bounced', 'complained')
             order by array_position(array['complained', 'bounced', 'delivered'], v.kind) limit 1) as afterwards
     from deliveries d left join editions e on e.id = d.edition_id
     where d.subscriber_id = $1 and d.kind = 'digest'
     order by d.due_at desc, d.id desc limit $2`,
    [subscriberId, limit],
  );
}

/**
 * Papers that a reader was sent, or may have been, in the two months before an edition, in others than it: those that a
 * digest chosen for the reader leaves out. The ledger's claim asks the same of each row.
 */
export async function listHad(db: Db, subscriberId: number, editionId: number): Promise<string[]> {
  const rows = await db.query<{ paper: string }>(
    'list-had',
    `select distinct unnest(d.papers) as paper from deliveries d
     where d.subscriber_id = $1 and d.kind = 'digest' and d.edition_id is distinct from $2
       and d.state <> 'failed' and d.month >= (select issue_date from editions where id = $2) - 62`,
    [subscriberId, editionId],
  );
  return rows.map(({ paper }) => paper);
}
