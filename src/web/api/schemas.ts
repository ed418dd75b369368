import { z } from 'zod';
import { parseDay } from '../rules/calendar.ts';
import { CURSOR_LENGTH_MAX } from '../rules/cursor.ts';

/**
 * What the API is asked and what it answers. Requests are read by these schemas, tests hold live answers against them, and
 * the OpenAPI document is written from them.
 */

// What is asked ------------------------------------------------------------------------------------

const DAY_ERROR = 'A day is written like 2026-06-10, and it must exist.';
const daySchema = z
  .string({ error: DAY_ERROR })
  .refine((text) => parseDay(text) !== undefined, { error: DAY_ERROR })
  .meta({ format: 'date', examples: ['2026-06-10'] });

/** A whole number as a query writes it. */
function countSchema(max: number) {
  const error = `Give a whole number from 1 to ${max}.`;
  return z
    .string({ error })
    .regex(/^\d{1,6}$/, { error })
    .transform(Number)
    .pipe(z.int({ error }).min(1, { error }).max(max, { error }));
}

const textSchema = (max: number, empty: string) =>
  z
    .string({ error: empty })
    .min(1, { error: empty })
    .max(max, { error: `Keep it to ${max} characters.` });

const CURSOR_ERROR = 'This is no cursor. Take it from the "next_cursor" of the page before.';
const cursorSchema = z
  .string({ error: CURSOR_ERROR })
  .regex(/^[\w-]+$/, { error: CURSOR_ERROR })
  .max(CURSOR_LENGTH_MAX, { error: CURSOR_ERROR })
  .optional()
  .meta({
    description:
      'The page after another one: its `next_cursor`, with the same other parameters. The answer’s `Link` header has the whole address.',
  });

/** What a search may be given: the search itself says what is too long for it. */
const SEARCH_TEXT_MAX = 1000;
export const searchTextSchema = textSchema(SEARCH_TEXT_MAX, 'Write what to search for.').meta({
  description:
    'A search: words, "phrases", -without, author:, org:, keyword:, since:, before:. In title, abstract, names and keywords.',
  examples: ['"diffusion policy" -video since:2026'],
});
export const topicSchema = textSchema(100, 'Name a topic, such as reinforcement-learning.').meta({
  description: 'A topic: a keyword of papers, with hyphens for spaces. 404 where no paper has it.',
  examples: ['reinforcement-learning'],
});

export const papersQuerySchema = z.strictObject({
  date: daySchema.optional().meta({
    description:
      'Papers that a source listed on this day. Without any filter: the latest day that has papers.',
  }),
  from: daySchema
    .optional()
    .meta({ description: 'Papers listed on this day or later. Default: from the first.' }),
  to: daySchema
    .optional()
    .meta({ description: 'Papers listed on this day or earlier. Default: to the last.' }),
  q: searchTextSchema.optional(),
  keyword: textSchema(200, 'Name a keyword.')
    .optional()
    .meta({ description: 'Papers with this keyword, whatever its capitals.', examples: ['GRPO'] }),
  topic: topicSchema.optional(),
  limit: countSchema(100).default(100).meta({ description: 'Papers of a page, at most.' }),
  cursor: cursorSchema,
  page: countSchema(1000).optional().meta({
    description:
      'A page by its number, of the papers of days only. Use `cursor`: a page by number shifts when papers come in.',
    deprecated: true,
  }),
});

export const editionsQuerySchema = z.strictObject({
  cadence: z
    .enum(['daily', 'weekly'], { error: 'Choose daily or weekly.' })
    .optional()
    .meta({ description: 'Default: both.' }),
  before: daySchema.optional().meta({ description: 'Only issues before this day.' }),
  limit: countSchema(100).default(30).meta({
    description: 'Editions of a page; one more where a daily and a weekly edition of one date end it.',
  }),
  cursor: cursorSchema,
});

export const editionQuerySchema = z.strictObject({
  cadence: z
    .enum(['daily', 'weekly'], { error: 'Choose daily or weekly.' })
    .default('daily')
    .meta({ description: 'A weekly edition is named by the Monday of its week.' }),
});

/** Of what takes no parameter. */
export const noQuerySchema = z.strictObject({});

export const citeSearchQuerySchema = z.strictObject({
  q: searchTextSchema,
  limit: countSchema(100).default(100).meta({ description: 'Papers, at most.' }),
});

export const feedQuerySchema = z.strictObject({
  topic: topicSchema.optional(),
  q: searchTextSchema.optional(),
});

// What is answered ---------------------------------------------------------------------------------

const dayOut = z.string().meta({ format: 'date' });
const momentOut = z.string().meta({ format: 'date-time' });
const urlOut = z.string().meta({ format: 'uri' });
const countOut = z.int().min(0);

