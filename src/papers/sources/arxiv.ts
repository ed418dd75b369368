import { createHash } from 'node:crypto';
import type { Clock, Db, HttpAnswer, HttpClient } from '../../platform/index.ts';
import { isFeedDay, submissionWindow } from '../rules/arxiv-days.ts';
import { addDays, newYorkDay, newYorkTime } from '../rules/day.ts';
import { mergeSightings } from '../rules/merge.ts';
import { type ArxivFeed, type ArxivList, parseArxivFeed, parseArxivPage } from '../rules/parse-arxiv.ts';
import { createGate } from './gate.ts';
import { type Source, type SourceAnswer, SourceError } from './source.ts';

// arXiv's terms: API, feeds and all machines together, at most one request in 3 seconds over one connection.
const SPACING_MS = 3_000;
// The most items a feed has: one of this length may have been cut, so each category is asked by itself.
const FEED_MAX = 2000;
// The API gives up to 2,000 at once, slowly; 500 come well inside the client's 15 seconds.
const PAGE_SIZE = 500;
const PAGES_MAX = 20;
// The API is known to give short pages; a day is stored whole or not at all.
const PAGE_TRIES = 3;
// How long an answer for the day under way stands. The feed is made at midnight; asked again with its ETag it costs
// nothing, and one that was made too early is noticed the same day. Below the 6 hours after which a source counts as
// silent. An empty one is a holiday, or arXiv is late.
const FRESH_MS = 5 * 3_600_000;
const EMPTY_FRESH_MS = 3_600_000;
const NOTHING_FRESH_MS = 24 * 3_600_000;
// A day that was answered while it lasted is settled.
const SETTLED_FRESH_MS = 365 * 24 * 3_600_000;

const AGAIN = 'the papers known so far stay, and the next run tries again';
const NOTHING: Extract<SourceAnswer, { kind: 'papers' }> = {
  kind: 'papers',
  items: [],
  faults: [],
  strays: 0,
  withdrawn: [],
  etag: null,
};

/** How arXiv is asked. */
export interface ArxivOptions {
  /** Origin of the API, without a slash at the end. */
  apiUrl: string;
  /** Origin of the feeds; `/rss/cs.AI+cs.CL` is appended. */
  rssUrl: string;
  categories: readonly string[];
  http: HttpClient;
  /** A pool: the gate that all processes share is kept there. */
  db: Db;
  clock: Clock;
  /** Between two requests (default: 3,000, as arXiv's terms ask). */
  spacingMs?: number;
  /** Items from which on a feed may have been cut (default: 2,000). */
  feedMax?: number;
}

/**
 * arXiv. A paper is listed on the day whose feed announced it: feeds are dated Monday to Friday, come at midnight in
 * New York and hold what was announced on the evening before (Sunday to Thursday).
 *
 * - Today in New York: the RSS feed `/rss/CATEGORIES`. A feed that is still dated with an earlier day means that arXiv is
 *   late: `pending`, asked again by the next run. A feed of today without items is a holiday, or late: an empty answer,
 *   asked again in an hour. Where there is no feed at all (404), the API is asked as for a past day.
 * - A past day that was answered while it lasted: `unchanged`, for good, without a request.
 * - Another past day: the API, by the time of submission that the rhythm gives for it (rules/arxiv-days.ts). Weekends: empty.
 * - A later day: `pending`.
 *
 * New papers and those new to a category (`cross`) are listed, a paper once; new versions only describe what is known.
 * All requests of all processes pass one gate (gate.ts), 3 seconds apart; a refusal (429) closes it for 15 minutes and
 * longer each time, restarts included.
 */
