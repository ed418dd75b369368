import type { Db } from '../platform/index.ts';
import type { State } from './rules/states.ts';

/** What deliveries are grouped by. `reason` keeps the codes apart. */
export const CAUSE_KEYS = ['reason', 'code', 'domain', 'server'] as const;
export type CauseKey = (typeof CAUSE_KEYS)[number];

/** A kind of deliveries that did not arrive, and how many. */
export interface Cause {
  state: State;
  /** The reason, code, receiving domain or server; null where none was written down, or the reader was erased. */
  value: string | null;
  /** Only by reason and by code. */
  smtpCode: number | null;
  rows: number;
}

/** The part of an address after the last `@`. */
export const DOMAIN = "substring(s.email from '[^@]*$')";

/** Rows `d` of readers who did not get it: ended otherwise, or tried without success so far. */
export const NOT_SENT =
  "(d.state <> 'sent' and (d.attempts > 0 or d.state not in ('planned', 'queued', 'sending')))";

const GROUPS: Record<CauseKey, { value: string; code: string; join: string }> = {
  reason: { value: 'd.reason', code: 'd.smtp_code', join: '' },
  code: { value: 'd.smtp_code::text', code: 'd.smtp_code', join: '' },
  domain: {
    value: DOMAIN,
    code: 'null::smallint',
    join: 'left join subscribers s on s.id = d.subscriber_id',
  },
  server: { value: 'd.server', code: 'null::smallint', join: '' },
};

/**
 * Why readers did not get an edition: every row counted, the most frequent first.
 *
 * @param limit - groups at most (default: all)
 */
export async function countCauses(db: Db, editionId: number, by: CauseKey, limit?: number): Promise<Cause[]> {
  const { value, code, join } = GROUPS[by];
  return db.query<Cause>(
    `count-causes-${by}`,
    `select d.state, ${value} as value, ${code} as "smtpCode", count(*) as rows
     from deliveries d ${join} where d.edition_id = $1 and ${NOT_SENT}
     group by 1, 2, 3 order by rows desc, 1, 2, 3 limit $2`,
    [editionId, limit ?? null],
  );
}
