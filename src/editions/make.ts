import type { Db } from '../platform/index.ts';
import type { Pieces, Skeleton } from './compile.ts';
import { sumTemplates } from './compile.ts';
import { printEdition } from './print.ts';
import { type EditionRecord, insertRecord } from './record.ts';
import { sumPapers, sumPieces } from './rules/checksum.ts';
import type { Choosing, DailyCandidate } from './rules/choose.ts';
import { issueUrl, type Site } from './rules/edition.ts';
import * as store from './store.ts';

/** An edition that has been decided on. */
export interface Making
  extends Choosing<DailyCandidate>,
    Pick<EditionRecord, 'closed' | 'sources' | 'cursors'> {
  cards: DailyCandidate[];
  more: DailyCandidate[];
  listed: DailyCandidate[];
  note: string | null;
  openedAt: Date;
  assembledAt: Date;
}

/** The pieces of an edition in the order in which they are summed. */
export const inOrder = ({ head, cards, more, foot }: Skeleton): Pieces[] => [head, ...cards, more, foot];

/** Compiles an edition and stores it with its papers and its record; null when another clock was first. */
export async function make({ db, site }: { db: Db; site: Site }, making: Making): Promise<number | null> {
  const { cadence, date, cards, more, listed, note } = making;
  const chosen = [...cards, ...more];
  const papers = await store.readPapers(
    db,
    chosen.map(({ id }) => id),
  );
  const printed = await printEdition({ site, cadence, date, cards, more, listed, papers, note });
  const { subject, count, preheader, skeleton, said } = printed;
  const { cards: pieces, ...shared } = skeleton;
  const editionId = await store.insertEdition(db, {
    cadence,
    issueDate: date,
    openedAt: making.openedAt,
    assembledAt: making.assembledAt,
    subject,
    skeleton: { ...shared, count, preheader, dayUrl: issueUrl(site.publicUrl, cadence, date) },
    note,
  });
  if (editionId === null) return null;
  const rows = pieces.flatMap((piece, at): store.EditionPaperRow[] => {
    const [paper, words] = [chosen[at], said[at]];
    if (!paper || !words) return [];
    const { id, upvotes, comments } = paper;
    return [{ paper_id: id, rank: at + 1, card: at < cards.length, upvotes, comments, ...piece, ...words }];
  });
  await store.insertEditionPapers(db, editionId, rows);
  const matters = new Set([...listed, ...chosen].map(({ id }) => id));
  await insertRecord(db, editionId, {
    closed: making.closed,
    sources: making.sources,
    cursors: making.cursors,
    listed: listed.length,
    // What was neither listed on its days nor chosen says nothing about it.
    candidates: making.candidates.filter(({ id }) => matters.has(id)),
    closedDays: [...making.closedDays],
    editionSize: making.editionSize,
    site,
    papers,
    templatesSha256: await sumTemplates(),
    papersSha256: sumPapers(cards, more),
    piecesSha256: sumPieces(inOrder(skeleton)),
  });
  await store.deleteSkip(db, cadence, date);
  return editionId;
}
