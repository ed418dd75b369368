import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Liquid } from 'liquidjs';

const TEMPLATES = fileURLToPath(new URL('../../templates/pages', import.meta.url));

/** Where the pages' style sheet, script and icon lie. */
export const ASSETS = join(TEMPLATES, 'assets');

/** Renders a page of templates/pages by its name. */
export type Render = (view: string, data: Record<string, unknown>) => Promise<string>;

/**
 * The template engine. Every output is escaped; a variable that nobody gave is an error, so that a page is never
 * half empty; templates see data only, no prototype, no environment.
 *
 * @param globals - what all pages see: site, base, assets, consent
 */
export function createViews(globals: Record<string, unknown>): Render {
  const engine = new Liquid({
    root: TEMPLATES,
    extname: '.liquid',
    cache: true,
    outputEscape: 'escape',
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    globals,
  });
  return async (view, data) => engine.renderFile(view, data) as Promise<string>;
}
