import type { App } from '../src/app.ts';
import { startWeb } from '../src/web/index.ts';
import type { Running } from './clock.ts';

/** Serves the site. */
export async function runWeb(app: App): Promise<Running> {
  const web = await startWeb(app);
  app.log.info({ url: web.url }, 'the site is up');
  return { close: () => web.close() };
}