export const paperSchema = z
  .strictObject({
    id: z
      .string()
      .meta({ description: 'arXiv id without its version.', examples: ['2606.10651', 'cs/0112017'] }),
    title: z.string(),
    abstract: z.string(),
    summary: z.string().nullable().meta({ description: 'A source’s own summary, where it has one.' }),
    authors: z.array(z.string()),
    organisation: z.string().nullable(),
    keywords: z.array(z.string()),
    categories: z.array(z.string()).meta({
      description: 'Categories of arXiv, the primary one first; empty where arXiv has not told of the paper.',
      examples: [['cs.CL', 'cs.AI']],
    }),
    version: z
      .int()
      .min(1)
      .nullable()
      .meta({ description: 'The newest version that arXiv told of; null: none.' }),
    published_on: dayOut.nullable().meta({ description: 'Day of the first version, in UTC.' }),
    upvotes: countOut,
    comments: countOut,
    code_url: urlOut.nullable(),
    code_stars: countOut.nullable(),
    project_url: urlOut.nullable(),
    url: urlOut.meta({ description: 'Its page here.' }),
    hugging_face_url: urlOut,
    arxiv_url: urlOut,
    pdf_url: urlOut,
    sample: z.boolean().meta({ description: 'Ships with Paperboy; its votes are invented.' }),
  })
  .meta({ description: 'A paper, with its votes and comments as last seen.' });

export const paperDetailSchema = z
  .strictObject({
    ...paperSchema.shape,
    listed_on: z.array(dayOut).meta({ description: 'Days on which a source listed it, oldest first.' }),
  })
  .meta({ description: 'A paper with its history.' });

const nextCursorOut = z
  .string()
  .nullable()
  .meta({ description: 'Of the next page; null: this is the last.' });

export const paperListSchema = z
  .strictObject({
    date: dayOut.nullable().meta({ description: 'The day, where papers of one day were asked for.' }),
    sample: z.boolean().meta({ description: 'These are samples: nothing was collected yet.' }),
    total: countOut.meta({
      description: 'Papers on all pages; of a search at most as many as can be paged through.',
    }),
    page: z.int().nullable().meta({ description: 'Null where a cursor was given.', deprecated: true }),
    limit: z.int(),
    previous: dayOut.nullable().meta({ description: 'The nearest day before with papers.' }),
    next: dayOut.nullable().meta({ description: 'The nearest day after with papers.' }),
    next_cursor: nextCursorOut,
    papers: z.array(paperSchema),
  })
  .meta({ description: 'A page of papers, by votes; of a search by relevance.' });

export const editionSchema = z
  .strictObject({
    cadence: z.enum(['daily', 'weekly']),
    date: dayOut.meta({ description: 'Weekly: the Monday of its week.' }),
    week: z
      .string()
      .nullable()
      .meta({ description: 'Of a weekly edition.', examples: ['2026-W24'] }),
    opened_at: momentOut,
    subject: z.string(),
    note: z.string().nullable().meta({
      description: 'What was missing when it was closed, as its readers are told; null: nothing.',
    }),
    cards: countOut.meta({ description: 'Papers that it shows.' }),
    more: countOut.meta({ description: 'Papers that it only counts.' }),
    url: urlOut,
  })
  .meta({ description: 'An edition’s name and size.' });

export const editionListSchema = z
  .strictObject({
    editions: z.array(editionSchema),
    next_before: dayOut.nullable().meta({ description: 'The next page’s `before`.' }),
    next_cursor: nextCursorOut,
  })
  .meta({ description: 'A page of editions, newest first.' });

export const editionDetailSchema = z
  .strictObject({
    ...editionSchema.shape,
    papers: z.array(
      z.strictObject({
        rank: z.int().min(1),
        card: z.boolean().meta({ description: 'False: it is only counted in "more".' }),
        ...paperSchema.shape,
      }),
    ),
  })
  .meta({ description: 'An edition with its papers, votes and comments as printed.' });

export const subscriptionAnswerSchema = z
  .strictObject({ status: z.literal('pending') })
  .meta({ description: 'The same for every address, known or not.' });

export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z
      .array(
        z.strictObject({
          parameter: z.string().optional().meta({ description: 'Name of a parameter.' }),
          pointer: z.string().optional().meta({ description: 'JSON pointer into the body.' }),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ description: 'What went wrong (RFC 9457).' });

export const healthSchema = z
  .strictObject({
    ready: z.boolean(),
    checks: z.array(z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  })
  .meta({ description: 'Whether everything is there that the service needs.' });

const nameOut = z.union([
  z.strictObject({ family: z.string(), given: z.string(), suffix: z.string().optional() }),
  z.strictObject({ literal: z.string() }),
]);
export const cslSchema = z
  .array(
    z.strictObject({
      id: z.string(),
      type: z.literal('article'),
      title: z.string(),
      author: z.array(nameOut),
      issued: z.strictObject({ 'date-parts': z.array(z.array(z.int())) }),
      publisher: z.literal('arXiv'),
      number: z.string(),
      DOI: z.string(),
      URL: urlOut,
      abstract: z.string().optional(),
      keyword: z.string().optional(),
    }),
  )
  .meta({ description: 'CSL-JSON.' });

export const jsonFeedSchema = z
  .strictObject({
    version: z.literal('https://jsonfeed.org/version/1.1'),
    title: z.string(),
    description: z.string(),
    home_page_url: urlOut,
    feed_url: urlOut,
    language: z.string(),
    authors: z.array(z.strictObject({ name: z.string(), url: urlOut })),
    items: z.array(
      z.strictObject({
        id: urlOut,
        url: urlOut,
        external_url: urlOut,
        title: z.string(),
        content_html: z.string(),
        date_published: momentOut,
        date_modified: momentOut,
        authors: z.array(z.strictObject({ name: z.string() })).optional(),
        tags: z.array(z.string()).optional(),
      }),
    ),
  })
  .meta({ description: 'JSON Feed 1.1.' });
