import { type Cadence, findEdition, listEditions } from '../../editions/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { badRequest, notFound } from '../errors.ts';
import { page } from '../page.ts';
import { parseDay, parseWeek } from '../rules/calendar.ts';
import { toCard } from '../rules/card.ts';
import { cutEditions, editionHref, editionInWords } from '../rules/edition-names.ts';

/** Two months of dailies and their weeklies. */
const PAGE_EDITIONS = 50;

/** The archive: every edition that was sent, as it was printed. */
export function editionRoutes({ db, config }: WebContext): Route[] {
  async function archive(before: string | undefined): Promise<Answer> {
    const found = await listEditions(db, { limit: PAGE_EDITIONS + 1, ...(before && { before }) });
    const { shown, before: next } = cutEditions(found, PAGE_EDITIONS);
    return page(
      'editions',
      {
        title: 'Past editions',
        path: '/editions',
        canonical: `${config.publicUrl}/editions${before === undefined ? '' : `?before=${before}`}`,
      },
      {
        editions: shown.map((edition) => ({
          href: editionHref(edition),
          ...editionInWords(edition),
          weekly: edition.cadence === 'weekly',
          papers: edition.cards + edition.more,
        })),
        older: next && `/editions?before=${next}`,
        first: before === undefined,
      },
    );
  }

  async function one(cadence: Cadence, issueDate: string, path: string): Promise<Answer> {
    const edition = await findEdition(db, cadence, issueDate);
    if (!edition) return notFound('There is no edition of that date. Days without new papers have none.');
    const words = editionInWords(edition);
    return page(
      'edition',
      {
        title: `${words.kind} edition, ${words.name}`,
        path,
        canonical: `${config.publicUrl}${editionHref(edition)}`,
        description: edition.subject,
      },
      {
        ...words,
        cards: edition.papers.filter((paper) => paper.card).map(toCard),
        more: edition.papers.filter((paper) => !paper.card).map(toCard),
        total: edition.papers.length,
        note: edition.note,
        href: editionHref(edition),
        dayHref: cadence === 'weekly' ? null : `/papers?date=${issueDate}`,
      },
    );
  }

  return [
    {
      path: '/editions',
      audience: 'public',
      get(request) {
        const before: unknown = request.query.before;
        if (before === undefined) return archive(undefined);
        const day = typeof before === 'string' ? parseDay(before) : undefined;
        return day ? archive(day) : badRequest('A date is written like 2026-06-10, and it must exist.');
      },
    },
    {
      path: '/editions/week/:week',
      audience: 'public',
      get(request) {
        const span = parseWeek(String(request.params.week));
        if (!span) return notFound('A week is written like 2026-W24, and it must exist.');
        return one('weekly', span.from, '/editions/week/:week');
      },
    },
    {
      path: '/editions/:date',
      audience: 'public',
      get(request) {
        const day = parseDay(String(request.params.date));
        if (!day) return notFound('A date is written like 2026-06-10, and it must exist.');
        return one('daily', day, '/editions/:date');
      },
    },
  ];
}
