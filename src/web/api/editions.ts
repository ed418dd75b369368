import { findEdition, listEditions } from '../../editions/index.ts';
import type { Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { badRequest, notFound } from '../errors.ts';
import { parseDay } from '../rules/calendar.ts';
import { cutEditions } from '../rules/edition-names.ts';
import { countParameter, editionJson, paperJson } from '../rules/json.ts';

const LIMIT_MAX = 100;
const LIMIT_DEFAULT = 30;

/** The archive, and one edition with its papers as printed. */
export function editionApi({ db, config }: WebContext): Route[] {
  const { publicUrl } = config;
  return [
    {
      path: '/api/v1/editions',
      audience: 'public',
      async get(request) {
        const { before: asked, cadence } = request.query;
        const before = typeof asked === 'string' ? parseDay(asked) : undefined;
        if (asked !== undefined && before === undefined)
          return badRequest('"before" is a date like 2026-06-10, and it must exist.');
        if (cadence !== undefined && cadence !== 'daily' && cadence !== 'weekly')
          return badRequest('"cadence" is daily or weekly.');
        const limit = countParameter(request.query.limit, LIMIT_MAX, LIMIT_DEFAULT);
        if (limit === undefined) return badRequest(`"limit" is 1 to ${LIMIT_MAX}.`);
        const found = await listEditions(db, {
          limit: limit + 1,
          ...(before && { before }),
          ...(cadence && { cadence }),
        });
        const { shown, before: next } = cutEditions(found, limit);
        const body = { editions: shown.map((edition) => editionJson(edition, publicUrl)), next_before: next };
        return { kind: 'json', body };
      },
    },
    {
      path: '/api/v1/editions/:date',
      audience: 'public',
      async get(request) {
        const { cadence = 'daily' } = request.query;
        if (cadence !== 'daily' && cadence !== 'weekly') return badRequest('"cadence" is daily or weekly.');
        const date = parseDay(String(request.params.date));
        if (!date) return badRequest('A date is written like 2026-06-10, and it must exist.');
        const edition = await findEdition(db, cadence, date);
        if (!edition) return notFound('There is no edition of that date.');
        const papers = edition.papers.map((paper) => ({
          rank: paper.rank,
          card: paper.card,
          ...paperJson(paper, publicUrl),
        }));
        return { kind: 'json', body: { ...editionJson(edition, publicUrl), papers } };
      },
    },
  ];
}
