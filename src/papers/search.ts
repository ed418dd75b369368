import type { Db } from '../platform/index.ts';
import { type Kind, PAPER_COLUMNS } from './lists.ts';
import { type Correction, putNamesRight } from './put-names-right.ts';
import type { Paper } from './rules/paper.ts';
import { hasPhrase, type SearchQuery, tsqueryOf } from './rules/query.ts';
import { HALF_LIFE_DAYS } from './rules/score.ts';

/** What a search is asked beside the query. */
export interface SearchOptions extends Kind {
  now: Date;
  /** Papers of a page (default: 20; at most 100). */
  limit?: number;
  /** `next` of the page before; anything else begins at the first. */
  cursor?: string | null;
  /** Default: by relevance, where trending papers come first of those that fit equally. `newest`: for feeds. */
  order?: 'relevance' | 'newest';
}

/** A page of what was found. */
export interface SearchPage {
  papers: Paper[];
  /** How many there are, at most `SEARCH_MAX`. */
  total: number;
  /** There are more than `total`; pages end there all the same. */
  more: boolean;
  /** The next page's cursor; null: this is the last. */
  next: string | null;
  /** Names that nobody here has, and what was taken for them: only where the query as typed finds nothing. */
  corrections: Correction[];
}

/** Results that are ranked and can be paged through: nobody reads further, and it bounds what a search costs. */
export const SEARCH_MAX = 1000;

const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 100;
/** ts_rank's weights for abstract, names, keywords, title: a word of a title tells ten times what one of an abstract does. */
const WEIGHTS = '{0.1, 0.4, 0.6, 1.0}';
/** Points of trendingScore in which the bonus of a trending paper halves: half a year. A fit twice as good always wins. */
const BONUS_HALVES = 26;

/** Of what is found, so many are ranked by their words; what is less trending follows in that order. */
const RANKED_MAX = 400;
/** Papers that are looked into for a phrase at first: unpacking takes most of the time, and most phrases are common. */
const LOOKED_INTO = 4000;

type Asked = SearchOptions & { limit: number; offset: number };

// Passing over the narrow rows that the index names takes 20 ms for all of 100,000 papers; the planner, who thinks that
// looking into a text costs nothing, would rather look into them all.
const settings = (db: Db) =>
  db.query(
    'papers: search settings',
    `select set_config('enable_seqscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true),
       set_config('jit', 'off', true), set_config('work_mem', '32MB', true)`,
  );

/** @param lookInto - most papers that are looked into for phrases; null: all */
async function runQuery(db: Db, query: SearchQuery, asked: Asked, lookInto: number | null) {
  const newest = asked.order === 'newest';
  const order = newest ? 'w.listed_on desc, w.trend desc' : 'w.trend desc';
  const place = newest
    ? 'w.listed_on desc, w.paper_id collate "C" desc'
    : 'w.trend desc, w.paper_id collate "C"';
  const words = "to_tsquery('paperboy', $1)";
  const weeks = asked.now.getTime() / (HALF_LIFE_DAYS * 86_400_000);
  const phrases = hasPhrase(query);
  const score = `ts_rank('${WEIGHTS}', c.words, ${words}) * (1 + 2 ^ greatest(-50, least(1, (c.trend - $9) / ${BONUS_HALVES})))`;
  const rows = await db.query<Paper & { total: number; looked: number; place: number | null }>(
    `papers: search by ${newest ? 'newest' : 'relevance'}${phrases ? ', phrases' : ''}`,
    `with loose as materialized (
       select w.paper_id, w.words, w.trend, w.listed_on
       from paper_words w
       where w.sample = $2 and w.words @@ to_tsquery('paperboy', $7)
         and ($3::date is null or w.published_on >= $3) and ($4::date is null or w.published_on < $4)
       order by ${order}
       limit $8
     ), candidates as materialized (
       select w.* from loose w ${phrases ? `where w.words @@ ${words}` : ''} limit ${SEARCH_MAX + 1}
     ), placed as (
       select w.*, row_number() over (order by ${place}) as place from candidates w
     ), page as (
       select c.paper_id, row_number() over (order by ${
         newest ? '' : `case when c.place <= ${RANKED_MAX} then ${score} else -1 end desc, `
       }c.place) as place
       from placed c
       where c.place <= ${SEARCH_MAX}
       order by place
       limit $5 offset $6
     )
     select ${PAPER_COLUMNS}, page.place, (select count(*) from candidates) as total,
       (select count(*) from loose) as looked
     from (select ${words}) always left join page on true left join papers p on p.id = page.paper_id
     order by page.place`,
    [
      tsqueryOf(query),
      asked.sample,
      query.since,
      query.before,
      asked.limit,
      asked.offset,
      tsqueryOf(query, 'loosely'),
      phrases ? lookInto : SEARCH_MAX + 1,
      ...(newest ? [] : [weeks]),
    ],
  );
  return {
    total: rows[0]?.total ?? 0,
    looked: rows[0]?.looked ?? 0,
    papers: rows.flatMap(({ total: _, looked: __, place, ...paper }) => (place === null ? [] : [paper])),
  };
}

function find(db: Db, query: SearchQuery, asked: Asked): Promise<{ total: number; papers: Paper[] }> {
  return db.transaction(async (tx) => {
    await settings(tx);
    const found = await runQuery(tx, query, asked, LOOKED_INTO);
    const all = found.total > SEARCH_MAX || found.looked < LOOKED_INTO || !hasPhrase(query);
    return all ? found : runQuery(tx, query, asked, null);
  });
}

/**
 * Papers that a query finds, a page of them. Real ones or samples, never both; only papers that a source still lists.
 *
 * @returns corrections - what was searched for instead of a mistyped name; `query` is what was searched at last
 */
export async function searchPapers(
  db: Db,
  query: SearchQuery,
  options: SearchOptions,
): Promise<SearchPage & { query: SearchQuery }> {
  const limit = Math.min(Math.max(1, options.limit ?? LIMIT_DEFAULT), LIMIT_MAX);
  const offset = Math.min(/^\d{1,4}$/.test(options.cursor ?? '') ? Number(options.cursor) : 0, SEARCH_MAX);
  const asked = { ...options, limit, offset };
  let searched = query;
  let corrections: SearchPage['corrections'] = [];
  let found = await find(db, query, asked);
  if (found.total === 0) {
    const right = await putNamesRight(db, query);
    if (right !== null) {
      searched = right.query;
      corrections = right.corrections;
      found = await find(db, searched, asked);
    }
  }
  const total = Math.min(found.total, SEARCH_MAX);
  const end = offset + found.papers.length;
  return {
    papers: found.papers,
    total,
    more: found.total > SEARCH_MAX,
    next: found.papers.length > 0 && end < total ? String(end) : null,
    corrections,
    query: searched,
  };
}
