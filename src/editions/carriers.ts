import type { Db } from '../platform/index.ts';
import type { Cadence, Day } from './rules/dates.ts';

/** An edition that carried a paper. */
export interface Carrier {
  cadence: Cadence;
  /** Weekly: the Monday of its week. */
  issueDate: Day;
  rank: number;
}

/** The public editions that carried a paper, oldest first. */
export function listCarriers(db: Db, paperId: string): Promise<Carrier[]> {
  return db.query<Carrier>(
    'editions.list-carriers',
    `select e.cadence, e.issue_date as "issueDate", ep.rank
     from edition_papers ep join editions e on e.id = ep.edition_id
     where ep.paper_id = $1 and e.state = 'ready' and e.cadence in ('daily', 'weekly')
     order by e.issue_date, e.cadence limit 50`,
    [paperId],
  );
}
