import type { Db } from '../platform/index.ts';
import type { PickPaper } from './rules/pick.ts';

/** Editions that are looked at: about two weeks. */
const EDITIONS = 14;
/** Papers that are looked at: 0.1 s of matching topics. */
const PAPERS = 300;

/** Papers of the last editions of which this reader has not said anything, best places first; samples while there is nothing else. */
export const readPickPapers = (db: Db, subscriberId: number) =>
  db.query<PickPaper & { authors: string[]; organisation: string | null }>(
    'interests.pick-papers',
    `with last as (
       select id from editions where state = 'ready'
         and (cadence <> 'sample' or not exists (select from editions where cadence <> 'sample'))
       order by opened_at desc, id desc limit ${EDITIONS}),
          best as (
       select e.paper_id, min(e.rank) as rank from edition_papers e join last l on l.id = e.edition_id group by e.paper_id)
     select p.id, p.title, p.keywords, p.categories, p.authors[1:20] as authors, p.organisation, b.rank
     from best b join papers p on p.id = b.paper_id
     where not exists (select from votes v where v.subscriber_id = $1 and v.paper_id = p.id)
     order by b.rank, p.id collate "C" limit ${PAPERS}`,
    [subscriberId],
  );
