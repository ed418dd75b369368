import { listReaderDigests, type ReaderDigest } from '../../deliveries/index.ts';
import { type EditionSummary, findEdition, listEditions } from '../../editions/index.ts';
import { createChooser } from '../../outbox/index.ts';
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

/**
 * A reader's digests as a private feed, for who would rather have no mail: an edition that was mailed with what the mail held, another
 * one with what it would have held. The address is the key; the reader can replace or end it.
 */
export function privateFeedRoutes(context: WebContext): Route[] {
  const { db, clock, site } = context;

  // Of both cadences: a pool that is made anew at each poll costs a fifth of a second.
  const chooser = createChooser(2 * EDITIONS_SHOWN);

  /** What the mail of an edition held, or would have. */
  async function contentsOf(
    reader: Subscriber,
    { id: editionId, openedAt }: EditionSummary,
    digests: readonly ReaderDigest[],
  ) {
    const mailed = digests.find((digest) => digest.editionId === editionId)?.papers;
    if (mailed) return mailed;
    // Before it, as when it would have been mailed.
    const had = digests.flatMap(({ dueAt, papers }) => (dueAt < openedAt ? (papers ?? []) : []));
    const chosen = await chooser.chooseFor(db, editionId, reader.id, had);
    return chosen?.cards.map(({ paperId }) => paperId) ?? [];
  }

  async function papersOf(reader: Subscriber, now: Date): Promise<CarriedPaper[]> {
    const { cadence } = reader.preferences;
    const digests = await listReaderDigests(db, reader.id, EDITIONS_SHOWN * 4);
    const listed = await listEditions(db, { cadence, limit: EDITIONS_SHOWN });
    const papersIn = async (summary: EditionSummary): Promise<CarriedPaper[]> => {
      const { issueDate, openedAt } = summary;
      const edition = await findEdition(db, cadence, issueDate);
      const papers = new Map(edition?.papers.map((paper) => [paper.id, paper]));
      const contents = await contentsOf(reader, summary, digests);
      return contents.flatMap((paperId) => {
        const paper = papers.get(paperId);
        return paper ? [{ ...paper, openedAt }] : [];
      });
    };
    const seen = new Set<string>();
    return (await Promise.all(listed.filter(({ openedAt }) => openedAt <= now).map(papersIn)))
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
