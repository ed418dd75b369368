import type { Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { createGate } from './access.ts';
import { showEdition } from './edition.ts';
import { showOverview } from './overview.ts';

/**
 * The operator's pages: they show and change nothing. Nothing public links to them; the audience `token` keeps them out of
 * caches and indexes.
 */
export function adminRoutes(context: WebContext): Route[] {
  const gate = createGate(context);
  return [
    { path: '/admin', audience: 'token', get: gate(() => showOverview(context)) },
    {
      path: '/admin/editions/:id',
      audience: 'token',
      get: gate((request) => showEdition(context, String(request.params.id), request.query)),
    },
  ];
}
