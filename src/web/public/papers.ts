import { listCarriers } from '../../editions/index.ts';
import {
  countRange,
  findPaper,
  listRange,
  listTrending,
  neighbourDays,
  readArxivId,
  readHistory,
  similarPapers,
} from '../../papers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { badRequest, notFound } from '../errors.ts';
import { page } from '../page.ts';
import { today } from '../rules/calendar.ts';
import { DESCRIPTION_LENGTH, paperHref, shorten, toCard, viewPaper } from '../rules/card.ts';
import { viewHistory } from '../rules/history.ts';
import {
  lastDayWithin,
  type Period,
  periodInWords,
  periodLink,
  periodOf,
  readPeriod,
  viewTabs,
} from '../rules/listing.ts';
import { latestDay, shownKind } from '../shown.ts';

/** Cards on one page: more than any day so far had (82), and a page that a phone still scrolls. */
const PAGE_CARDS = 100;

/** The list, the home page and each paper's own page. */
export function paperRoutes(context: WebContext): Route[] {
  const { db, clock, config } = context;

  async function list(path: string, asked: Period | 'latest'): Promise<Answer> {
    const kind = await shownKind(db);
    const latest = await latestDay(db, kind, clock.now());
    const period = asked === 'latest' ? latest && periodOf('day', latest) : asked;
    if (!period) return page('empty', { title: 'No papers yet', path });
    const [papers, total, around, afterwards] = await Promise.all([
      listRange(db, period.from, period.to, { ...kind, limit: PAGE_CARDS }),
      countRange(db, period.from, period.to, kind),
      neighbourDays(db, period.from, kind),
      neighbourDays(db, period.to, kind),
    ]);
    const anchor = lastDayWithin(period, latest);
    const words = periodInWords(period);
    return page(
      'papers',
      {
        title: `Trending papers, ${words.title}`,
        path,
        canonical: `${config.publicUrl}${asked === 'latest' ? '/' : periodLink(period.kind, period.from).href}`,
      },
      {
        heading: words.title,
        detail: words.detail,
        kind: period.kind,
        sample: kind.sample,
        cards: papers.map(toCard),
        total,
        cut: total > papers.length,
        before: around.before && periodLink(period.kind, around.before),
        after: afterwards.after && periodLink(period.kind, afterwards.after),
        views: viewTabs(period.kind, (view) => (view === period.kind ? period.from : anchor)),
        picked: anchor,
        last: latest ?? anchor,
      },
    );
  }

  async function trending(): Promise<Answer> {
    const kind = await shownKind(db);
    const now = clock.now();
    const [latest, papers] = await Promise.all([
      latestDay(db, kind, now),
      listTrending(db, now, { ...kind, limit: PAGE_CARDS }),
    ]);
    return page(
      'trending',
      {
        title: 'Trending papers of the last 30 days',
        path: '/papers',
        canonical: `${config.publicUrl}/papers/trending`,
      },
      {
        cards: papers.map(toCard),
        sample: kind.sample,
        views: viewTabs('trending', () => latest ?? today(now)),
      },
    );
  }

  async function one(text: string): Promise<Answer> {
    const id = readArxivId(text);
    if (id === null) return notFound('There is no paper at this address.');
    // Versions and subject classes are not part of the identity: one page a paper.
    if (id !== text) return { kind: 'redirect', to: `${base}${paperHref(id)}` };
    const paper = await findPaper(db, id);
    if (!paper) return notFound('This paper is not among those that were collected here.');
    const [history, carriers, similar] = await Promise.all([
      readHistory(db, id),
      listCarriers(db, id),
      similarPapers(db, paper),
    ]);
    const card = toCard(paper);
    return page(
      'paper',
      {
        title: card.title,
        path: '/papers/:id',
        canonical: `${config.publicUrl}${card.href}`,
        ...(card.excerpt !== '' && { description: shorten(card.excerpt, DESCRIPTION_LENGTH) }),
      },
      {
        paper: viewPaper(paper),
        ...viewHistory(paper.listedOn, history, carriers),
        similar: similar.map(toCard),
        sample: paper.sample,
      },
    );
  }

  const base = new URL(config.publicUrl).pathname.replace(/\/$/, '');
  return [
    { path: '/', audience: 'public', get: () => list('/', 'latest') },
    {
      path: '/papers',
      audience: 'public',
      get(request) {
        const period = readPeriod(request.query);
        if (period !== 'latest' && 'fault' in period) return badRequest(period.fault);
        return list('/papers', period);
      },
    },
    { path: '/papers/trending', audience: 'public', get: trending },
    {
      path: '/papers/*id',
      audience: 'public',
      get(request) {
        const id: unknown = request.params.id;
        return one(Array.isArray(id) ? id.join('/') : String(id));
      },
    },
  ];
}
