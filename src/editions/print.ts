import type { Paper } from '../papers/index.ts';
import { compileDigest, type Skeleton } from './compile.ts';
import type { DailyCandidate } from './rules/choose.ts';
import type { Cadence, Day } from './rules/dates.ts';
import { reasons, type Site, subjectOf, viewDigest } from './rules/edition.ts';
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
  /** The papers of the cards, in any order. */
  papers: readonly Paper[];
  note: string | null;
}

/**
 * Compiles the chosen papers, once for all readers.
 *
 * @throws Error when the paper of a card is missing
 */
export async function printEdition(printing: Printing): Promise<{ subject: string; skeleton: Skeleton }> {
  const { site, cadence, date, cards, more, listed, note } = printing;
  const papers = new Map(printing.papers.map((paper) => [paper.id, paper]));
  const why = reasons(cadence, listed);
  const dressed = cards.map((card) => {
    const paper = papers.get(card.id);
    if (!paper) throw new Error(`The paper ${card.id} went away while its edition was made. Assemble again.`);
    // Votes as they were when the order was made, not as they may be a statement later.
    return { paper: { ...paper, upvotes: card.upvotes, comments: card.comments }, why: why(card) };
  });
  const total = cards.length + more.length;
  const view = viewDigest(
    site,
    { cadence, date, total, origin: originOf([...cards, ...more]), note },
    dressed,
  );
  return {
    subject: subjectOf(cadence, date, dressed[0]?.paper.title ?? ''),
    skeleton: await compileDigest(view),
  };
}
