import { type LaidOut, type LaidOutCard, reasonSlot } from '../../editions/rules/lay-out.ts';
import {
  type Abstracts,
  escapeHtml,
  type Piece,
  type SlotName,
  type SlotValues,
} from '../../editions/rules/skeleton.ts';
import type { CardSize } from './fit.ts';
import { encodePiece } from './quoted-printable.ts';
import { Sheet } from './sheet.ts';

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

// No line of quoted-printable holds `=_`, so the boundary cannot occur in a body (RFC 2045 section 6.7, note).
const BOUNDARY = '=_paperboy';
const partHead = (type: string) =>
  Buffer.from(
    `--${BOUNDARY}\r\nContent-Type: text/${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`,
  );
const TEXT_HEAD = partHead('plain');
// The CRLF before a boundary belongs to the boundary (RFC 2046 section 5.1.1).
const HTML_HEAD = Buffer.concat([Buffer.from('\r\n'), partHead('html')]);
const END = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);

/** MIME's headers of the whole message. */
export const MIME_HEADERS = `MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="${BOUNDARY}"\r\n\r\n`;

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

/** Reasons in their encoding: they are the same in many mails. */
export type Memo = Record<'html' | 'text', Map<string, Buffer>>;
const MEMO_MAX = 10_000;

export const newMemo = (): Memo => ({ html: new Map(), text: new Map() });

/**
 * Joins a message: its headers, then the text part, then the HTML part. Every line ends with CRLF, and none begins with a
 * dot, so that SMTP has nothing to stuff.
 *
 * @param headers - rendered, each line ended
 * @param values - of the slots that several pieces share
 * @param memo - kept for the next message; it empties itself when it has 10,000 entries
 * @param paper - memory to write to (default: new); a message that is longer gets its own
 * @throws when a piece has a slot without a value: a mail with a hole must not leave
 */
export function joinMessage(
  headers: string,
  pieces: readonly Placed[],
  values: SlotValues,
  memo: Memo = newMemo(),
  paper?: Buffer,
): Buffer {
  const sheet = new Sheet(paper);
  sheet.add(Buffer.from(headers + MIME_HEADERS, 'latin1'));
  sheet.add(TEXT_HEAD);
  for (const kept of [memo.html, memo.text]) if (kept.size > MEMO_MAX) kept.clear();
  const encodeValue = (value: string | number, format: 'html' | 'text') =>
    encodePiece(format === 'html' ? escapeHtml(String(value)) : String(value));
  /** One by one: two topics are together in few digests, each of them in many. */
  function addReasons(reasons: readonly string[], format: 'html' | 'text'): void {
    for (const reason of reasons) {
      let bytes = memo[format].get(reason);
      if (!bytes) {
        bytes = encodeValue(reasonSlot([reason]), format);
        memo[format].set(reason, bytes);
      }
      sheet.add(bytes);
    }
  }
  for (const format of ['text', 'html'] as const) {
    if (format === 'html') sheet.add(HTML_HEAD);
    const filled = new Map<SlotName, Buffer>();
    const fill = (slot: SlotName): Buffer => {
      let bytes = filled.get(slot);
      if (!bytes) {
        const value = values[slot];
        if (value === undefined) throw new Error(`The slot ${slot} has no value.`);
        bytes = encodeValue(value, format);
        filled.set(slot, bytes);
      }
      return bytes;
    };
    // In each card; looked up once.
    let voteUrl: Buffer | undefined;
    for (const { piece, reasons } of pieces)
      for (const part of piece[format]) {
        if (typeof part !== 'string') sheet.add(part);
        else if (part === 'vote_url') {
          voteUrl ??= fill(part);
          sheet.add(voteUrl);
        } else if (part === 'reason' && reasons) addReasons(reasons, format);
        else sheet.add(fill(part));
      }
    sheet.endPart();
  }
  sheet.add(END);
  return sheet.written;
}
