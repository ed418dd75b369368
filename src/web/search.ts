import {
  keywordQuery,
  parseQuery,
  type SearchOptions,
  type SearchPage,
  type SearchQuery,
  searchPapers,
} from '../papers/index.ts';
import type { Db } from '../platform/index.ts';

/** A query to search by, or a sentence on what is wrong with it. */
export type SearchReading = { ok: true; query: SearchQuery } | { ok: false; fault: string };

/** Reads a search, a keyword, or both, where both must be met. One of them is given. */
export function searchOf(q: string | undefined, keyword?: string): SearchReading {
  const byKeyword = keyword === undefined ? null : keywordQuery(keyword);
  if (keyword !== undefined && byKeyword === null)
    return { ok: false, fault: 'There is no word in this keyword.' };
  if (q === undefined && byKeyword !== null) return { ok: true, query: byKeyword };
  const reading = parseQuery(q ?? '');
  if (!reading.ok || byKeyword === null) return reading;
  return { ok: true, query: { ...reading.query, groups: [...byKeyword.groups, ...reading.query.groups] } };
}

/** Papers that a search finds. */
export const findPapers = (
  db: Db,
  now: Date,
  query: SearchQuery,
  options: Omit<SearchOptions, 'now'>,
): Promise<SearchPage> => searchPapers(db, query, { ...options, now });

/** A topic that papers have. */
export interface Topic {
  /** As links write it: `reinforcement-learning`. */
  slug: string;
  /** `reinforcement learning`: the keyword that stands for it. */
  keyword: string;
}

/**
 * The topic that a link names; null where no paper has it. Until there is a list of topics, a topic is a keyword of papers
 * with hyphens for spaces, whatever its capitals: this function alone says so.
 */
export async function readTopic(db: Db, now: Date, slug: string): Promise<Topic | null> {
  const query = keywordQuery(slug);
  const words = query?.groups[0]?.[0]?.words;
  if (!query || !words) return null;
  const { total } = await findPapers(db, now, query, { sample: false, limit: 1 });
  return total > 0 ? { slug: words.join('-'), keyword: words.join(' ') } : null;
}
