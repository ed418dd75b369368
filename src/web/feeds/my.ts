import { listReaderDigests, select } from '../../deliveries/index.ts';
import { type EditionSummary, findEdition, listEditions } from '../../editions/index.ts';
import { readFeedReader, type Subscriber } from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { tokenOf } from '../requester.ts';
import { toAtom } from './rules/atom.ts';
import { type CarriedPaper, makeFeed } from './rules/feed.ts';
import { toJsonFeed } from './rules/json-feed.ts';

/** Who looks once a week has missed nothing. */
const EDITIONS_SHOWN = 8;

const keyOf = ({ cadence, issueDate }: { cadence: string | null; issueDate: string | null }) =>
  `${cadence} ${issueDate}`;

/**
 * A reader's digests as a private feed, for who would rather have no mail: an edition that was mailed with what the mail held, another
 * one with what it would have held. The address is the key; the reader can replace or end it.
 */
export function privateFeedRoutes(context: WebContext): Route[] {
  const { db, clock, site } = context;

  async function papersOf({ id, preferences }: Subscriber, now: Date): Promise<CarriedPaper[]> {
    const { cadence, maxPapers } = preferences;
    const digests = await listReaderDigests(db, id, EDITIONS_SHOWN * 4);
    const mailed = new Map(digests.map((digest) => [keyOf(digest), digest.papers]));
    const listed = await listEditions(db, { cadence, limit: EDITIONS_SHOWN });
    const open = listed.filter(({ openedAt }) => openedAt <= now);
    const papersIn = async (summary: EditionSummary): Promise<CarriedPaper[]> => {
      const edition = await findEdition(db, summary.cadence, summary.issueDate);
      const had = mailed.get(keyOf(summary));
      const papers = edition?.papers ?? [];
      const chosen = had
        ? papers.filter((paper) => had.includes(paper.id))
        : select(
            papers.filter(({ card }) => card),
            maxPapers,
          );
      return chosen.map((paper) => ({ ...paper, openedAt: summary.openedAt }));
    };
    const seen = new Set<string>();
    return (await Promise.all(open.map(papersIn)))
      .flat()
      .filter(({ id: paper }) => !seen.has(paper) && seen.add(paper));
  }

  async function feedOf(format: 'atom' | 'json', token: string): Promise<Answer> {
    const reader = await readFeedReader(context, token);
    if (!reader) return notFound('There is no feed at this address (any more).');
    const now = clock.now();
    const subject = {
      title: `${site.name}: my papers`,
      description: 'The papers of my digests. Keep the address of this feed to yourself.',
      selfPath: `/my/${token}/feed.${format}`,
      pagePath: '/',
    };
    const feed = makeFeed(subject, await papersOf(reader, now), site, now);
    return format === 'atom'
      ? { kind: 'text', type: 'application/atom+xml; charset=utf-8', body: toAtom(feed) }
      : {
          kind: 'text',
          type: 'application/feed+json; charset=utf-8',
          body: JSON.stringify(toJsonFeed(feed)),
        };
  }

  return (['atom', 'json'] as const).map((format) => ({
    path: `/my/:token/feed.${format}`,
    audience: 'token',
    get: (request) => feedOf(format, tokenOf(request)),
  }));
}
