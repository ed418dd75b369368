import type { LaidOut } from '../../editions/rules/lay-out.ts';
import {
  type Abstracts,
  escapeHtml,
  type Piece,
  type SlotName,
  type SlotValues,
} from '../../editions/rules/skeleton.ts';
import type { CardSize } from './fit.ts';
import { encodePiece } from './quoted-printable.ts';

/** A piece in its transfer encoding: bytes of the message, with slots and abstracts between. */
export type Encoded = readonly (Buffer | SlotName | Record<Abstracts, Buffer>)[];

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

/** A paper's card; `size` in bytes, slots estimated. */
export type EncodedCard = EncodedPieces & { size: CardSize };

/** An edition, ready to be joined: made once, used for each reader. */
export interface EncodedEdition {
  head: EncodedPieces;
  /** By the paper's place; encoded when it is first asked for, since most papers of a long edition are in nobody's digest. */
  card(place: number): EncodedCard | undefined;
  more: EncodedPieces;
  foot: EncodedPieces;
  /** Bytes of all but the cards. */
  frame: number;
}

/** A piece of one message, and what goes into its own slots. */
export interface Placed {
  piece: EncodedPieces;
  values?: SlotValues;
  abstracts?: Abstracts;
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

const bytesOf = (text: string) => Buffer.from(encodePiece(text), 'latin1');

function encode(piece: Piece): Encoded {
  return piece.parts.map((part) => {
    if (typeof part === 'string') return bytesOf(part);
    return 'slot' in part ? part.slot : { short: bytesOf(part.short), full: bytesOf(part.full) };
  });
}

const encodeBoth = (pieces: Pieces): EncodedPieces => ({
  html: encode(pieces.html),
  text: encode(pieces.text),
});

/** What a slot takes about: a link, or a line above the papers; numbers have two digits, and reasons are counted with the reader. */
const slotBytes = (slot: SlotName) => (slot === 'number' ? 3 : slot === 'reason' ? 0 : 90);

function sizeOf({ html, text }: EncodedPieces): CardSize {
  const size = { short: 0, full: 0 };
  for (const part of [...html, ...text])
    for (const length of ['short', 'full'] as const)
      size[length] +=
        typeof part === 'string' ? slotBytes(part) : (Buffer.isBuffer(part) ? part : part[length]).length;
  return size;
}

/** Encodes all pieces of an edition. */
export function encodeEdition(edition: {
  head: Pieces;
  papers: readonly Pieces[];
  more: Pieces;
  foot: Pieces;
}): EncodedEdition {
  const [head, more, foot] = [edition.head, edition.more, edition.foot].map(encodeBoth) as [
    EncodedPieces,
    EncodedPieces,
    EncodedPieces,
  ];
  const cards: EncodedCard[] = [];
  function card(place: number): EncodedCard | undefined {
    const pieces = edition.papers[place];
    if (!cards[place] && pieces) {
      const encoded = encodeBoth(pieces);
      cards[place] = { ...encoded, size: sizeOf(encoded) };
    }
    return cards[place];
  }
  const frame = [head, more, foot].reduce((sum, pieces) => sum + sizeOf(pieces).short, 0);
  return { head, card, more, foot, frame };
}

/** Encodes a notice. */
export const encodeNotice: (notice: Pieces) => EncodedPieces = encodeBoth;

/** The pieces that make up one digest, in their order. */
export function digestPieces({ head, card, more, foot }: EncodedEdition, laid: LaidOut): Placed[] {
  const placed = laid.cards.flatMap(({ place, ...own }) => {
    const piece = card(place);
    return piece ? [{ piece, ...own }] : [];
  });
  return [
    { piece: head },
    ...placed,
    ...(laid.values.more_count > 0 ? [{ piece: more }] : []),
    { piece: foot },
  ];
}

const SOFT_BREAK = Buffer.from('=\r\n');
const WHITE = [0x20, 0x09];

/**
 * A part's last bytes. The soft break that ends each piece joins it to the next one, and after the last there is none;
 * only white space at a line's end is kept safe by it.
 */
function lastOf(bytes: Buffer): Buffer {
  const rest = bytes.subarray(0, -SOFT_BREAK.length);
  const needed = !bytes.subarray(-SOFT_BREAK.length).equals(SOFT_BREAK) || WHITE.includes(rest.at(-1) ?? 0);
  return needed ? bytes : rest;
}

/** Values in their encoding, by format and text: numbers and reasons are the same in many mails. */
export type Memo = Map<string, Buffer>;
const MEMO_MAX = 10_000;

/**
 * Joins a message: its headers, then the text part, then the HTML part.
 *
 * @param headers - rendered, each line ended
 * @param values - of the slots that several pieces share
 * @param memo - kept for the next message; it empties itself when it has 10,000 entries
 * @throws when a piece has a slot without a value: a mail with a hole must not leave
 */
export function joinMessage(
  headers: string,
  pieces: readonly Placed[],
  values: SlotValues,
  memo: Memo = new Map(),
): Buffer {
  const buffers: Buffer[] = [Buffer.from(headers + MIME_HEADERS, 'latin1'), TEXT_HEAD];
  const filled: Memo = new Map();
  if (memo.size > MEMO_MAX) memo.clear();
  const encodeValue = (value: string, format: 'html' | 'text') =>
    bytesOf(format === 'html' ? escapeHtml(value) : value);
  function keep(map: Memo, key: string, make: () => Buffer): Buffer {
    const kept = map.get(key);
    if (kept) return kept;
    const bytes = make();
    map.set(key, bytes);
    return bytes;
  }
  function fill(slot: SlotName, format: 'html' | 'text', own: SlotValues | undefined): Buffer {
    const mine = own?.[slot];
    if (mine !== undefined) {
      const value = String(mine);
      return keep(memo, `${format} ${value}`, () => encodeValue(value, format));
    }
    return keep(filled, `${format} ${slot}`, () => {
      const value = values[slot];
      if (value === undefined) throw new Error(`The slot ${slot} has no value.`);
      return encodeValue(String(value), format);
    });
  }
  for (const format of ['text', 'html'] as const) {
    if (format === 'html') buffers.push(HTML_HEAD);
    for (const { piece, values: own, abstracts = 'short' } of pieces)
      for (const part of piece[format])
        buffers.push(
          typeof part === 'string' ? fill(part, format, own) : Buffer.isBuffer(part) ? part : part[abstracts],
        );
    buffers.push(lastOf(buffers.pop() as Buffer));
  }
  buffers.push(END);
  return Buffer.concat(buffers);
}
