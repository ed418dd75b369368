import { findEdition, listEditions } from '../../editions/index.ts';
import type { Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { badParameters, notFound } from '../errors.ts';
import { parseDay } from '../rules/calendar.ts';
import { readCursor, writeCursor } from '../rules/cursor.ts';
import { cutEditions } from '../rules/edition-names.ts';
import { editionJson, paperJson } from '../rules/json.ts';
import { readQuery } from '../rules/query.ts';
import { linkHeaders } from './paging.ts';
import { editionQuerySchema, editionsQuerySchema } from './schemas.ts';

/** The archive, and one edition with its papers as printed. */
export function editionApi({ db, config }: WebContext): Route[] {
  const { publicUrl } = config;
  return [
    {
      path: '/api/v1/editions',
      audience: 'public',
      async get(request) {
        const reading = readQuery(editionsQuerySchema, request.query);
        if (!reading.ok) return badParameters(reading.errors);
        const { cadence, limit, cursor } = reading.value;
        const question = `editions ${cadence ?? ''}`;
        let { before } = reading.value;
        if (cursor !== undefined) {
          if (before !== undefined)
            return badParameters([
              { field: 'before', detail: 'Give a day or a cursor, not both.', in: 'query' },
            ]);
          const place = readCursor(question, cursor);
          before = typeof place === 'string' ? parseDay(place) : undefined;
          if (before === undefined)
            return badParameters([
              {
                field: 'cursor',
                detail: 'This cursor belongs to another question. Take "next_cursor" of the page before.',
                in: 'query',
              },
            ]);
        }
        const found = await listEditions(db, {
          limit: limit + 1,
          ...(before && { before }),
          ...(cadence && { cadence }),
        });
        const { shown, before: next } = cutEditions(found, limit);
        const nextCursor = next === null ? null : writeCursor(question, next);
        return {
          kind: 'json',
          body: {
            editions: shown.map((edition) => editionJson(edition, publicUrl)),
            next_before: next,
            next_cursor: nextCursor,
          },
          headers: linkHeaders(`${publicUrl}/api/v1/editions`, { cadence, limit }, nextCursor),
        };
      },
    },
    {
      path: '/api/v1/editions/:date',
      audience: 'public',
      async get(request) {
        const reading = readQuery(editionQuerySchema, request.query);
        if (!reading.ok) return badParameters(reading.errors);
        const date = parseDay(String(request.params.date));
        if (!date)
          return badParameters([
            { field: 'date', detail: 'A day is written like 2026-06-10, and it must exist.', in: 'path' },
          ]);
        const edition = await findEdition(db, reading.value.cadence, date);
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
