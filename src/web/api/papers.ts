import { countRange, listRange, neighbourDays } from '../../papers/index.ts';
import type { Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { badRequest } from '../errors.ts';
import { parseDay } from '../rules/calendar.ts';
import { countParameter, paperJson } from '../rules/json.ts';
import { latestDay, shownKind } from '../shown.ts';

/** Papers on one page at most, as at the sources. */
const LIMIT_MAX = 100;
const PAGE_MAX = 1000;

/** The papers of a day. */
export function paperApi({ db, clock, config }: WebContext): Route[] {
  return [
    {
      path: '/api/v1/papers',
      audience: 'public',
      async get(request) {
        const asked: unknown = request.query.date;
        const date = typeof asked === 'string' ? parseDay(asked) : undefined;
        if (asked !== undefined && date === undefined)
          return badRequest('"date" is written like 2026-06-10, and it must exist.');
        const limit = countParameter(request.query.limit, LIMIT_MAX, LIMIT_MAX);
        const page = countParameter(request.query.page, PAGE_MAX, 1);
        if (limit === undefined || page === undefined)
          return badRequest(`"limit" is 1 to ${LIMIT_MAX}, "page" is 1 to ${PAGE_MAX}.`);
        const kind = await shownKind(db);
        const day = date ?? (await latestDay(db, kind, clock.now()));
        if (!day)
          return {
            kind: 'json',
            body: {
              date: null,
              sample: kind.sample,
              total: 0,
              page,
              limit,
              previous: null,
              next: null,
              papers: [],
            },
          };
        const [papers, total, around] = await Promise.all([
          listRange(db, day, day, { ...kind, limit, offset: (page - 1) * limit }),
          countRange(db, day, day, kind),
          neighbourDays(db, day, kind),
        ]);
        return {
          kind: 'json',
          body: {
            date: day,
            sample: kind.sample,
            total,
            page,
            limit,
            previous: around.before,
            next: around.after,
            papers: papers.map((paper) => paperJson(paper, config.publicUrl)),
          },
        };
      },
    },
  ];
}
