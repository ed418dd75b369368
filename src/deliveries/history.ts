import type { Db } from '../platform/index.ts';
import { DOMAIN, NOT_SENT } from './causes.ts';
import type { State } from './rules/states.ts';

/** A ledger row, as an operator reads it. */
export interface Delivery {
  id: number;
  kind: 'digest' | 'confirmation' | 'proof';
  state: State;
  /** Null once the reader was erased. */
  email: string | null;
  subscriberId: number;
  editionId: number | null;
  issueDate: string | null;
  dueAt: Date;
  settledAt: Date | null;
  attempts: number;
  reason: string | null;
  smtpCode: number | null;
  smtpReply: string | null;
  server: string | null;
  messageId: string;
  /** What it held, and of a digest that was chosen for its reader why; null: nothing is known. */
  papers: string[] | null;
  reasons: string[] | null;
  fullAbstracts: number | null;
}

/** All absent: the newest rows. */
export interface DeliveryFilter {
  editionId?: number;
  issueDate?: string;
  state?: string;
  emailKey?: string;
  /** Only those who did not get it: ended otherwise, or tried without success so far. */
  notSent?: boolean;
  smtpCode?: number;
  /** Of the receiver's address, in lower case. */
  domain?: string;
  server?: string;
  /** Rows at most (default: 100). */
  limit?: number;
  /** Only rows with a smaller id: the next page. */
  before?: number;
}

const COLUMNS = `
  d.id, d.kind, d.state, s.email, d.subscriber_id as "subscriberId", d.edition_id as "editionId",
  e.issue_date as "issueDate", d.due_at as "dueAt", d.settled_at as "settledAt", d.attempts, d.reason,
  d.smtp_code as "smtpCode", d.smtp_reply as "smtpReply", d.server, d.message_id as "messageId", d.papers, d.reasons,
  d.full_abstracts as "fullAbstracts"
  from deliveries d
  left join subscribers s on s.id = d.subscriber_id
  left join editions e on e.id = d.edition_id`;

/** Newest first. */
export async function listDeliveries(db: Db, filter: DeliveryFilter): Promise<Delivery[]> {
  return db.query<Delivery>(
    'list-deliveries',
    `select ${COLUMNS}
     where ($1::bigint is null or d.edition_id = $1)
       and ($2::date is null or e.issue_date = $2)
       and ($3::text is null or d.state = $3)
       and ($4::text is null or s.email_key = $4)
       and ($5::bigint is null or d.id < $5)
       and (not $7::boolean or ${NOT_SENT})
       and ($8::smallint is null or d.smtp_code = $8)
       and ($9::text is null or ${DOMAIN} = $9)
       and ($10::text is null or d.server = $10)
     order by d.id desc limit $6`,
    [
      filter.editionId ?? null,
      filter.issueDate ?? null,
      filter.state ?? null,
      filter.emailKey ?? null,
      filter.before ?? null,
      filter.limit ?? 100,
      filter.notSent ?? false,
      filter.smtpCode ?? null,
      filter.domain ?? null,
      filter.server ?? null,
    ],
  );
}

/** One row, by id. */
export async function findDelivery(db: Db, id: number): Promise<Delivery | undefined> {
  const [row] = await db.query<Delivery>('find-delivery', `select ${COLUMNS} where d.id = $1`, [id]);
  return row;
}
