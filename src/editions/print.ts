import type { Paper } from '../papers/index.ts';
import { compileDigest, type Skeleton } from './compile.ts';
import type { DailyCandidate } from './rules/choose.ts';
import type { Cadence, Day } from './rules/dates.ts';
import {
  countOf,
  issueName,
  preheaderOf,
  reasons,
  type Site,
  subjectOf,
  viewDigest,
} from './rules/edition.ts';
import { originOf } from './rules/origins.ts';

/** All that the printed edition is made of; the same gives the same, to the byte. */
export interface Printing {
  site: Site;
  cadence: Cadence;
  date: Day;
  /** Chosen, in order. */
  cards: readonly DailyCandidate[];
  more: readonly DailyCandidate[];
  /** All that was listed on its days. */
  listed: readonly DailyCandidate[];
  /** All papers that were chosen, in any order. */
  papers: readonly Paper[];
  note: string | null;
}

/** What stands in the edition's own cards, in words. */
export interface Printed {
  subject: string;
  /** See `countOf` and `preheaderOf`. */
  count: string;
  preheader: string;
  /** A card for each chosen paper, the edition's own first: any may be one in some reader's digest. */
  skeleton: Skeleton;
  /** What was said of each, in the same order. */
  said: { title: string; why: string }[];
}

/**
 * Compiles the chosen papers, once for all readers.
 *
 * @throws Error when a chosen paper is missing
 */
export async function printEdition(printing: Printing): Promise<Printed> {
  const { site, cadence, date, cards, more, listed, note } = printing;
  const papers = new Map(printing.papers.map((paper) => [paper.id, paper]));
  const chosen = [...cards, ...more];
  const why = reasons(cadence, listed);
  const dressed = chosen.map((card) => {
    const paper = papers.get(card.id);
    if (!paper) throw new Error(`The paper ${card.id} went away while its edition was made. Assemble again.`);
    // Votes as they were when the order was made, not as they may be a statement later.
    return { paper: { ...paper, upvotes: card.upvotes, comments: card.comments }, why: why(card) };
  });
  const dressing = { cadence, date, total: chosen.length, origin: originOf(chosen), note };
  const view = viewDigest(site, dressing, dressed);
  return {
    subject: subjectOf(cadence, date, dressed[0]?.paper.title ?? ''),
    count: countOf(dressing),
    preheader: preheaderOf(
      view.cards
        .slice(0, cards.length)
        .map(({ title, abstract }) => ({ title, abstract: abstract?.short ?? '' })),
      issueName(cadence, date),
    ),
    skeleton: await compileDigest(view),
    said: view.cards.map(({ title, why }) => ({ title, why })),
  };
}
