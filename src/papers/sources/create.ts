import type { Clock, Config, Db, HttpClient } from '../../platform/index.ts';
import { createArxivSource } from './arxiv.ts';
import { createFileSource } from './file.ts';
import { createHuggingFaceSource } from './hugging-face.ts';
import type { Source } from './source.ts';

type SourceConfig = Pick<
  Config,
  'sources' | 'huggingFaceUrl' | 'arxivUrl' | 'arxivRssUrl' | 'arxivCategories'
>;

/**
 * The sources that SOURCES names, in its order.
 *
 * @param deps.db - a pool, not a transaction: what is written of a source's patience must be seen at once and stay
 */
export function createSources(deps: {
  config: SourceConfig;
  http: HttpClient;
  db: Db;
  clock: Clock;
}): Source[] {
  const { config, http, db, clock } = deps;
  return config.sources.map((setting) => {
    if (setting.name === 'huggingface') return createHuggingFaceSource({ url: config.huggingFaceUrl, http });
    if (setting.name === 'file') return createFileSource(setting.path);
    return createArxivSource({
      apiUrl: config.arxivUrl,
      rssUrl: config.arxivRssUrl,
      categories: config.arxivCategories,
      http,
      db,
      clock,
    });
  });
}
