import type { Clock, Db } from '../platform/index.ts';
import { writeAudit } from './audit.ts';
import { DOMAIN } from './causes.ts';

/** Which of the rows: all that are named must fit. */
export interface AgainChoice {
  editionId?: number;
  ids?: readonly number[];
  /** null: those that no server answered with a code. */
  smtpCode?: number | null;
  /** Of the receiver's address, in lower case. */
  domain?: string;
  server?: string;
  reason?: string;
}

export interface AgainCounts {
  /** Planned again, due now. */
  rows: number;
  /** Fit the choice and stay as they are: their day has passed, a later edition is out, or theirs was withdrawn. */
  tooLate: number;
}

/** Verbs and what they take up again. */
const FROM = { retry: 'failed', resend: 'uncertain' } as const;

/**
 * Plans failed (`retry`) or uncertain (`resend`) deliveries again, with their Message-ID: a server or mailbox that got
 * the first copy can tell that the second is the same mail. Attempts count from 0. Asking twice does nothing: a row
 * that was planned again is not failed any more.
 *
 * @param actor - who did it, for the audit
 */
export async function sendAgain(
  { db, clock }: { db: Db; clock: Clock },
  verb: keyof typeof FROM,
  choice: AgainChoice,
  actor: string,
): Promise<AgainCounts> {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const counts = await planAgain(tx, verb, choice, now);
    if (counts.rows > 0)
      await writeAudit(tx, {
        at: now,
        actor,
        action: `deliveries.${verb}`,
        detail: { ...choice, ...(choice.ids && { ids: choice.ids.slice(0, 100) }), ...counts },
      });
    return counts;
  });
}

async function planAgain(
  tx: Db,
  verb: keyof typeof FROM,
  choice: AgainChoice,
  now: Date,
): Promise<AgainCounts> {
  const [counts] = await tx.query<AgainCounts>(
    `plan-again-${verb}`,
    `with chosen as (
       select d.id, d.month,
              d.expires_at > $1 and (d.kind = 'confirmation' or (e.state = 'ready' and not exists (
                select from editions l
                where l.cadence = e.cadence and l.state = 'ready' and l.issue_date > e.issue_date
                  and l.opened_at >= e.opened_at and l.opened_at <= $1))) is true as in_time
       from deliveries d
       left join editions e on e.id = d.edition_id
       left join subscribers s on s.id = d.subscriber_id
       where d.state = $2
         and ($3::bigint is null or d.edition_id = $3)
         and ($4::bigint[] is null or d.id = any($4))
         and (not $5::boolean or d.smtp_code is not distinct from $6::smallint)
         and ($7::text is null or ${DOMAIN} = $7)
         and ($8::text is null or d.server = $8)
         and ($9::text is null or d.reason = $9)
       for update of d
     ), planned as (
       update deliveries d set state = 'planned', due_at = $1, attempts = 0, settled_at = null, claim = null, queued_at = null,
         reason = $10 || coalesce('; before: ' || d.reason, '')
       from chosen c where c.in_time and d.id = c.id and d.month = c.month
       returning d.id
     )
     select (select count(*) from planned) as rows, (select count(*) from chosen where not in_time) as "tooLate"`,
    [
      now,
      FROM[verb],
      choice.editionId ?? null,
      choice.ids ?? null,
      choice.smtpCode !== undefined,
      choice.smtpCode ?? null,
      choice.domain ?? null,
      choice.server ?? null,
      choice.reason ?? null,
      verb === 'retry' ? 'retried by the operator' : 'sent again by the operator',
    ],
  );
  return counts ?? { rows: 0, tooLate: 0 };
}
