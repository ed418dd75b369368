import type { Config, HttpClient, Log } from '../../platform/index.ts';
import { createFileSource } from './file.ts';
import { createHuggingFaceSource } from './hugging-face.ts';
import type { Source } from './source.ts';

/** The sources that SOURCES names, in its order; one that this version does not know yet is left out with a warning. */
export function createSources(deps: {
  config: Pick<Config, 'sources' | 'huggingFaceUrl'>;
  http: HttpClient;
  log: Log;
}): Source[] {
  const { config, http, log } = deps;
  const sources: Source[] = [];
  for (const setting of config.sources) {
    if (setting.name === 'huggingface')
      sources.push(createHuggingFaceSource({ url: config.huggingFaceUrl, http }));
    else if (setting.name === 'file') sources.push(createFileSource(setting.path));
    else log.warn('SOURCES names arxiv, which this version cannot ask yet; it is left out');
  }
  return sources;
}
