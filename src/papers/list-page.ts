import type { Db } from '../platform/index.ts';
import { type Kind, PAPER_COLUMNS } from './lists.ts';
import type { Paper } from './rules/paper.ts';
import { SAMPLE_SOURCE } from './store.ts';

/** Where a page ended: the place of its last paper in the order of votes. */
export type PagePlace = Pick<Paper, 'upvotes' | 'comments' | 'id'>;

/**
 * Papers listed from one day to another, in the order of `listRange`, after a place and not after so many: a paper that
 * comes in while somebody pages neither repeats another nor hides it.
 *
 * @param options.after - the last paper of the page before; default: from the first
 */
export function listPage(
  db: Db,
  from: string,
  to: string,
  options: Kind & { limit: number; after?: PagePlace },
): Promise<Paper[]> {
  const { sample, limit, after } = options;
  return db.query<Paper>(
    'papers: list page',
    `select ${PAPER_COLUMNS} from papers p
     where p.id in (select l.paper_id from listings l
         where l.listed_on between $1 and $2 and (l.source = '${SAMPLE_SOURCE}') = $3)
       and ($4::integer is null or (p.upvotes, p.comments) < ($4, $5::integer)
         or ((p.upvotes, p.comments) = ($4, $5::integer) and p.id collate "C" > $6))
     order by p.upvotes desc, p.comments desc, p.id collate "C"
     limit $7`,
    [from, to, sample, after?.upvotes ?? null, after?.comments ?? null, after?.id ?? null, limit],
  );
}
