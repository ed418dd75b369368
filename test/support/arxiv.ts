import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** A paper as arXiv tells it; what is not given is filled in plausibly. */
export interface ArxivPaper {
  /** Without version. */
  id: string;
  version?: number;
  title?: string;
  abstract?: string;
  /** In the feed (default: new). */
  type?: 'new' | 'cross' | 'replace' | 'replace-cross' | string;
  /** In the feed, as arXiv writes it: one text with commas. */
  creator?: string;
  authors?: string[];
  categories?: string[];
  /** In the API; default: not told. */
  primaryCategory?: string;
  /** In the API: when the first version was submitted (ISO 8601). */
  published?: string;
  comment?: string;
}

const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const titleOf = (paper: ArxivPaper) => escapeXml(paper.title ?? `On arXiv's ${paper.id}`);
const abstractOf = (paper: ArxivPaper) => escapeXml(paper.abstract ?? `We tell arXiv of ${paper.id}.`);

/** Midnight in New York on a day, as feeds write it. Summer time is not looked at: arXiv's date is what counts. */
const feedDate = (day: string) =>
  new Date(`${day}T00:00:00Z`).toUTCString().replace(' 00:00:00 GMT', ' 00:00:00 -0400');

/**
 * A feed of RSS 2.0.
 *
 * @param prefixes - of the namespaces of Dublin Core and arXiv (default: as arXiv writes them)
 */
export function makeFeed(
  day: string,
  papers: readonly ArxivPaper[],
  prefixes: readonly [dc: string, arxiv: string] = ['dc', 'arxiv'],
): string {
  const [dc, arxiv] = prefixes;
  const items = papers.map((paper) => {
    const id = `${paper.id}v${paper.version ?? 1}`;
    const type = paper.type ?? 'new';
    return `<item><title>${titleOf(paper)}</title><link>https://arxiv.org/abs/${paper.id}</link>
<description>arXiv:${id} Announce Type: ${type}
Abstract: ${abstractOf(paper)}</description>
<guid isPermaLink="false">oai:arXiv.org:${id}</guid>${(paper.categories ?? ['cs.CL']).map((term) => `<category>${term}</category>`).join('')}<pubDate>${feedDate(day)}</pubDate>
<${arxiv}:announce_type>${type}</${arxiv}:announce_type>
<${dc}:creator>${escapeXml(paper.creator ?? 'Ada Example, Bo Sample')}</${dc}:creator></item>`;
  });
  return `<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:${arxiv}="http://arxiv.org/schemas/atom" xmlns:${dc}="http://purl.org/dc/elements/1.1/" version="2.0"><channel>
<title>cs.CL updates on arXiv.org</title><pubDate>${feedDate(day)}</pubDate>
${items.join('\n')}
</channel></rss>`;
}

const ENTRY_DATE = '2026-06-08T17:00:00Z';

/** A page of the API's Atom answer. */
export function makeAtom(papers: readonly ArxivPaper[], total = papers.length, start = 0): string {
  const entries = papers.map((paper) => {
    const id = `${paper.id}v${paper.version ?? 1}`;
    const authors = paper.authors ?? ['Ada Example', 'Bo Sample'];
    return `<entry><id>http://arxiv.org/abs/${id}</id><title>${titleOf(paper)}</title>
<updated>${paper.published ?? ENTRY_DATE}</updated><published>${paper.published ?? ENTRY_DATE}</published>
<summary>${abstractOf(paper)}</summary>
${(paper.categories ?? ['cs.CL']).map((term) => `<category term="${term}"/>`).join('')}
${paper.primaryCategory === undefined ? '' : `<arxiv:primary_category term="${paper.primaryCategory}"/>`}
${paper.comment === undefined ? '' : `<arxiv:comment>${escapeXml(paper.comment)}</arxiv:comment>`}
${authors.map((name) => `<author><name>${escapeXml(name)}</name></author>`).join('')}</entry>`;
  });
  return `<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
<title>arXiv Query</title><opensearch:itemsPerPage>${papers.length}</opensearch:itemsPerPage>
<opensearch:totalResults>${total}</opensearch:totalResults><opensearch:startIndex>${start}</opensearch:startIndex>
${entries.join('\n')}
</feed>`;
}

/** The API's way of saying no: an entry titled "Error". */
export const arxivError = (reason: string) => `<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns="http://www.w3.org/2005/Atom"><title>arXiv Search Results</title>
<opensearch:totalResults>1</opensearch:totalResults><entry><id>https://arxiv.org/api/errors#x</id><title>Error</title>
<summary>${reason}</summary></entry></feed>`;

function minuteOf(text: string): number {
  const [, y, mo, d, h, mi] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:00Z`);
}

/** Answers for a server that plays arXiv. */
export function createArxivAnswers() {
  let feed: { day: string; papers: ArxivPaper[] } | undefined;
  let archive: ArxivPaper[] = [];

  function answerQuery(url: URL, response: ServerResponse): void {
    const number = (name: string, otherwise: number) => Number(url.searchParams.get(name) ?? otherwise);
    const query = url.searchParams.get('search_query') ?? '';
    const [, from = '', to = ''] = /submittedDate:\[(\d{12}) TO (\d{12})\]/.exec(query) ?? [];
    const [start, max] = [number('start', 0), number('max_results', 10)];
    const found = archive
      .filter(({ published = ENTRY_DATE }) => {
        const at = Date.parse(published);
        return at >= minuteOf(from) && at < minuteOf(to) + 60_000;
      })
      .sort((a, b) => (a.published ?? '').localeCompare(b.published ?? ''));
    response.writeHead(200, { 'content-type': 'application/atom+xml' });
    response.end(makeAtom(found.slice(start, start + Math.min(max, 2000)), found.length, start));
  }

  function answerFeed(ifNoneMatch: string | undefined, response: ServerResponse): void {
    if (!feed) {
      response.writeHead(404).end('Not found');
      return;
    }
    const body = makeFeed(feed.day, feed.papers);
    const etag = `"${createHash('sha1').update(body).digest('hex')}"`;
    const same = ifNoneMatch === etag;
    response.writeHead(same ? 304 : 200, { etag, 'content-type': 'application/rss+xml' });
    response.end(same ? undefined : body);
  }

  return {
    isAsked: (path: string) => path.startsWith('/rss/') || path.startsWith('/api/query'),
    answer(url: URL, ifNoneMatch: string | undefined, response: ServerResponse): void {
      if (url.pathname.startsWith('/rss/')) answerFeed(ifNoneMatch, response);
      else answerQuery(url, response);
    },
    setFeed(day: string, papers: ArxivPaper[]) {
      feed = { day, papers };
    },
    setArchive(papers: ArxivPaper[]) {
      archive = papers;
    },
  };
}
