import type { Edition } from './archive.ts';
import { type Contents, layOut, reasonSlot } from './rules/lay-out.ts';
import { fillPiece, type Piece, type SlotValues } from './rules/skeleton.ts';

/** The slots that are the reader's and not the edition's. */
export type ReaderSlots = Omit<SlotValues, 'preheader' | 'count_line' | 'more_count' | 'number' | 'reason'>;

/** One digest as a browser or a terminal shows it. @throws Error when a slot has no value */
export function printDigest(
  edition: Edition,
  contents: Contents,
  reader: ReaderSlots,
  format: Piece['format'],
): string {
  const { cards, values } = layOut(edition, contents);
  const shared = { ...reader, ...values };
  const printed = cards.map(({ place, number, reasons, abstracts }) => {
    const card = edition.papers[place];
    return card ? fillPiece(card[format], { ...shared, number, reason: reasonSlot(reasons) }, abstracts) : '';
  });
  const more = values.more_count > 0 ? [fillPiece(edition.more[format], shared)] : [];
  return [
    fillPiece(edition.head[format], shared),
    ...printed,
    ...more,
    fillPiece(edition.foot[format], shared),
  ].join('');
}
