import { plan } from '../../src/deliveries/index.ts';
import { tickAssemble, tickIngest } from '../../workers/clock.ts';
import type { TestApp } from '../support/app.ts';
import { makeItem } from '../support/upstream.ts';

/** A row of the ledger, with the names that tests think in. */
export interface Row {
  id: number;
  kind: 'digest' | 'confirmation' | 'proof';
  subscriberId: number;
  editionId: number | null;
  email: string | null;
  issueDate: string | null;
  state: string;
  reason: string | null;
  month: string;
  dueAt: Date;
  expiresAt: Date;
  attempts: number;
  messageId: string;
}

/** All rows of a kind, by reader and edition. */
export const ledger = (app: TestApp, kind: Row['kind'] = 'digest') =>
  app.db.query<Row>(
    'test-ledger',
    `select d.id, d.kind, d.subscriber_id as "subscriberId", d.edition_id as "editionId", s.email, e.issue_date as "issueDate", d.state, d.reason, d.month, d.due_at as "dueAt",
            d.expires_at as "expiresAt", d.attempts, d.message_id as "messageId"
     from deliveries d left join subscribers s on s.id = d.subscriber_id left join editions e on e.id = d.edition_id
     where d.kind = $1 order by s.email, e.issue_date, d.id`,
    [kind],
  );

/** When each waiting digest is due, by reader, as `2026-03-29T06:00Z`. */
export async function dueTimes(app: TestApp): Promise<Record<string, string>> {
  const rows = await ledger(app);
  return Object.fromEntries(
    rows
      .filter((row) => row.state === 'planned')
      .map((row) => [row.email ?? '', row.dueAt.toISOString().replace(':00.000Z', 'Z')]),
  );
}

/** The day's papers are listed by its evening; at 02:00 the day after, its edition is made, open and planned. */
export async function issue(app: TestApp, day: string, papers = 3): Promise<void> {
  const ids = Array.from(
    { length: papers },
    (_, i) => `${day.slice(2, 4)}${day.slice(5, 7)}.${day.slice(8)}00${i}`,
  );
  app.upstream.setDay(
    day,
    ids.map((id, i) => makeItem({ id, day, upvotes: papers - i })),
  );
  app.clock.set(new Date(`${day}T23:00Z`));
  await tickIngest(app, false);
  app.clock.set(new Date(Date.parse(`${day}T02:00Z`) + 86_400_000));
  // Sources are asked once more after the day, as every quarter of an hour.
  await tickIngest(app, false);
  await tickAssemble(app);
  await plan(app.planning);
}
