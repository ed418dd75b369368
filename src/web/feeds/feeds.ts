import { type Carried, listCarried } from '../../editions/index.ts';
import type { SearchPage, SearchQuery } from '../../papers/index.ts';
import type { Answer, Route } from '../answers.ts';
import { feedQuerySchema } from '../api/index.ts';
import type { WebContext } from '../context.ts';
import { badParameters, notFound } from '../errors.ts';
import { readQuery } from '../rules/query.ts';
import { findPapers, readTopic, searchOf } from '../search.ts';
import { toAtom } from './rules/atom.ts';
import { type Feed, type FeedSubject, makeFeed } from './rules/feed.ts';
import { toJsonFeed } from './rules/json-feed.ts';
import { toRss } from './rules/rss.ts';
import { subjectOfAll, subjectOfSearch, subjectOfTopic } from './rules/subjects.ts';

/** Five dailies of twelve cards: who looks once a day, or comes back from a long weekend, has missed none. */
const ENTRIES_MAX = 60;
/** Papers of a search that are looked for in editions at once: all that a page of a search has. */
const MATCHES_AT_ONCE = 100;

/** A feed changes once a day; a CDN that asks four times an hour is never far behind. */
const CACHE = 'public, max-age=900, stale-while-revalidate=3600, stale-if-error=86400';

const FORMATS = {
  atom: { type: 'application/atom+xml; charset=utf-8', write: toAtom },
  rss: { type: 'application/rss+xml; charset=utf-8', write: toRss },
  json: {
    type: 'application/feed+json; charset=utf-8',
    write: (feed: Feed) => JSON.stringify(toJsonFeed(feed)),
  },
} as const;
type Format = keyof typeof FORMATS;

// What mail programs, networks and readers hang on to links. A feed that stopped for these would stop for good.
const HANGERS_ON = /^(?:utm_\w{1,30}|fbclid|gclid|_)$/;
const withoutHangersOn = (query: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(query).filter(([name]) => !HANGERS_ON.test(name)));

/** `/feed.atom`, `/feed.rss`, `/feed.json`: the papers of the daily editions, of a topic or of a search. */
export function feedRoutes({ db, clock, site }: WebContext): Route[] {
  function answer(format: Format, subject: FeedSubject, papers: Carried[]): Answer {
    const feed = makeFeed(subject, papers, site, clock.now());
    const { type, write } = FORMATS[format];
    const headers = { 'Cache-Control': CACHE, 'Last-Modified': feed.updatedAt.toUTCString() };
    return { kind: 'text', type, body: write(feed), headers };
  }

  /** What daily editions carried of a search's papers, the newest of these first; the search itself says how far back it goes. */
  async function carriedOf(query: SearchQuery, now: Date): Promise<Carried[]> {
    const ids: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const page: SearchPage = await findPapers(db, now, query, {
        sample: false,
        limit: MATCHES_AT_ONCE,
        order: 'newest',
        cursor,
      });
      ids.push(...page.papers.map(({ id }) => id));
      const carried = await listCarried(db, now, { ids, limit: ENTRIES_MAX });
      cursor = page.next;
      if (cursor === null || carried.length >= ENTRIES_MAX) return carried;
    }
  }

  async function feedOf(format: Format, query: Readonly<Record<string, unknown>>): Promise<Answer> {
    const reading = readQuery(feedQuerySchema, withoutHangersOn(query));
    if (!reading.ok) return badParameters(reading.errors);
    const { topic, q } = reading.value;
    if (topic !== undefined && q !== undefined)
      return badParameters([
        { field: 'topic', detail: 'Ask for a topic or for a search, not for both.', in: 'query' },
      ]);
    const now = clock.now();
    const path = `/feed.${format}`;
    if (topic === undefined && q === undefined) {
      const papers = await listCarried(db, now, { cardsOnly: true, limit: ENTRIES_MAX });
      return answer(format, subjectOfAll(path, site.name), papers);
    }
    const named = topic === undefined ? undefined : await readTopic(db, now, topic);
    if (named === null)
      return notFound(
        'There is no such topic. A topic is a keyword of a paper, such as reinforcement-learning.',
      );
    const search = searchOf(q, named?.keyword);
    if (!search.ok) return badParameters([{ field: 'q', detail: search.fault, in: 'query' }]);
    const papers = await carriedOf(search.query, now);
    const subject = named
      ? subjectOfTopic(path, site.name, named)
      : subjectOfSearch(path, site.name, q ?? '');
    return answer(format, subject, papers);
  }

  return (['atom', 'rss', 'json'] as const).map((format) => ({
    path: `/feed.${format}`,
    audience: 'public',
    get: (request) => feedOf(format, request.query),
  }));
}
