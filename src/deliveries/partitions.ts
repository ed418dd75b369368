import type { Clock, Db } from '../platform/index.ts';
import { writeAudit } from './audit.ts';
import { firstOfMonth, lastDroppable, nextMonth } from './rules/months.ts';

/** A month of deliveries that can go. */
export interface OldMonth {
  /** Its first day. */
  month: string;
  rows: number;
  /** Planned, queued or being sent. */
  waiting: number;
  uncertain: number;
}

/** The months before this one that still have their deliveries, oldest first. */
export async function listOldMonths(db: Db, before: string): Promise<OldMonth[]> {
  return db.query<OldMonth>(
    'list-old-months',
    `select month, count(*) as rows, count(*) filter (where state in ('planned', 'queued', 'sending')) as waiting,
            count(*) filter (where state = 'uncertain') as uncertain
     from deliveries where month < $1 group by month order by month`,
    [before],
  );
}

/** A day that months may be dropped before, or the sentence that says why not. */
export function judgeDrop(before: string, now: Date): { before: string } | { fault: string } {
  const last = lastDroppable(now);
  const first = firstOfMonth(before);
  return first <= last
    ? { before: first }
    : {
        fault: `Deliveries are kept for two months at least: name ${last.slice(0, 7)} or an earlier month.`,
      };
}

/**
 * Drops a month of deliveries for good, and keeps how many ended how, for each edition. From then on nothing is planned
 * for that month; readers' own links to what they were mailed then answer that there is nothing.
 *
 * @param options.evenOpen - also where rows wait or are uncertain; they are counted as they are
 * @param actor - who did it, for the audit
 * @returns `open`: rows wait or are uncertain, and nothing was done; `none`: there is no such month
 */
export async function dropMonth(
  { db, clock }: { db: Db; clock: Clock },
  month: string,
  options: { evenOpen: boolean },
  actor: string,
): Promise<'dropped' | 'open' | 'none'> {
  const now = clock.now();
  const partition = `deliveries_${month.slice(0, 7).replace('-', '_')}`;
  if (!/^deliveries_\d{4}_\d{2}$/.test(partition)) return 'none';
  return db.transaction(async (tx) => {
    // Whoever sends goes on after this; a sender that holds it up for longer is not made to wait behind it.
    await tx.query('drop-patience', "set local lock_timeout = '10s'");
    const [found] = await tx.query<{ there: boolean }>(
      'drop-find',
      'select to_regclass($1) is not null as there',
      [partition],
    );
    if (!found?.there) return 'none';
    await tx.query('drop-lock', 'lock table deliveries in access exclusive mode');
    const [old] = (await listOldMonths(tx, nextMonth(month))).filter((one) => one.month === month);
    const open = (old?.waiting ?? 0) + (old?.uncertain ?? 0);
    if (open > 0 && !options.evenOpen) return 'open';
    await tx.query('drop-close', 'insert into closed_months (month, closed_at) values ($1, $2)', [
      month,
      now,
    ]);
    await tx.query(
      'drop-totals',
      `insert into delivery_totals (month, edition_id, state, rows)
       select month, edition_id, state, count(*) from deliveries where month = $1 group by 1, 2, 3`,
      [month],
    );
    await tx.query('drop-events', 'delete from delivery_events where month = $1', [month]);
    await tx.query('drop-month', `drop table ${partition}`);
    await writeAudit(tx, {
      at: now,
      actor,
      action: 'deliveries.drop',
      detail: { month, rows: old?.rows ?? 0, open },
    });
    return 'dropped';
  });
}
