import { parseQuery, SEARCH_MAX, type SearchQuery, searchPapers } from '../../papers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { badRequest } from '../errors.ts';
import { page } from '../page.ts';
import { emptyForm } from '../rules/forms.ts';
import { correctionInWords, countInWords, echoOf, pageNumber, toFoundCard } from '../rules/found.ts';
import { shownKind } from '../shown.ts';

/** Results on a page: what a phone scrolls, and what is highlighted at once. */
const PAGE_PAPERS = 20;

const PATH = '/search';

const hrefOf = (q: string, number: number) =>
  `/search?${new URLSearchParams({ q, ...(number > 1 && { page: String(number) }) })}`;

/** Search, by GET alone. */
export function searchRoutes({ db, clock, config }: WebContext): Route[] {
  function ask(q: string, fault: string | null): Answer {
    const title = fault === null ? 'Search' : 'This search cannot be read';
    return page(
      'search',
      {
        title,
        path: PATH,
        banner: false,
        q: echoOf(q),
        status: fault === null ? 200 : 400,
        canonical: `${config.publicUrl}${PATH}`,
      },
      { fault, found: null },
    );
  }

  async function results(q: string, query: SearchQuery, number: number): Promise<Answer> {
    const kind = await shownKind(db);
    const found = await searchPapers(db, query, {
      ...kind,
      now: clock.now(),
      limit: PAGE_PAPERS,
      cursor: String((number - 1) * PAGE_PAPERS),
    });
    const form = { ...emptyForm(PATH), searches: [query.text] };
    return page(
      'search',
      { title: `Search: ${query.text}`, path: PATH, banner: false, q, form },
      {
        fault: null,
        found: {
          sample: kind.sample,
          total: found.total,
          count: countInWords(found.total, found.more),
          more: found.more,
          number,
          corrections: found.corrections.map(correctionInWords),
          cards: found.papers.map((paper) => toFoundCard(found.query, paper)),
          before: number > 1 ? hrefOf(q, number - 1) : null,
          after: found.next === null ? null : hrefOf(q, number + 1),
        },
      },
    );
  }

  return [
    {
      path: PATH,
      audience: 'public',
      get(request) {
        const asked: unknown = request.query.q;
        if (asked === undefined) return ask('', null);
        if (typeof asked !== 'string') return ask('', 'Ask for one thing at a time: "q" came twice.');
        if (asked.trim() === '') return ask('', null);
        const reading = parseQuery(asked);
        if (!reading.ok) return ask(asked, reading.fault);
        const number = pageNumber(request.query.page, SEARCH_MAX / PAGE_PAPERS);
        if (number === undefined)
          return badRequest(`"page" is a number from 1 to ${SEARCH_MAX / PAGE_PAPERS}.`);
        return results(reading.query.text, reading.query, number);
      },
    },
  ];
}
