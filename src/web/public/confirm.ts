import { latestEdition } from '../../editions/index.ts';
import { confirm, lookAtConfirmation, nextDigestAt, readPreferences } from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { page } from '../page.ts';
import { tokenOf, whoAsks } from '../requester.ts';
import { momentInWords } from '../rules/calendar.ts';
import { editionInWords } from '../rules/edition-names.ts';

const PATH = '/confirm/:token';

/** An edition older than this is not sent to a new reader (src/deliveries/plan.ts). */
const EDITION_LIFE_MS = 14 * 86_400_000;

/** The page of the link in a confirmation mail, and its button. */
export function confirmRoutes(context: WebContext): Route[] {
  const { db, clock, links, config } = context;

  async function welcome(subscriberId: number, fresh: boolean): Promise<Answer> {
    const now = clock.now();
    const preferencesToken = links.token('preferences', subscriberId);
    const reader = await readPreferences(context, preferencesToken);
    if (!reader) return endOf('unknown');
    const { cadence, timezone } = reader.preferences;
    const [edition, nextAt] = await Promise.all([
      latestEdition(db, cadence, now),
      nextDigestAt(db, subscriberId, now, { editionAtMinutes: config.editionAtMinutes }),
    ]);
    const current = edition && now.getTime() - edition.openedAt.getTime() < EDITION_LIFE_MS ? edition : null;
    return page(
      'welcome',
      { title: 'You are subscribed', path: PATH, banner: false },
      {
        cadence,
        next: momentInWords(nextAt, timezone),
        timezone: timezone.replaceAll('_', ' '),
        latest: fresh && current ? editionInWords(current).name : null,
        preferencesHref: `/preferences/${preferencesToken}`,
      },
    );
  }

  /** A link that confirms nothing (any more), with what to do instead. */
  function endOf(ending: 'expired' | 'unknown'): Answer {
    const title = ending === 'expired' ? 'This link is no longer valid' : 'This link is not known here';
    const status = ending === 'expired' ? 410 : 404;
    return page('confirm-ended', { title, path: '/subscribe', banner: false, status }, { ending });
  }

  return [
    {
      path: PATH,
      audience: 'token',
      async get(request) {
        const found = await lookAtConfirmation(context, tokenOf(request));
        if (found === 'expired' || found === 'unknown') return endOf(found);
        // Whoever is subscribed already sees the button as well: pressing it shows the welcome page again.
        return page('confirm', { title: 'One press to go', path: PATH, banner: false });
      },
      async post(request) {
        const { outcome, subscriberId } = await confirm(context, tokenOf(request), {
          ...whoAsks(request),
          page: '/confirm',
        });
        if (outcome === 'expired' || outcome === 'unknown') return endOf(outcome);
        if (outcome === 'confirmed') context.knock();
        return subscriberId === undefined ? endOf('unknown') : welcome(subscriberId, true);
      },
      body: 'any',
    },
  ];
}
