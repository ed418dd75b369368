import type { Clock, Db } from '../platform/index.ts';

/** What a bounce or a provider says of a mail after it left. */
export interface Evidence {
  kind: 'delivered' | 'bounced' | 'deferred' | 'complained';
  at: Date;
  /** The provider's own name for this notice; for a bounce, its Message-ID. The same one twice is one fact. */
  providerEventId: string;
  smtpCode?: number;
  /** What the other side said, for the operator. Untrusted. */
  detail?: string;
}

/** Longest detail that is kept: more than any SMTP reply line, less than a whole bounce. */
const DETAIL_MAX = 1_000;

/**
 * Writes down a fact about a mail, and lets it settle a delivery of which nobody knew whether it was taken. A row that
 * ended otherwise keeps its state: facts after sending are events.
 *
 * @param messageId - with or without angle brackets
 * @returns `settled`: an uncertain row has its ending; `noted`: written down; `known`: it was before; `unknown`: no mail of
 *   ours has this Message-ID, and nothing was written
 */
export async function settleByEvidence(
  { db, clock }: { db: Db; clock: Clock },
  messageId: string,
  evidence: Evidence,
): Promise<'settled' | 'noted' | 'known' | 'unknown'> {
  const name = readMessageId(messageId);
  if (!name) return 'unknown';
  return db.transaction(async (tx) => {
    const row = await lockDelivery(tx, name);
    if (!row) return 'unknown';
    if (!(await noteEvent(tx, row, evidence))) return 'known';
    const ending = ENDINGS[evidence.kind];
    if (row.state !== 'uncertain' || !ending) return 'noted';
    await endUncertain(tx, row, ending, evidence, clock.now());
    return 'settled';
  });
}

/** A complaint proves that it arrived; a server that goes on trying has it. */
const ENDINGS = { delivered: 'sent', complained: 'sent', deferred: undefined, bounced: 'failed' } as const;

interface Named {
  id: number;
  month: string;
  state: string;
}

/** The row's id stands in its Message-ID (see plan.ts), so that no index on the text is needed. */
export function readMessageId(text: string): { id: number; messageId: string } | undefined {
  const messageId = text.trim().replace(/^<(.*)>$/, '$1');
  const [, hex] = /^[a-z]([0-9a-f]{1,12})\.[0-9a-f]{20}@/.exec(messageId) ?? [];
  return hex === undefined ? undefined : { id: Number.parseInt(hex, 16), messageId };
}

async function lockDelivery(
  tx: Db,
  { id, messageId }: { id: number; messageId: string },
): Promise<Named | undefined> {
  const [row] = await tx.query<Named>(
    'evidence-delivery',
    'select id, month, state from deliveries where id = $1 and message_id = $2 for update',
    [id, messageId],
  );
  return row;
}

async function noteEvent(tx: Db, { id, month }: Named, evidence: Evidence): Promise<boolean> {
  const rows = await tx.query(
    'evidence-note',
    `insert into delivery_events (provider_event_id, delivery_id, month, kind, at, smtp_code, detail)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (provider_event_id) do nothing returning id`,
    [
      evidence.providerEventId,
      id,
      month,
      evidence.kind,
      evidence.at,
      evidence.smtpCode ?? null,
      evidence.detail?.replaceAll('\0', '').slice(0, DETAIL_MAX) ?? null,
    ],
  );
  return rows.length > 0;
}

async function endUncertain(
  tx: Db,
  { id, month }: Named,
  ending: 'sent' | 'failed',
  { kind, smtpCode }: Evidence,
  now: Date,
): Promise<void> {
  await tx.query(
    'evidence-settle',
    `update deliveries set state = $3, settled_at = $4, reason = $5, smtp_code = coalesce($6, smtp_code), claim = null
     where id = $1 and month = $2 and state = 'uncertain'`,
    [id, month, ending, now, `known by a later notice: ${kind}`, smtpCode ?? null],
  );
}
