import { unsubscribe } from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { readOneClickBody } from '../one-click-body.ts';
import { page } from '../page.ts';
import { tokenOf, whoAsks } from '../requester.ts';
import { isPageForm } from '../rules/one-click.ts';

const PATH = '/unsubscribe/:token';

/**
 * Leaving. GET shows a button and changes nothing. POST acts at once, whatever its body, origin or type: it may come from a
 * mail program (RFC 8058), which has no cookie, no page of ours and follows no redirect.
 */
export function unsubscribeRoutes(context: WebContext): Route[] {
  const { links } = context;

  const nothing = (): Answer =>
    page('unsubscribe-unknown', { title: 'Nothing more to do', path: PATH, banner: false, status: 404 });

  return [
    {
      path: PATH,
      audience: 'token',
      body: 'any',
      get(request) {
        const id = links.read('unsubscribe', tokenOf(request));
        if (id === null) return nothing();
        const preferencesHref = `/preferences/${links.token('preferences', id)}`;
        return page('unsubscribe', { title: 'Unsubscribe', path: PATH, banner: false }, { preferencesHref });
      },
      async post(request) {
        const body = await readOneClickBody(request);
        const form = isPageForm(request.get('content-type'), body) ? new URLSearchParams(body) : null;
        const outcome = await unsubscribe(context, tokenOf(request), {
          ...whoAsks(request),
          page: form ? '/unsubscribe' : 'one-click',
          reason: form?.get('reason') ?? undefined,
        });
        // The same words for every token: a mail program needs none, and a stranger learns nothing.
        if (!form) return { kind: 'text', body: 'You are unsubscribed. No more digests will be sent.\n' };
        if (outcome === 'unknown') return nothing();
        return page('unsubscribed', { title: 'You are unsubscribed', path: PATH, banner: false });
      },
    },
  ];
}
