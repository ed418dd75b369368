import type { LaidOut, LaidOutCard } from '../../editions/rules/lay-out.ts';
import type { Abstracts, Piece, SlotName, SlotValues } from '../../editions/rules/skeleton.ts';
import type { CardSize } from './fit.ts';
import { encodePiece } from './quoted-printable.ts';

/** A card's piece in its transfer encoding: bytes of the message, with slots and abstracts between. */
type Encoded = readonly (Buffer | SlotName | Record<Abstracts, Buffer>)[];

/** A piece in its transfer encoding, its abstract chosen: bytes of the message with slots between. */
export type Filled = readonly (Buffer | SlotName)[];

/** A piece in both formats, as the editions room gives it. */
interface Pieces {
  html: Piece;
  text: Piece;
}

/** A piece in both formats, encoded. */
interface EncodedPieces {
  html: Encoded;
  text: Encoded;
}

/** The same, ready to be joined. */
export interface FilledPieces {
  html: Filled;
  text: Filled;
}

/** A paper's card; `size` in bytes, slots estimated. */
export type EncodedCard = EncodedPieces & { size: CardSize };

/** An edition, ready to be joined: made once, used for each reader. */
export interface EncodedEdition {
  head: FilledPieces;
  /** By the paper's place; encoded when it is first asked for, since most papers of a long edition are in nobody's digest. */
  card(place: number): EncodedCard | undefined;
  /** The card as a digest has it, all but its links and its reason filled in. */
  placed(card: LaidOutCard): FilledPieces | undefined;
  more: FilledPieces;
  foot: FilledPieces;
  /** Bytes of all but the cards. */
  frame: number;
}

/** A piece of one message, and where it is a card why its reader gets it. */
export interface Placed {
  piece: FilledPieces;
  reasons?: readonly string[];
}

function encode(piece: Piece): Encoded {
  return piece.parts.map((part) => {
    if (typeof part === 'string') return encodePiece(part);
    return 'slot' in part ? part.slot : { short: encodePiece(part.short), full: encodePiece(part.full) };
  });
}

const encodeBoth = (pieces: Pieces): EncodedPieces => ({
  html: encode(pieces.html),
  text: encode(pieces.text),
});

/** What a slot takes at most: a link, or a line above the papers; numbers have two digits, and reasons are counted with the reader. */
function slotBytes(slot: SlotName, linkBytes: number): number {
  if (slot === 'number') return 3;
  return slot === 'reason' ? 0 : Math.max(linkBytes, 90);
}

function sizeOf({ html, text }: EncodedPieces, linkBytes: number): CardSize {
  const size = { short: 0, full: 0 };
  for (const part of [...html, ...text])
    for (const length of ['short', 'full'] as const)
      size[length] +=
        typeof part === 'string'
          ? slotBytes(part, linkBytes)
          : (Buffer.isBuffer(part) ? part : part[length]).length;
  return size;
}

/**
 * Fills in what many digests share: a card at a number, with its abstract in one length. A card has its number in the
 * name of each link; done for each mail anew, it took half of the sender's time (`npm run bench -- --personal`).
 */
function fillIn(piece: Encoded, own: SlotValues, abstracts: Abstracts): Filled {
  const filled: (Buffer | SlotName)[] = [];
  for (const part of piece) {
    const value = typeof part === 'string' ? own[part] : undefined;
    if (typeof part === 'string' && value === undefined) {
      filled.push(part);
      continue;
    }
    // Numbers, and a reason that is none: nothing to escape.
    const bytes =
      typeof part === 'string' ? encodePiece(String(value)) : Buffer.isBuffer(part) ? part : part[abstracts];
    const last = filled.at(-1);
    if (Buffer.isBuffer(last)) filled[filled.length - 1] = Buffer.concat([last, bytes]);
    else filled.push(bytes);
  }
  return filled;
}

const fillBoth = ({ html, text }: EncodedPieces, own: SlotValues, abstracts: Abstracts): FilledPieces => ({
  html: fillIn(html, own, abstracts),
  text: fillIn(text, own, abstracts),
});

/** Where nothing is a card's: no number, and no abstract to choose. */
const encodeFrame = (pieces: Pieces): FilledPieces => fillBoth(encodeBoth(pieces), {}, 'short');

/** Cards at their numbers that are kept, 4 kB each: fifty papers at thirty numbers, with reasons and without, are 3,000. */
const PLACED_MAX = 6_000;

/** Encodes all pieces of an edition. @param linkBytes - what the longest link of a slot takes */
export function encodeEdition(
  edition: { head: Pieces; papers: readonly Pieces[]; more: Pieces; foot: Pieces },
  linkBytes: number,
): EncodedEdition {
  const head = encodeFrame(edition.head);
  const more = encodeFrame(edition.more);
  const foot = encodeFrame(edition.foot);
  const cards: EncodedCard[] = [];
  function card(place: number): EncodedCard | undefined {
    const pieces = edition.papers[place];
    if (!cards[place] && pieces) {
      const encoded = encodeBoth(pieces);
      cards[place] = { ...encoded, size: sizeOf(encoded, linkBytes) };
    }
    return cards[place];
  }
  const placedCards = new Map<number, FilledPieces>();
  function placed({ place, number, reasons, abstracts }: LaidOutCard): FilledPieces | undefined {
    // A digest has 100 cards at most.
    const key =
      ((place * 128 + number) * 2 + (abstracts === 'full' ? 1 : 0)) * 2 + (reasons.length === 0 ? 1 : 0);
    let pieces = placedCards.get(key);
    const encoded = card(place);
    if (!pieces && encoded) {
      const own = reasons.length === 0 ? { number, reason: '' } : { number };
      pieces = fillBoth(encoded, own, abstracts);
      if (placedCards.size >= PLACED_MAX) placedCards.clear();
      placedCards.set(key, pieces);
    }
    return pieces;
  }
  const frame = [head, more, foot].reduce((sum, pieces) => sum + sizeOf(pieces, linkBytes).short, 0);
  return { head, card, placed, more, foot, frame };
}

/** Encodes a notice. */
export const encodeNotice: (notice: Pieces) => FilledPieces = encodeFrame;

/** The pieces that make up one digest, in their order. */
export function digestPieces({ head, placed, more, foot }: EncodedEdition, laid: LaidOut): Placed[] {
  const pieces: Placed[] = [{ piece: head }];
  for (const card of laid.cards) {
    const piece = placed(card);
    if (piece) pieces.push({ piece, reasons: card.reasons });
  }
  if (laid.values.more_count > 0) pieces.push({ piece: more });
  pieces.push({ piece: foot });
  return pieces;
}
