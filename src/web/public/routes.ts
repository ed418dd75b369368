import type { Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { confirmRoutes } from './confirm.ts';
import { editionRoutes } from './editions.ts';
import { keywordRoutes } from './keywords.ts';
import { libraryRoutes } from './library.ts';
import { proofRoutes } from './my-proof.ts';
import { paperRoutes } from './papers.ts';
import { pickRoutes } from './pick.ts';
import { preferencesRoutes } from './preferences.ts';
import { profileRoutes } from './profile.ts';
import { quickChangeRoutes } from './quick-change.ts';
import { readRoutes } from './read.ts';
import { searchRoutes } from './search.ts';
import { sitemapRoutes } from './sitemap.ts';
import { subscribeRoutes } from './subscribe.ts';
import { unsubscribeRoutes } from './unsubscribe.ts';
import { voteRoutes } from './vote.ts';

/** Every page that a reader can open. */
export const publicRoutes = (context: WebContext): Route[] => [
  ...paperRoutes(context),
  ...searchRoutes(context),
  ...keywordRoutes(context),
  ...sitemapRoutes(context),
  ...editionRoutes(context),
  ...subscribeRoutes(context),
  ...confirmRoutes(context),
  ...unsubscribeRoutes(context),
  ...preferencesRoutes(context),
  ...quickChangeRoutes(context),
  ...voteRoutes(context),
  ...profileRoutes(context),
  ...pickRoutes(context),
  ...libraryRoutes(context),
  ...proofRoutes(context),
  ...readRoutes(context),
];
