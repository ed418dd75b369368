import { z } from 'zod';
import {
  countRange,
  findPaper,
  isDay,
  listPage,
  listRange,
  neighbourDays,
  readArxivId,
} from '../../papers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { badParameters, notFound } from '../errors.ts';
import { readCursor, writeCursor } from '../rules/cursor.ts';
import { paperJson } from '../rules/json.ts';
import { readQuery } from '../rules/query.ts';
import { findPapers, readTopic, searchOf } from '../search.ts';
import { latestDay, shownKind } from '../shown.ts';
import { linkHeaders } from './paging.ts';
import { noQuerySchema, type paperListSchema, papersQuerySchema } from './schemas.ts';

type PapersQuery = z.output<typeof papersQuerySchema>;

/** arXiv opened in 1991, and no source lists beyond this. */
const FIRST_DAY = '1991-01-01';
const LAST_DAY = '2199-12-31';

const count = z.int32();
const placeSchema = z.strictObject({
  day: z.string().refine(isDay).nullable(),
  upvotes: count,
  comments: count,
  id: z.string().max(40),
});
const searchPlaceSchema = z.string().max(100);

const FILTERS = ['date', 'from', 'to', 'q', 'keyword', 'topic'] as const;
/** What a cursor belongs to: all filters; the size of a page may change. */
const questionOf = (query: PapersQuery) => JSON.stringify(FILTERS.map((name) => query[name] ?? null));

const refuse = (field: string, detail: string) => badParameters([{ field, detail, in: 'query' }]);
const WRONG_CURSOR =
  'This cursor belongs to another question. Take "next_cursor" of the page before and keep the other parameters.';

/** Parameters that cannot stand together. */
function clash(query: PapersQuery): Answer | undefined {
  const searching = query.q !== undefined || query.keyword !== undefined || query.topic !== undefined;
  if (query.date !== undefined && (query.from !== undefined || query.to !== undefined))
    return refuse('date', 'Give a date, or from and to, not both.');
  if (query.from !== undefined && query.to !== undefined && query.from > query.to)
    return refuse('from', 'The first day comes after the last one.');
  for (const name of ['date', 'from', 'to', 'page'] as const)
    if (searching && query[name] !== undefined)
      return refuse(
        name,
        name === 'page'
          ? 'What a search finds is paged by "cursor".'
          : 'A search goes over all days; narrow it by since: and before: within "q", which are days of publication.',
      );
  if (query.page !== undefined && query.cursor !== undefined)
    return refuse('page', 'Give a page or a cursor, not both.');
  if (query.topic !== undefined && query.keyword !== undefined)
    return refuse('topic', 'Give a topic or a keyword, not both.');
  return undefined;
}

/** The papers of a day or of several, what a search finds, and one paper. */
export function paperApi({ db, clock, config }: WebContext): Route[] {
  const { publicUrl } = config;

  function answer(
    query: PapersQuery,
    body: Omit<z.output<typeof paperListSchema>, 'limit' | 'next_cursor'>,
    place: unknown,
  ): Answer {
    const cursor = place === null ? null : writeCursor(questionOf(query), place);
    const { papers, ...facts } = body;
    return {
      kind: 'json',
      body: { ...facts, limit: query.limit, next_cursor: cursor, papers },
      headers: linkHeaders(`${publicUrl}/api/v1/papers`, query, cursor),
    };
  }

  async function search(query: PapersQuery): Promise<Answer> {
    const topic = query.topic === undefined ? undefined : await readTopic(db, clock.now(), query.topic);
    if (topic === null) return notFound('There is no such topic: no paper has it as a keyword.');
    const reading = searchOf(query.q, topic?.keyword ?? query.keyword);
    if (!reading.ok) return refuse(query.q === undefined ? 'keyword' : 'q', reading.fault);
    const place = query.cursor && searchPlaceSchema.safeParse(readCursor(questionOf(query), query.cursor));
    if (place && !place.success) return refuse('cursor', WRONG_CURSOR);
    const kind = await shownKind(db);
    const found = await findPapers(db, clock.now(), reading.query, {
      ...kind,
      limit: query.limit,
      cursor: place ? place.data : null,
    });
    const papers = found.papers.map((paper) => paperJson(paper, publicUrl));
    const facts = {
      date: null,
      sample: kind.sample,
      total: found.total,
      page: null,
      previous: null,
      next: null,
    };
    return answer(query, { ...facts, papers }, found.next);
  }

  async function list(query: PapersQuery): Promise<Answer> {
    const kind = await shownKind(db);
    const ranged = query.from !== undefined || query.to !== undefined;
    const place = query.cursor && placeSchema.safeParse(readCursor(questionOf(query), query.cursor));
    if (place && !place.success) return refuse('cursor', WRONG_CURSOR);
    // Without a date the latest day may change between two pages: the cursor holds the one that it was.
    const asked = query.date ?? (place ? place.data.day : null);
    const day = ranged ? null : (asked ?? (await latestDay(db, kind, clock.now())));
    const page = place ? null : (query.page ?? 1);
    if (!ranged && day === null) {
      const nothing = {
        date: null,
        sample: kind.sample,
        total: 0,
        page,
        previous: null,
        next: null,
        papers: [],
      };
      return answer(query, nothing, null);
    }
    const from = day ?? query.from ?? FIRST_DAY;
    const to = day ?? query.to ?? LAST_DAY;
    // One more tells whether there is a next page.
    const limit = query.limit + 1;
    const [found, total, around] = await Promise.all([
      page !== null && page > 1
        ? listRange(db, from, to, { ...kind, limit, offset: (page - 1) * query.limit })
        : listPage(db, from, to, { ...kind, limit, ...(place && { after: place.data }) }),
      countRange(db, from, to, kind),
      day === null ? { before: null, after: null } : neighbourDays(db, day, kind),
    ]);
    const shown = found.slice(0, query.limit);
    const last = found.length > query.limit ? shown.at(-1) : undefined;
    const papers = shown.map((paper) => paperJson(paper, publicUrl));
    const facts = {
      date: day,
      sample: kind.sample,
      total,
      page,
      previous: around.before,
      next: around.after,
    };
    return answer(
      query,
      { ...facts, papers },
      last ? { day, upvotes: last.upvotes, comments: last.comments, id: last.id } : null,
    );
  }

  return [
    {
      path: '/api/v1/papers',
      audience: 'public',
      get(request) {
        const reading = readQuery(papersQuerySchema, request.query);
        if (!reading.ok) return badParameters(reading.errors);
        const query = reading.value;
        const fault = clash(query);
        if (fault) return fault;
        return (query.q ?? query.keyword ?? query.topic) ? search(query) : list(query);
      },
    },
    {
      path: '/api/v1/papers/*id',
      audience: 'public',
      async get(request) {
        const reading = readQuery(noQuerySchema, request.query);
        if (!reading.ok) return badParameters(reading.errors);
        const given: unknown = request.params.id;
        const id = readArxivId(Array.isArray(given) ? given.join('/') : String(given));
        const paper = id === null ? null : await findPaper(db, id);
        if (!paper) return notFound('This paper is not among those that were collected here.');
        return { kind: 'json', body: { ...paperJson(paper, publicUrl), listed_on: paper.listedOn } };
      },
    },
  ];
}
