import { readPreferences, type Subscriber } from '../../subscribers/index.ts';
import type { WebContext } from '../context.ts';
import { withoutPastPause } from '../rules/preferences-view.ts';

/** The reader of a preferences link, for a page: a pause that ended is none. Null: a link that is not known (any more). */
export async function readerOfLink(context: WebContext, token: string): Promise<Subscriber | null> {
  const reader = await readPreferences(context, token);
  return reader && withoutPastPause(reader, context.clock.now());
}
