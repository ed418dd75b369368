import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type ArxivPaper, createArxivAnswers } from './arxiv.ts';

/** One request as it reached the upstream. */
export interface UpstreamRequest {
  path: string;
  /** '' where none was asked for. */
  day: string;
  page: number;
  limit: number;
  ifNoneMatch: string | undefined;
  userAgent: string | undefined;
}

/** One request for arXiv's feed or API as it reached the upstream. */
export interface ArxivRequest {
  /** Path and query. */
  url: string;
  /** Milliseconds since 1970. */
  at: number;
  ifNoneMatch: string | undefined;
}

/** What the next requests get instead of papers. */
type Instead = { left: number; answer(response: ServerResponse): void };

/** A local server that answers as Hugging Face's daily-papers API does, and as arXiv: `/rss/…` and `/api/query`. */
export interface Upstream {
  url: string;
  /** Every request so far, oldest first; those for arXiv stand apart. */
  requests: UpstreamRequest[];
  arxivRequests: ArxivRequest[];
  /** What arXiv's feed holds from now on, and the day that it is dated with. No feed was set: 404. */
  setFeed(day: string, papers: ArxivPaper[]): void;
  /** What arXiv's API knows, whatever the categories. */
  setArchive(papers: ArxivPaper[]): void;
  /** The most requests for arXiv that were under way at once. */
  arxivAtOnce(): number;
  /** Changes what is listed on a day, with immediate effect. */
  setDay(day: string, items: unknown[]): void;
  /** The next `count` requests get this status and these headers. */
  failNext(count: number, status: number, headers?: Record<string, string>): void;
  /** The next `count` requests get this body (default: with status 200). */
  answerNext(count: number, body: string, contentType?: string, status?: number): void;
  /** The next `count` requests get a web page, as from a proxy or a maintenance notice. */
  answerHtml(count: number): void;
  /** The next `count` connections are cut without an answer. */
  dropNext(count: number): void;
  /** Every answer from now on comes so much later. */
  slow(ms: number): void;
  /** The next `count` requests are never answered. */
  hangNext(count: number): void;
  /** Whether `limit` or `p` are ignored, as a stricter or simpler server might; false for both at the start. */
  ignore(what: { limit?: boolean; page?: boolean }): void;
  /** Stops; open connections are cut. Safe to call twice. */
  close(): Promise<void>;
}

const DEFAULT_LIMIT = 50;
const LIMIT_MAX = 100;

/** An item of the daily-papers API, in the shape of 2026. */
export interface MakeItem {
  id: string;
  day: string;
  title?: string;
  upvotes?: number;
  comments?: number;
  /** Merged into `paper`; undefined removes a field. */
  paper?: Record<string, unknown>;
  /** Merged into the item; undefined removes a field. */
  item?: Record<string, unknown>;
}

function withChanges(
  base: Record<string, unknown>,
  changes: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries({ ...base, ...changes }).filter(([, value]) => value !== undefined),
  );
}

/** Makes an item in the API's shape; what is not given is filled in plausibly. */
export function makeItem(options: MakeItem): Record<string, unknown> {
  const { id, day } = options;
  const title = options.title ?? `On the matter of ${id}`;
  const summary = `We study the matter of ${id} and find that it can be done. Code is available.`;
  const midnight = `${day}T00:00:00.000Z`;
  const organization = { name: 'ExampleLab', fullname: 'Example Laboratory' };
  const paper = {
    id,
    authors: [
      { name: 'Ada Example', hidden: false },
      { name: 'Bo Sample', hidden: false },
    ],
    publishedAt: midnight,
    submittedOnDailyAt: midnight,
    title,
    submittedOnDailyBy: { user: 'reader-1', type: 'user' },
    summary,
    upvotes: options.upvotes ?? 1,
    discussionId: 'd1',
    ai_summary: `A short account of ${id}.`,
    ai_keywords: ['examples', 'samples'],
    githubRepo: 'https://github.com/example/matter',
    githubStars: 7,
    organization,
  };
  const item = {
    publishedAt: midnight,
    title,
    summary,
    thumbnail: 'https://example.org/t.png',
    numComments: options.comments ?? 0,
    submittedBy: { name: 'reader-1', type: 'user' },
    organization,
    isAuthorParticipating: false,
  };
  return withChanges({ paper: withChanges(paper, options.paper ?? {}), ...item }, options.item ?? {});
}

