import { removeLibrary, resetProfile, sizeOfLibrary } from '../../interests/index.ts';
import type { Proven } from '../../subscribers/index.ts';
import type { Answer } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { page } from '../page.ts';
import { type FormBody, textField } from '../rules/forms.ts';
import { notDone } from './not-done.ts';

/** What a press deleted: all that was learnt and what it came from, or so many papers of the reader's own list. */
type Deleted = { done: 'all' } | { done: 'list'; gone: number };

/** Starting over, or without one's own list, for who holds the mailbox: neither can be undone. */
export function createResetPage(context: WebContext) {
  const { db, links } = context;

  async function view(token: string, { reader }: Proven, deleted: Deleted | null): Promise<Answer> {
    return page(
      'proof-reset',
      { title: 'Start over', path: '/proof/:token/reset', banner: false },
      {
        ...(deleted ?? { done: null }),
        size: await sizeOfLibrary(db, reader.id),
        here: `/proof/${token}`,
        preferencesHref: `/preferences/${links.token('preferences', reader.id)}`,
      },
    );
  }

  return {
    show: (token: string, who: Proven) => view(token, who, null),
    async act(token: string, who: Proven, body: FormBody): Promise<Answer> {
      switch (textField(body, 'what')) {
        case 'all':
          await resetProfile(db, who.reader.id);
          return view(token, who, { done: 'all' });
        case 'list':
          return view(token, who, { done: 'list', gone: await removeLibrary(context, who.reader.id) });
        default:
          return notDone('Nothing was chosen. Press one of the buttons.', `/proof/${token}/reset`);
      }
    },
  };
}
