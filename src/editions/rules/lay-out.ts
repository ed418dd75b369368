import { preheaderOf } from './edition.ts';
import type { Abstracts } from './skeleton.ts';
import { count } from './words.ts';

/** What of an edition decides what a reader's mail says beside its cards. */
export interface LayOutEdition {
  /** `10 June 2026` */
  issue: string;
  subject: string;
  /** By place: what a digest is called that begins with this paper. */
  subjects: readonly string[];
  /** `38 new papers on Hugging Face`. */
  count: string;
  preheader: string;
  /** All papers of the edition. */
  total: number;
  /** Those that may be a card, in the edition's order, with their titles as printed. */
  papers: readonly { paperId: string; title: string }[];
  /** Where each stands among `papers`. */
  placeOf: ReadonlyMap<string, number>;
}

/** What one digest holds; the ledger keeps it, so that the digest can be read again as it was sent. */
export interface Contents {
  /** In their order. */
  papers: readonly string[];
  /** Why this reader gets each, none where nothing but the edition says so; null: the digest was not chosen for this reader. */
  reasons: readonly (readonly string[])[] | null;
  /** So many of the first have their abstracts in full. */
  fullAbstracts: number;
}

/** A card, where it stands in the edition and in the digest. The slot `reason` takes `reasonSlot` of its reasons. */
export interface LaidOutCard {
  place: number;
  number: number;
  reasons: readonly string[];
  abstracts: Abstracts;
}

/** What goes into the slot `reason`, before the edition's own words. */
export const reasonSlot = (reasons: readonly string[]): string =>
  reasons.map((reason) => `${reason} · `).join('');

const NONE: readonly string[] = [];

/** A digest as it is joined: which pieces, and what goes into their slots. */
export interface LaidOut {
  subject: string;
  cards: LaidOutCard[];
  values: { preheader: string; count_line: string; more_count: number };
}

/**
 * Lays out a digest. One that holds the edition's first papers, for whatever reader, is headed as the edition is; another
 * one by its own first papers. Papers that the edition has not (any more) are left out.
 */
export function layOut(edition: LayOutEdition, { papers, reasons, fullAbstracts }: Contents): LaidOut {
  const { issue, total } = edition;
  const cards: LaidOut['cards'] = [];
  papers.forEach((paperId, at) => {
    const place = edition.placeOf.get(paperId);
    if (place === undefined) return;
    cards.push({
      place,
      number: cards.length + 1,
      reasons: reasons?.[at] ?? NONE,
      abstracts: at < fullAbstracts ? 'full' : 'short',
    });
  });
  const isFirst = cards.every(({ place }, at) => place === at);
  const titled = ({ place }: LaidOutCard) => ({ title: edition.papers[place]?.title ?? '', abstract: '' });
  return {
    subject: isFirst ? edition.subject : (edition.subjects[cards[0]?.place ?? -1] ?? edition.subject),
    cards,
    values: {
      preheader: isFirst ? edition.preheader : preheaderOf(cards.slice(0, 4).map(titled), issue),
      count_line:
        reasons === null
          ? `${edition.count}${total === 1 ? '' : ', most votes first'}`
          : `${count(cards.length, 'paper')} for you, of ${edition.count}`,
      more_count: total - cards.length,
    },
  };
}