/** `count` items of a day, ids from `prefix`.00001 on, votes falling. */
export function makeItems(count: number, day: string, prefix = '2601'): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) =>
    makeItem({ id: `${prefix}.${String(index + 1).padStart(5, '0')}`, day, upvotes: count - index }),
  );
}

function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

function answerJson(response: ServerResponse, status: number, value: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(value));
}

/** Starts the server on a free port of this machine. */
export async function startUpstream(options: { days?: Record<string, unknown[]> } = {}): Promise<Upstream> {
  const days = new Map(Object.entries(options.days ?? {}));
  const requests: UpstreamRequest[] = [];
  const queue: Instead[] = [];
  const ignored = { limit: false, page: false };
  const arxivRequests: ArxivRequest[] = [];
  const arxiv = createArxivAnswers();
  let [atOnce, mostAtOnce] = [0, 0];
  let delayMs = 0;

  function answerList(request: UpstreamRequest, response: ServerResponse): void {
    // Without a date: the last listed day, which is the trap of weekends.
    const latest = [...days.keys()].sort().at(-1) ?? '';
    const day = request.day === '' ? latest : request.day;
    const badPaging = !(request.limit >= 1 && request.limit <= LIMIT_MAX && request.page >= 0);
    if (badPaging || (request.day !== '' && !isDay(day))) {
      answerJson(response, 400, { error: badPaging ? 'Invalid paging' : 'Invalid date' });
      return;
    }
    const limit = ignored.limit ? DEFAULT_LIMIT : request.limit;
    const page = ignored.page ? 0 : request.page;
    const items = (days.get(day) ?? []).slice(page * limit, (page + 1) * limit);
    const etag = `W/"${createHash('sha1').update(JSON.stringify(items)).digest('hex')}"`;
    if (request.ifNoneMatch === etag) {
      response.writeHead(304, { etag });
      response.end();
      return;
    }
    answerJson(response, 200, items, { etag });
  }

  function answer(incoming: IncomingMessage, response: ServerResponse): void {
    const url = new URL(incoming.url ?? '/', 'http://upstream');
    const number = (name: string, otherwise: number) => Number(url.searchParams.get(name) ?? otherwise);
    const request: UpstreamRequest = {
      path: url.pathname,
      day: url.searchParams.get('date') ?? '',
      page: number('p', 0),
      limit: number('limit', DEFAULT_LIMIT),
      ifNoneMatch: incoming.headers['if-none-match'],
      userAgent: incoming.headers['user-agent'],
    };
    const forArxiv = arxiv.isAsked(url.pathname);
    if (forArxiv)
      arxivRequests.push({
        url: decodeURIComponent((incoming.url ?? '').replaceAll('+', ' ')),
        at: Date.now(),
        ifNoneMatch: request.ifNoneMatch,
      });
    else requests.push(request);
    const [instead] = queue;
    if (instead) {
      instead.left -= 1;
      if (instead.left <= 0) queue.shift();
      instead.answer(response);
    } else if (forArxiv) arxiv.answer(url, request.ifNoneMatch, response);
    else if (url.pathname === '/api/daily_papers') answerList(request, response);
    else answerJson(response, 404, { error: 'Not found' });
  }

  const instead = (left: number, act: Instead['answer']) => queue.push({ left, answer: act });
  const answerNext = (count: number, body: string, contentType = 'application/json', status = 200) => {
    instead(count, (response) => {
      response.writeHead(status, { 'content-type': contentType });
      response.end(body);
    });
  };
  const server = createServer((incoming, response) => {
    if (arxiv.isAsked(incoming.url ?? '')) {
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      response.once('close', () => {
        atOnce -= 1;
      });
    }
    if (delayMs > 0) setTimeout(answer, delayMs, incoming, response);
    else answer(incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    arxivRequests,
    setFeed: arxiv.setFeed,
    setArchive: arxiv.setArchive,
    arxivAtOnce: () => mostAtOnce,
    setDay: (day, items) => days.set(day, items),
    failNext: (count, status, headers) =>
      instead(count, (response) => answerJson(response, status, { error: 'Told to fail' }, headers)),
    answerNext,
    answerHtml: (count) =>
      answerNext(count, '<!doctype html><html><title>Maintenance</title></html>', 'text/html'),
    dropNext: (count) => instead(count, (response) => response.destroy()),
    slow: (ms) => {
      delayMs = ms;
    },
    hangNext: (count) => instead(count, () => undefined),
    ignore: (what) => Object.assign(ignored, what),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
