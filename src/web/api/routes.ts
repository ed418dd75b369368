import type { Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { editionApi } from './editions.ts';
import { paperApi } from './papers.ts';
import { subscriptionApi } from './subscriptions.ts';

/** Version 1 of the public JSON. */
export const apiRoutes = (context: WebContext): Route[] => [
  ...subscriptionApi(context),
  ...paperApi(context),
  ...editionApi(context),
];
