import type { Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { citeRoutes } from './cite.ts';
import { feedRoutes } from './feeds.ts';
import { privateFeedRoutes } from './my.ts';

/** What other programs subscribe to or import: feeds and citations. Goes before the pages, whose patterns would take some of these. */
export const exchangeRoutes = (context: WebContext): Route[] => [
  ...feedRoutes(context),
  ...privateFeedRoutes(context),
  ...citeRoutes(context),
];
