import { eraseReader, exportReader, listReaderDigests } from '../../deliveries/index.ts';
import {
  askForProof,
  changeFeed,
  feedTokenOf,
  type Proven,
  readPreferences,
  readProof,
} from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { unknownPreferences } from '../errors.ts';
import { page } from '../page.ts';
import { tokenOf } from '../requester.ts';
import { momentInWords } from '../rules/calendar.ts';
import { viewHistoryLine } from '../rules/digest-history.ts';
import { type FormBody, textField } from '../rules/forms.ts';
import { createResetPage } from './my-reset.ts';
import { createVotesPage } from './my-votes.ts';

/** A month of dailies. */
const DIGESTS_SHOWN = 30;

const FEED_WORDS = {
  make: 'Your private feed is made.',
  replace: 'Your private feed has a new address; the old one leads nowhere.',
  end: 'Your private feed is ended; its address leads nowhere.',
} as const;

const isFeedAct = (text: string): text is keyof typeof FEED_WORDS => Object.hasOwn(FEED_WORDS, text);

/**
 * What a forwarded mail must not open: the digests that a reader got, a private feed, the reader's data, starting over, erasing
 * it all. The link of the preferences asks for a mail to the reader's own address; the link in that mail opens these for a
 * quarter of an hour.
 */
export function proofRoutes(context: WebContext): Route[] {
  const { db, clock, links, config } = context;
  const votes = createVotesPage(context);
  const reset = createResetPage(context);

  async function provePage(token: string, asked: 'asked' | Date | null): Promise<Answer> {
    const reader = await readPreferences(context, token);
    if (!reader) return unknownPreferences();
    return page(
      'preferences-prove',
      { title: 'Show that it is you', path: '/preferences/:token/prove', banner: false },
      {
        asked: asked === 'asked',
        notBefore: asked instanceof Date ? momentInWords(asked, reader.preferences.timezone) : null,
        proveHref: `/preferences/${token}/prove`,
        preferencesHref: `/preferences/${token}`,
      },
    );
  }

  /** Does the work for who holds the mailbox; the others are told what to do. */
  async function proven(token: string, work: (who: Proven) => Promise<Answer>): Promise<Answer> {
    const found = await readProof(context, token);
    if (found === 'unknown') return unknownPreferences();
    if (found === 'expired')
      return page('proof-ended', {
        title: 'This link is no longer valid',
        path: '/proof/:token',
        banner: false,
        status: 410,
      });
    return work(found);
  }

  async function choices(token: string, { reader, endsAt }: Proven, said: string | null): Promise<Answer> {
    const feed = await feedTokenOf(context, reader.id);
    return page(
      'proof',
      { title: 'Your data', path: '/proof/:token', banner: false },
      {
        said,
        until: momentInWords(endsAt, reader.preferences.timezone),
        here: `/proof/${token}`,
        preferencesHref: `/preferences/${links.token('preferences', reader.id)}`,
        feedUrl: feed && `${config.publicUrl}/my/${feed}/feed`,
      },
    );
  }

  async function digests(token: string, { reader }: Proven): Promise<Answer> {
    const found = await listReaderDigests(db, reader.id, DIGESTS_SHOWN);
    return page(
      'proof-digests',
      { title: 'The digests you got', path: '/proof/:token/digests', banner: false },
      {
        here: `/proof/${token}`,
        digests: found.map((digest) => {
          const { readId, ...line } = viewHistoryLine(digest, reader.preferences.timezone);
          return { ...line, readHref: readId === null ? null : `/read/${links.token('read', readId)}` };
        }),
        most: DIGESTS_SHOWN,
      },
    );
  }

  async function data({ reader }: Proven): Promise<Answer> {
    const found = await exportReader(db, reader.id, clock.now());
    if (!found) return unknownPreferences();
    return {
      kind: 'text',
      type: 'application/json; charset=utf-8',
      body: `${JSON.stringify(found, null, 2)}\n`,
      headers: { 'Content-Disposition': 'attachment; filename="paperboy-data.json"' },
    };
  }

  async function erase({ reader }: Proven): Promise<Answer> {
    const outcome = await eraseReader(context, reader.id);
    if (outcome === 'unknown') return unknownPreferences();
    return page('erased', { title: 'You are erased', path: '/proof/:token/erase', banner: false });
  }

  return [
    {
      path: '/preferences/:token/prove',
      audience: 'token',
      get: (request) => provePage(tokenOf(request), null),
      async post(request) {
        const outcome = await askForProof(context, tokenOf(request));
        if (outcome === 'unknown') return unknownPreferences();
        if (outcome !== 'asked') return provePage(tokenOf(request), outcome.notBefore);
        context.knock();
        return provePage(tokenOf(request), 'asked');
      },
    },
    {
      path: '/preferences/:token/digests',
      audience: 'token',
      get: (request) => provePage(tokenOf(request), null),
    },
    {
      path: '/preferences/:token/profile/reset',
      audience: 'token',
      get: (request) => provePage(tokenOf(request), null),
      post: (request) => provePage(tokenOf(request), null),
    },
    {
      path: '/proof/:token',
      audience: 'token',
      get: (request) => proven(tokenOf(request), (who) => choices(tokenOf(request), who, null)),
      post: (request) =>
        proven(tokenOf(request), async (who) => {
          const body: FormBody = request.body ?? {};
          const act = textField(body, 'feed');
          if (!isFeedAct(act)) return choices(tokenOf(request), who, null);
          await changeFeed(context, who.reader.id, act);
          return choices(tokenOf(request), who, FEED_WORDS[act]);
        }),
    },
    {
      path: '/proof/:token/digests',
      audience: 'token',
      get: (request) => proven(tokenOf(request), (who) => digests(tokenOf(request), who)),
    },
    {
      path: '/proof/:token/votes',
      audience: 'token',
      get: (request) => proven(tokenOf(request), (who) => votes.show(tokenOf(request), who)),
      post: (request) =>
        proven(tokenOf(request), (who) => votes.act(tokenOf(request), who, request.body ?? {})),
    },
    {
      path: '/proof/:token/reset',
      audience: 'token',
      get: (request) => proven(tokenOf(request), (who) => reset.show(tokenOf(request), who)),
      post: (request) =>
        proven(tokenOf(request), (who) => reset.act(tokenOf(request), who, request.body ?? {})),
    },
    {
      path: '/proof/:token/data.json',
      audience: 'token',
      get: (request) => proven(tokenOf(request), data),
    },
    {
      path: '/proof/:token/erase',
      audience: 'token',
      get: (request) =>
        proven(tokenOf(request), async () =>
          page(
            'proof-erase',
            { title: 'Erase everything', path: '/proof/:token/erase', banner: false },
            { here: `/proof/${tokenOf(request)}` },
          ),
        ),
      post: (request) => proven(tokenOf(request), erase),
    },
  ];
}
