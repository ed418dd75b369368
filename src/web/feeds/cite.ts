import { findEdition } from '../../editions/index.ts';
import { type CitedPaper, findPaper, readArxivId, toBibtex, toCslJson, toRis } from '../../papers/index.ts';
import type { Answer, Handler, Route } from '../answers.ts';
import { citeSearchQuerySchema, noQuerySchema } from '../api/index.ts';
import type { WebContext } from '../context.ts';
import { badParameters, notFound } from '../errors.ts';
import { parseDay, parseWeek } from '../rules/calendar.ts';
import { readQuery } from '../rules/query.ts';
import { findPapers, searchOf } from '../search.ts';
import { shownKind } from '../shown.ts';

const FORMATS = {
  bib: { type: 'application/x-bibtex; charset=utf-8', write: toBibtex },
  ris: { type: 'application/x-research-info-systems; charset=utf-8', write: toRis },
  json: {
    type: 'application/vnd.citationstyles.csl+json; charset=utf-8',
    write: (papers: readonly CitedPaper[]) => JSON.stringify(toCslJson(papers), null, 2),
  },
} as const;
type Format = keyof typeof FORMATS;

/** @param name - of the file that a browser keeps; letters, digits, dots and hyphens */
function answer(format: Format, name: string, papers: readonly CitedPaper[]): Answer {
  const { type, write } = FORMATS[format];
  const headers = { 'Content-Disposition': `attachment; filename="${name}.${format}"` };
  return { kind: 'text', type, body: write(papers), headers };
}

/** BibTeX, RIS and CSL-JSON of a paper, of an edition with all that it carried, and of what a search finds first. */
export function citeRoutes({ db, clock }: WebContext): Route[] {
  async function ofPaper(format: Format, text: string): Promise<Answer> {
    const id = readArxivId(text);
    const paper = id === null ? null : await findPaper(db, id);
    if (!paper) return notFound('This paper is not among those that were collected here.');
    return answer(format, `arxiv-${paper.id.replaceAll('/', '-')}`, [paper]);
  }

  async function ofEdition(format: Format, cadence: 'daily' | 'weekly', name: string): Promise<Answer> {
    const day = cadence === 'daily' ? parseDay(name) : parseWeek(name)?.from;
    const edition = day === undefined ? null : await findEdition(db, cadence, day);
    if (!edition) return notFound('There is no edition of that date. Days without new papers have none.');
    return answer(format, `edition-${name}`, edition.papers);
  }

  async function ofSearch(format: Format, query: Readonly<Record<string, unknown>>): Promise<Answer> {
    const reading = readQuery(citeSearchQuerySchema, query);
    if (!reading.ok) return badParameters(reading.errors);
    const search = searchOf(reading.value.q);
    if (!search.ok) return badParameters([{ field: 'q', detail: search.fault, in: 'query' }]);
    const kind = await shownKind(db);
    const found = await findPapers(db, clock.now(), search.query, { ...kind, limit: reading.value.limit });
    return answer(format, 'search', found.papers);
  }

  const strict =
    (handle: (params: Readonly<Record<string, unknown>>) => Promise<Answer>): Handler =>
    (request) => {
      const reading = readQuery(noQuerySchema, request.query);
      return reading.ok ? handle(request.params) : badParameters(reading.errors);
    };
  const idOf = ({ id }: Readonly<Record<string, unknown>>) => (Array.isArray(id) ? id.join('/') : String(id));

  return (['bib', 'ris', 'json'] as const).flatMap((format): Route[] => [
    // Ids before April 2007 have a slash: /papers/cs/0112017/cite.bib.
    {
      path: `/papers/*id/cite.${format}`,
      audience: 'public',
      get: strict((params) => ofPaper(format, idOf(params))),
    },
    {
      path: `/editions/week/:week/cite.${format}`,
      audience: 'public',
      get: strict(({ week }) => ofEdition(format, 'weekly', String(week))),
    },
    {
      path: `/editions/:date/cite.${format}`,
      audience: 'public',
      get: strict(({ date }) => ofEdition(format, 'daily', String(date))),
    },
    { path: `/search/cite.${format}`, audience: 'public', get: (request) => ofSearch(format, request.query) },
  ]);
}
