export { type IngestReport, type IngestRow, ingest } from './ingest.ts';
export { type FileReport, ingestFile } from './ingest-file.ts';
export {
  countRange,
  findPaper,
  hasPapers,
  type Kind,
  latestListedDay,
  listDay,
  listRange,
  neighbourDays,
  type SourceHealth,
  sourceHealth,
} from './lists.ts';
export { addDays, dayOf, isDay } from './rules/day.ts';
export {
  bylineOf,
  type ItemFault,
  type ListedPaper,
  type Paper,
  paperLinks,
  readArxivId,
} from './rules/paper.ts';
export { ensureSamples } from './samples.ts';
export { createSources } from './sources/create.ts';
export { type Source, type SourceAnswer, SourceError } from './sources/source.ts';
export { SAMPLE_SOURCE } from './store.ts';
