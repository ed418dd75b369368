import type { Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { editionApi } from './editions.ts';
import { apiDocumentRoutes } from './page.ts';
import { paperApi } from './papers.ts';
import { subscriptionApi } from './subscriptions.ts';

/** Version 1 of the public JSON. */
export const apiRoutes = (context: WebContext): Route[] => [
  ...apiDocumentRoutes(context),
  ...subscriptionApi(context),
  ...paperApi(context),
  ...editionApi(context),
];
