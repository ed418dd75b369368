import type { Paper } from '../papers/index.ts';
import type { Db } from '../platform/index.ts';
import type { Day } from './rules/dates.ts';
import { PAPER_COLUMNS } from './store.ts';

/** A paper as a daily edition carried it: with its votes as printed. */
export interface Carried extends Paper {
  issueDate: Day;
  openedAt: Date;
  rank: number;
  card: boolean;
}

/** Which papers `listCarried` gives. */
export interface CarriedFilter {
  /** Only cards: what a reader without interests gets. Default: all that the editions carried. */
  cardsOnly?: boolean;
  /** Only these papers. Default: all. */
  ids?: readonly string[];
  /** At most. */
  limit: number;
}

/** Papers of the daily editions that are open at `now`, the newest edition first and then by rank; each once, where it came last. */
export function listCarried(db: Db, now: Date, filter: CarriedFilter): Promise<Carried[]> {
  const { cardsOnly = false, ids = null, limit } = filter;
  return db.query<Carried>(
    'editions.list-carried',
    // The later columns win: votes as printed.
    `select ${PAPER_COLUMNS}, ep.rank, ep.card, ep.upvotes, ep.comments,
       e.issue_date as "issueDate", e.opened_at as "openedAt"
     from editions e join edition_papers ep on ep.edition_id = e.id join papers p on p.id = ep.paper_id
     where e.cadence = 'daily' and e.state = 'ready' and e.opened_at <= $1 and (ep.card or not $2)
       and ($3::text[] is null or ep.paper_id = any ($3))
       and not exists (
         select from edition_papers again join editions later on later.id = again.edition_id
         where again.paper_id = ep.paper_id and later.cadence = 'daily' and later.state = 'ready'
           and later.opened_at <= $1 and later.issue_date > e.issue_date and (again.card or not $2))
     order by e.issue_date desc, ep.rank
     limit $4`,
    [now, cardsOnly, ids, limit],
  );
}
