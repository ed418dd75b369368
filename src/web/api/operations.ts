import { signUpBodySchema } from '../../subscribers/index.ts';
import { ADMIN_OPERATIONS } from './admin-operations.ts';
import { JSON_TYPE, type Operation } from './operation.ts';
import {
  citeSearchQuerySchema,
  editionQuerySchema,
  editionsQuerySchema,
  feedQuerySchema,
  noQuerySchema,
  papersQuerySchema,
} from './schemas.ts';

const id = {
  description: 'arXiv id; a version is passed over. The slash of an id before April 2007 is written %2F.',
  example: '2606.10651',
};
const date = { description: 'Day of the edition.', example: '2026-06-10', format: 'date' };
const week = { description: 'ISO week of the edition.', example: '2026-W24' };

const FEEDS = [
  ['atom', 'application/atom+xml', 'Atom 1.0'],
  ['rss', 'application/rss+xml', 'RSS 2.0'],
  ['json', 'application/feed+json', 'JSON Feed 1.1'],
] as const;
const CITATIONS = [
  ['bib', 'application/x-bibtex', 'BibTeX'],
  ['ris', 'application/x-research-info-systems', 'RIS'],
  ['json', 'application/vnd.citationstyles.csl+json', 'CSL-JSON'],
] as const;

const feeds = FEEDS.map(
  ([format, type, name]): Operation => ({
    id: `feed_${format}`,
    tag: 'Feeds',
    method: 'get',
    path: `/feed.${format}`,
    summary: `The daily editions as ${name}`,
    description:
      'The 60 newest papers that daily editions showed; with a topic or a search, those that daily editions carried of it. ' +
      'An entry’s id is the DOI of its paper and never changes. Ask again with If-None-Match or If-Modified-Since.',
    query: feedQuerySchema,
    answer: { status: 200, type, description: name, ...(format === 'json' && { schema: 'JsonFeed' }) },
    problems: [400, 404],
  }),
);

const citations = CITATIONS.flatMap(([format, type, name]): Operation[] => {
  const answer: Operation['answer'] = {
    status: 200,
    type,
    description: name,
    ...(format === 'json' && { schema: 'CslJson' }),
  };
  const common = { tag: 'Citations', method: 'get', answer } as const;
  return [
    {
      ...common,
      id: `cite_paper_${format}`,
      path: `/papers/{id}/cite.${format}`,
      summary: `A paper as ${name}`,
      query: noQuerySchema,
      parts: { id },
      problems: [400, 404],
    },
    {
      ...common,
      id: `cite_edition_${format}`,
      path: `/editions/{date}/cite.${format}`,
      summary: `All papers of a daily edition as ${name}`,
      query: noQuerySchema,
      parts: { date },
      problems: [400, 404],
    },
    {
      ...common,
      id: `cite_week_${format}`,
      path: `/editions/week/{week}/cite.${format}`,
      summary: `All papers of a weekly edition as ${name}`,
      query: noQuerySchema,
      parts: { week },
      problems: [400, 404],
    },
    {
      ...common,
      id: `cite_search_${format}`,
      path: `/search/cite.${format}`,
      summary: `What a search finds first as ${name}`,
      query: citeSearchQuerySchema,
      problems: [400],
    },
  ];
});

/** All that the document tells of, in its order. */
export const OPERATIONS: readonly Operation[] = [
  {
    id: 'list_papers',
    tag: 'Papers',
    method: 'get',
    path: '/api/v1/papers',
    summary: 'Papers of a day, of several days, or of a search',
    description:
      'Days are those on which a source listed a paper. `q`, `keyword` and `topic` go over all days and cannot be joined with ' +
      '`date`, `from` and `to`.',
    query: papersQuerySchema,
    answer: { status: 200, type: JSON_TYPE, schema: 'PaperList', description: 'A page of papers.' },
    problems: [400, 404],
  },
  {
    id: 'get_paper',
    tag: 'Papers',
    method: 'get',
    path: '/api/v1/papers/{id}',
    summary: 'One paper',
    query: noQuerySchema,
    parts: { id },
    answer: { status: 200, type: JSON_TYPE, schema: 'PaperDetail', description: 'The paper.' },
    problems: [400, 404],
  },
  {
    id: 'list_editions',
    tag: 'Editions',
    method: 'get',
    path: '/api/v1/editions',
    summary: 'Editions, newest first',
    query: editionsQuerySchema,
    answer: { status: 200, type: JSON_TYPE, schema: 'EditionList', description: 'A page of editions.' },
    problems: [400],
  },
  {
    id: 'get_edition',
    tag: 'Editions',
    method: 'get',
    path: '/api/v1/editions/{date}',
    summary: 'One edition with its papers as printed',
    query: editionQuerySchema,
    parts: { date },
    answer: { status: 200, type: JSON_TYPE, schema: 'EditionDetail', description: 'The edition.' },
    problems: [400, 404],
  },
  {
    id: 'subscribe',
    tag: 'Subscriptions',
    method: 'post',
    path: '/api/v1/subscriptions',
    summary: 'Ask for the digest',
    description: 'Sends a mail that asks the reader to confirm. The answer is the same for every address.',
    body: signUpBodySchema,
    notes: {
      email: 'Where the digest goes.',
      days: 'ISO weekdays on which mail may come: 1 (Monday) to 7, or mon to sun. Default: all.',
      hour: 'Local hour.',
      timezone: 'IANA name, such as Europe/Berlin. Default: UTC.',
      max_papers: 'Papers a digest at most; null: all that the edition shows.',
      min_matches:
        'No digest in which fewer papers were found by what the reader follows; null: always. It does nothing for one who follows nothing.',
      abstracts: 'Short: a few lines; full: the whole abstract.',
      topics:
        'Topics to follow: their names, or ids; an arXiv category, or other plain words, are followed as such.',
      searches: 'Searches to follow, as the search page reads them.',
      authors: 'Authors to follow.',
      organisations: 'Organisations to follow.',
      categories: 'arXiv categories to follow: cs.CL, or cs for the whole archive.',
    },
    answer: {
      status: 202,
      type: JSON_TYPE,
      schema: 'SubscriptionAnswer',
      description: 'Asked for; the reader must confirm by mail.',
    },
    problems: [400, 413, 415, 422],
  },
  ...feeds,
  ...citations,
  {
    id: 'alive',
    tag: 'Health',
    method: 'get',
    path: '/healthz',
    summary: 'Does this process answer?',
    answer: { status: 200, type: 'text/plain', description: 'Always "ok".' },
    problems: [],
  },
  {
    id: 'ready',
    tag: 'Health',
    method: 'get',
    path: '/readyz',
    summary: 'Is everything there that the service needs?',
    description: 'The same answer with status 503 where something is missing.',
    answer: { status: 200, type: JSON_TYPE, schema: 'Health', description: 'Each check.' },
    problems: [],
  },
  ...ADMIN_OPERATIONS,
];
