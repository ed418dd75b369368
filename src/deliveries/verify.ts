import type { Db } from '../platform/index.ts';
import { type Proof, prove, type State, type Tally } from './rules/states.ts';

/** The proof of one edition. */
export interface EditionProof extends Proof {
  editionId: number;
  cadence: string;
  issueDate: string;
  /** `paused`: ready, but nothing of it is sent. `closed`: its deliveries were dropped, and only their counts remain. */
  state: 'ready' | 'paused' | 'withdrawn' | 'closed';
}

/** Which editions to prove: one by id, those of a date (of one cadence, where it is named), or the last `latest`. */
export type EditionChoice =
  | { editionId: number }
  | { issueDate: string; cadence?: string }
  | { latest: number };

interface EditionRow
  extends Pick<EditionProof, 'editionId' | 'cadence' | 'issueDate' | 'state' | 'planned'> {}

/** Holds the rows of editions against what was planned for them, newest first. Empty where none matches. */
export async function verify(db: Db, choice: EditionChoice): Promise<EditionProof[]> {
  const editions = await db.query<EditionRow>(
    'verify-editions',
    `select e.id as "editionId", e.cadence, e.issue_date as "issueDate", e.planned_total as planned,
            case when exists (select from closed_months m where m.month = date_trunc('month', e.issue_date)) then 'closed'
                 when e.state = 'ready' and e.paused_at is not null then 'paused' else e.state end as state
     from editions e
     where ($1::bigint is null or e.id = $1) and ($2::date is null or e.issue_date = $2) and ($3::text is null or e.cadence = $3)
     order by e.opened_at desc, e.id desc limit $4`,
    [
      'editionId' in choice ? choice.editionId : null,
      'issueDate' in choice ? choice.issueDate : null,
      'issueDate' in choice ? (choice.cadence ?? null) : null,
      'latest' in choice ? choice.latest : 100,
    ],
  );
  const tallies = await tally(
    db,
    editions.map((edition) => edition.editionId),
  );
  return editions.map(({ planned, ...edition }) => ({
    ...edition,
    ...prove(planned, tallies.get(edition.editionId) ?? {}),
  }));
}

async function tally(db: Db, editionIds: readonly number[]): Promise<Map<number, Tally>> {
  const rows = await db.query<{ editionId: number; state: State; n: number }>(
    'verify-tally',
    `select edition_id as "editionId", state, count(*) as n from deliveries where edition_id = any($1) group by 1, 2
     union all
     select edition_id, state, rows from delivery_totals where edition_id = any($1)`,
    [editionIds],
  );
  const tallies = new Map<number, Tally>();
  for (const { editionId, state, n } of rows)
    tallies.set(editionId, { ...tallies.get(editionId), [state]: n });
  return tallies;
}
