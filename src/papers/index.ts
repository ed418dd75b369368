export { type DayCount, type PaperHistory, readHistory } from './history.ts';
export { daysBetween, type IngestOptions, type IngestReport, type IngestRow, ingest } from './ingest.ts';
export { type FileReport, ingestFile } from './ingest-file.ts';
export { listPage, type PagePlace } from './list-page.ts';
export {
  countRange,
  findPaper,
  hasPapers,
  type Kind,
  latestListedDay,
  listDay,
  listRange,
  listTrending,
  neighbourDays,
  type SourceHealth,
  sourceHealth,
} from './lists.ts';
export { toBibtex } from './rules/cite-bibtex.ts';
export { type CslItem, toCslJson } from './rules/cite-csl.ts';
export { type CitedPaper, doiOf } from './rules/cite-facts.ts';
export { toRis } from './rules/cite-ris.ts';
export { addDays, dayOf, isDay } from './rules/day.ts';
export { markHits } from './rules/mark-hits.ts';
export {
  bylineOf,
  type ItemFault,
  type ListedPaper,
  type Paper,
  paperLinks,
  readArxivId,
} from './rules/paper.ts';
export { keywordQuery, matchesQuery, parseQuery, type SearchQuery } from './rules/query.ts';
export { HALF_LIFE_DAYS, trendingScore, trendingScoreSql } from './rules/score.ts';
export { ensureSamples } from './samples.ts';
export { SEARCH_MAX, type SearchOptions, type SearchPage, searchPapers } from './search.ts';
export { similarPapers } from './similar.ts';
export { countSitemapPapers, listDays, listSitemapPapers } from './sitemap.ts';
export { createSources } from './sources/create.ts';
export { type Source, type SourceAnswer, SourceError } from './sources/source.ts';
export { SAMPLE_SOURCE } from './store.ts';
