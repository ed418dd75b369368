import { keywordQuery, SEARCH_MAX, searchPapers } from '../../papers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { page } from '../page.ts';
import { keywordHref, toCard } from '../rules/card.ts';
import { countInWords, pageNumber } from '../rules/found.ts';
import { shownKind } from '../shown.ts';

const PAGE_PAPERS = 30;

/** The papers that have a keyword. */
export function keywordRoutes({ db, clock, config }: WebContext): Route[] {
  const base = new URL(config.publicUrl).pathname.replace(/\/$/, '');

  async function list(keyword: string, number: number): Promise<Answer> {
    const query = keywordQuery(keyword);
    const href = keywordHref(keyword);
    if (query === null || href === null) return notFound('There is no keyword at this address.');
    // One page a keyword, however it is written.
    if (href !== `/keywords/${encodeURIComponent(keyword)}`)
      return { kind: 'redirect', to: `${base}${href}` };
    const kind = await shownKind(db);
    const found = await searchPapers(db, query, {
      ...kind,
      now: clock.now(),
      limit: PAGE_PAPERS,
      cursor: String((number - 1) * PAGE_PAPERS),
    });
    if (found.total === 0) return notFound('No paper here has this keyword.');
    // As its papers write it.
    const written = found.papers
      .flatMap(({ keywords }) => keywords)
      .find((name) => keywordHref(name) === href);
    const name = written ?? keyword.replaceAll('-', ' ');
    const pageHref = (at: number) => (at > 1 ? `${href}?page=${at}` : href);
    return page(
      'keyword',
      {
        title: `Papers about ${name}`,
        path: '/keywords/:keyword',
        canonical: `${config.publicUrl}${pageHref(number)}`,
        description: `Trending research papers with the keyword ${name}.`,
      },
      {
        name,
        sample: kind.sample,
        count: countInWords(found.total, found.more),
        cards: found.papers.map(toCard),
        feedHref: `/feed.atom?topic=${encodeURIComponent(href.slice('/keywords/'.length))}`,
        searchHref: `/search?${new URLSearchParams({ q: `keyword:"${name.replaceAll('"', ' ')}"` })}`,
        before: number > 1 ? pageHref(number - 1) : null,
        after: found.next === null ? null : pageHref(number + 1),
      },
    );
  }

  return [
    {
      path: '/keywords/:keyword',
      audience: 'public',
      get(request) {
        const number = pageNumber(request.query.page, Math.ceil(SEARCH_MAX / PAGE_PAPERS));
        if (number === undefined) return notFound('There is no such page of this list.');
        return list(String(request.params.keyword), number);
      },
    },
  ];
}
