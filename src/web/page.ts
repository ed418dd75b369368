import type { Answer } from './answers.ts';
import { emptyForm, type SubscriptionForm } from './rules/forms.ts';

/** What the layout needs of every page. */
export interface PageFacts {
  /** The title of the window, without the site's name. */
  title: string;
  /** The route that shows it: marks the menu, and is kept with a subscription as the place where it was asked for. */
  path: string;
  /** Show the sign-up form on top (default: true). */
  banner?: boolean;
  status?: number;
  form?: SubscriptionForm;
  /** The one address of this page, where it may be reached by several: absolute. Default: none is named. */
  canonical?: string;
  /** What search engines and link previews print below the title (default: what the site is). */
  description?: string;
  /** The query that stands in the search box (default: none). */
  q?: string;
}

const SITE_DESCRIPTION = 'Trending research papers, day by day, and a digest of them in your inbox.';

/** A page of templates/pages. */
export function page(
  view: string,
  facts: PageFacts,
  data: Record<string, unknown> = {},
): Extract<Answer, { kind: 'page' }> {
  const { title, path, banner = true, status = 200, form = emptyForm(path) } = facts;
  const { canonical = null, description = SITE_DESCRIPTION, q = '' } = facts;
  return {
    kind: 'page',
    view,
    status,
    data: { page: { title, path, banner, canonical, description, q }, form, ...data },
  };
}
