import type { Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { createGate } from './access.ts';
import { adminApi } from './api.ts';
import { showEdition } from './edition.ts';
import { showOverview } from './overview.ts';
import { postEdition } from './perform.ts';

/**
 * The operator's pages, and the same for programs. Nothing public links to them; the audience `token` keeps them out of
 * caches and indexes. Looking changes nothing; what acts is a POST.
 */
export function adminRoutes(context: WebContext): Route[] {
  const { page, program } = createGate(context);
  return [
    { path: '/admin', audience: 'token', get: page(() => showOverview(context)) },
    {
      path: '/admin/editions/:id',
      audience: 'token',
      get: page((request) => showEdition(context, String(request.params.id), request.query)),
      post: page((request) => postEdition(context, request)),
    },
    ...adminApi(context, program),
  ];
}
