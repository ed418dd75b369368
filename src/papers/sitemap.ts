import type { Db } from '../platform/index.ts';
import type { Kind } from './lists.ts';
import { SAMPLE_SOURCE } from './store.ts';

/** How many real papers a search can find. */
export async function countSitemapPapers(db: Db): Promise<number> {
  const [row] = await db.query<{ papers: number }>(
    'papers: count for sitemap',
    'select count(*) as papers from paper_words w where not w.sample',
  );
  return row?.papers ?? 0;
}

/** Real papers with the UTC day of their last change, by id. */
export function listSitemapPapers(
  db: Db,
  options: { limit: number; offset: number },
): Promise<{ id: string; changedOn: string }[]> {
  return db.query(
    'papers: list for sitemap',
    `select p.id, (p.updated_at at time zone 'UTC')::date as "changedOn"
     from (
       select w.paper_id from paper_words w where not w.sample order by w.paper_id limit $1 offset $2
     ) w join papers p on p.id = w.paper_id
     order by p.id`,
    [options.limit, options.offset],
  );
}

/** Days with papers, newest first. */
export async function listDays(db: Db, options: Kind & { limit: number }): Promise<string[]> {
  const rows = await db.query<{ day: string }>(
    'papers: list days',
    // From day to day by the index: reading every listing to find the distinct ones takes fifty times as long.
    `with recursive days as (
       (select max(l.listed_on) as day, 1 as place from listings l)
       union all
       select (select max(l.listed_on) from listings l where l.listed_on < d.day), d.place + 1
       from days d where d.day is not null and d.place < $1
     )
     select d.day from days d
     where exists (select from listings l where l.listed_on = d.day and (l.source = '${SAMPLE_SOURCE}') = $2)
     order by d.day desc`,
    [options.limit, options.sample],
  );
  return rows.map(({ day }) => day);
}
