import type { Db } from '../platform/index.ts';
import { type Proof, prove, type State, type Tally } from './rules/states.ts';

/** The proof of one edition. */
export interface EditionProof extends Proof {
  editionId: number;
  cadence: string;
  issueDate: string;
}

/** Which editions to prove: one by id, those of a date, or all of the last `latest`. */
export type EditionChoice = { editionId: number } | { issueDate: string } | { latest: number };

/** Holds the rows of editions against what was planned for them, newest first. Empty where none matches. */
export async function verify(db: Db, choice: EditionChoice): Promise<EditionProof[]> {
  const editions = await db.query<{ id: number; cadence: string; issueDate: string; planned: number }>(
    'verify-editions',
    `select id, cadence, issue_date as "issueDate", planned_total as planned from editions
     where ($1::bigint is null or id = $1) and ($2::date is null or issue_date = $2)
     order by opened_at desc, id desc limit $3`,
    [
      'editionId' in choice ? choice.editionId : null,
      'issueDate' in choice ? choice.issueDate : null,
      'latest' in choice ? choice.latest : 100,
    ],
  );
  const tallies = await tally(
    db,
    editions.map((edition) => edition.id),
  );
  return editions.map((edition) => ({
    editionId: edition.id,
    cadence: edition.cadence,
    issueDate: edition.issueDate,
    ...prove(edition.planned, tallies.get(edition.id) ?? {}),
  }));
}

async function tally(db: Db, editionIds: readonly number[]): Promise<Map<number, Tally>> {
  const rows = await db.query<{ editionId: number; state: State; n: number }>(
    'verify-tally',
    `select edition_id as "editionId", state, count(*) as n from deliveries where edition_id = any($1) group by 1, 2`,
    [editionIds],
  );
  const tallies = new Map<number, Tally>();
  for (const { editionId, state, n } of rows)
    tallies.set(editionId, { ...tallies.get(editionId), [state]: n });
  return tallies;
}