export function createArxivSource(options: ArxivOptions): Source {
  const { apiUrl, rssUrl, categories, http, db, clock } = options;
  const gate = createGate({ db, http, name: 'arxiv', spacingMs: options.spacingMs ?? SPACING_MS });
  const inMs = (ms: number) => new Date(clock.now().getTime() + ms);
  /** The feed of an earlier day, seen while waiting for a new one: asked for by its ETag, not read again. */
  let oldFeed: { etag: string; day: string } | undefined;

  async function ask(url: string, etag: string | null): Promise<HttpAnswer> {
    const answer = await gate.ask(url, etag);
    if (!answer.ok && answer.kind === 'shut')
      throw new SourceError(
        `arXiv is left alone until ${answer.until.toISOString().slice(0, 16)}Z, since it refused a request or others are asking; ${AGAIN}.`,
        { away: true },
      );
    if (!answer.ok)
      throw new SourceError(
        `arXiv: ${answer.message}; check the network, ARXIV_URL (${apiUrl}) and ARXIV_RSS_URL (${rssUrl}); ${AGAIN}.`,
        { away: answer.kind !== 'too-large' },
      );
    if (answer.status === 429 || answer.status === 503)
      throw new SourceError(
        `arXiv asks to be left alone (${answer.status}); ${AGAIN}, hours later if need be.`,
        {
          away: true,
        },
      );
    return answer;
  }

  /** @throws SourceError for anything that is no good answer */
  function refuse(answer: HttpAnswer, fault: string, day: string): SourceError {
    const status = answer.status === 200 ? '' : ` (${answer.status})`;
    return new SourceError(
      `arXiv answered with ${fault}${status} for ${day}; check ARXIV_CATEGORIES (${categories.join()}) and what stands between; ${AGAIN}.`,
    );
  }

  function readFeed(answer: HttpAnswer, day: string): ArxivFeed {
    const feed = parseArxivFeed(answer.text);
    if (!feed.ok) throw refuse(answer, feed.fault, day);
    if (answer.status !== 200) throw refuse(answer, 'a feed that it calls an error', day);
    if (feed.list.day > day)
      throw new SourceError(
        `arXiv's feed is dated ${feed.list.day}, after ${day}: check this machine's clock; ${AGAIN}.`,
      );
    return feed.list;
  }

  const feedUrl = (names: readonly string[]) => `${rssUrl}/rss/${names.join('+')}`;

  /** Each category's own feed, joined; undefined where a new feed came in the midst of it. */
  async function getFeedsApart(day: string): Promise<ArxivList | undefined> {
    const joined: ArxivList = { papers: [], updates: [], withdrawn: [], faults: [], strays: 0, count: 0 };
    for (const name of categories) {
      const feed = readFeed(await ask(feedUrl([name]), null), day);
      if (feed.day !== day) return undefined;
      joined.papers.push(...feed.papers);
      joined.updates.push(...feed.updates);
      joined.withdrawn.push(...feed.withdrawn);
      joined.faults.push(...feed.faults);
      joined.strays += feed.strays;
      joined.count += feed.count;
    }
    return joined;
  }

  async function getPage(question: { day: string; from: Date; to: Date }, start: number) {
    const { day, from, to } = question;
    const minute = (at: Date) => at.toISOString().slice(0, 16).replace(/[-:T]/g, '');
    // An archive alone (`cs`) means itself and all that is in it. The window's end is included by the API, to the minute.
    const terms = categories.flatMap((name) => (name.includes('.') ? [name] : [name, `${name}.*`]));
    const search = `(${terms.map((name) => `cat:${name}`).join(' OR ')}) AND submittedDate:[${minute(from)} TO ${minute(new Date(to.getTime() - 60_000))}]`;
    const query = new URLSearchParams({
      search_query: search,
      start: String(start),
      max_results: String(PAGE_SIZE),
      sortBy: 'submittedDate',
      sortOrder: 'ascending',
    });
    for (let tries = 1; ; tries += 1) {
      const answer = await ask(`${apiUrl}/api/query?${query}`, null);
      const page = parseArxivPage(answer.text, { ...question, categories }, start);
      if (!page.ok) throw refuse(answer, page.fault, day);
      if (answer.status !== 200) throw refuse(answer, 'a feed that it calls an error', day);
      const { count, total } = page.list;
      if (count >= Math.min(PAGE_SIZE, total - start)) return page.list;
      if (tries >= PAGE_TRIES)
        throw refuse(answer, `${count} entries from ${start} on, of ${total} that it counts,`, day);
    }
  }

  async function fetchByQuery(day: string): Promise<ArxivList> {
    const list: ArxivList = { papers: [], updates: [], withdrawn: [], faults: [], strays: 0, count: 0 };
    const question = { day, ...submissionWindow(day) };
    for (let pages = 0; pages < PAGES_MAX; pages += 1) {
      const page = await getPage(question, list.count);
      list.papers.push(...page.papers);
      list.withdrawn.push(...page.withdrawn);
      list.faults.push(...page.faults);
      list.strays += page.strays;
      list.count += page.count;
      if (list.papers.length === 0 && list.strays > 0)
        throw new SourceError(
          `arXiv answered for ${day} with papers of other days or categories alone; check ARXIV_URL (${apiUrl}); ${AGAIN}.`,
        );
      if (list.count >= page.total) return list;
    }
    throw new SourceError(
      `arXiv has more than ${PAGES_MAX * PAGE_SIZE} papers for ${day}; check ARXIV_CATEGORIES; ${AGAIN}.`,
    );
  }

  function answerWith(list: ArxivList, etag: string | null, freshMs: number): SourceAnswer {
    const { faults, strays, withdrawn } = list;
    const whole = faults.length === 0 && strays === 0;
    return {
      kind: 'papers',
      items: mergeSightings(list.papers),
      updates: mergeSightings(list.updates),
      faults,
      strays,
      withdrawn,
      // A tag of our own where the server has none: it says that the day was answered. Also for an empty list: it is
      // short, and "not modified" would not tell that it is empty still.
      etag: whole ? (list.count > 0 && etag) || `"arxiv-${hashOf(list)}"` : null,
      // What was left out is looked at (and told) again, but not all day long.
      freshUntil: inMs(whole ? freshMs : Math.min(freshMs, NOTHING_FRESH_MS)),
    };
  }

  async function fetchToday(day: string, etag: string | null): Promise<SourceAnswer> {
    // Nobody takes an answer of this day into the next: its feed is another's.
    const leftMs = newYorkTime(addDays(day, 1), 0).getTime() - clock.now().getTime();
    const fresh = (list: { count: number }) => Math.min(leftMs, list.count === 0 ? EMPTY_FRESH_MS : FRESH_MS);
    const tag = etag ?? (oldFeed && oldFeed.day < day ? oldFeed.etag : null);
    const answer = await ask(feedUrl(categories), tag);
    if (answer.status === 304 && tag !== null)
      return etag === null
        ? { kind: 'pending' }
        : { kind: 'unchanged', freshUntil: inMs(Math.min(leftMs, FRESH_MS)) };
    if (answer.status === 404 || answer.status === 410) {
      const list = await fetchByQuery(day);
      return answerWith(list, null, fresh(list));
    }
    const feed = readFeed(answer, day);
    if (feed.day < day) {
      oldFeed = answer.etag === null ? undefined : { etag: answer.etag, day: feed.day };
      return { kind: 'pending' };
    }
    const cut = feed.count >= (options.feedMax ?? FEED_MAX) && categories.length > 1;
    const list = cut ? await getFeedsApart(day) : feed;
    return list === undefined ? { kind: 'pending' } : answerWith(list, answer.etag, fresh(list));
  }

  return {
    name: 'arxiv',
    announces: true,
    async fetchDay(day, etag) {
      const today = newYorkDay(clock.now());
      if (!isFeedDay(day)) return NOTHING;
      if (day > today) return { kind: 'pending' };
      if (day === today) return fetchToday(day, etag);
      if (etag !== null) return { kind: 'unchanged', freshUntil: inMs(SETTLED_FRESH_MS) };
      const list = await fetchByQuery(day);
      // Nobody submitted anything on a working day: more likely the API's slip. Tomorrow it is asked again.
      return list.count === 0
        ? { ...NOTHING, freshUntil: inMs(NOTHING_FRESH_MS) }
        : answerWith(list, null, SETTLED_FRESH_MS);
    },
  };
}

const hashOf = (list: ArxivList) =>
  createHash('sha256')
    .update(list.papers.map((paper) => paper.id).join())
    .digest('base64url')
    .slice(0, 22);
