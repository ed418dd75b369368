import { escapeHtml, type Piece, type SlotName, type SlotValues } from '../../editions/rules/skeleton.ts';
import { encodePiece } from './quoted-printable.ts';

/** A piece in its transfer encoding: bytes of the message, with slots between. */
export type Encoded = readonly (Buffer | SlotName)[];

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

/** An edition, ready to be joined: made once, used for each reader. */
export interface EncodedEdition {
  head: EncodedPieces;
  cards: (EncodedPieces & { paperId: string })[];
  more: EncodedPieces;
  foot: EncodedPieces;
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
  return piece.parts.map((part) =>
    typeof part === 'string' ? Buffer.from(encodePiece(part), 'latin1') : part.slot,
  );
}

const encodeBoth = (pieces: Pieces): EncodedPieces => ({
  html: encode(pieces.html),
  text: encode(pieces.text),
});

/** Encodes all pieces of an edition. */
export function encodeEdition(edition: {
  head: Pieces;
  cards: readonly (Pieces & { paperId: string })[];
  more: Pieces;
  foot: Pieces;
}): EncodedEdition {
  return {
    head: encodeBoth(edition.head),
    cards: edition.cards.map((card) => ({ paperId: card.paperId, ...encodeBoth(card) })),
    more: encodeBoth(edition.more),
    foot: encodeBoth(edition.foot),
  };
}

/** Encodes a notice. */
export const encodeNotice: (notice: Pieces) => EncodedPieces = encodeBoth;

/** The pieces that make up one message, in their order. */
export function digestPieces(
  edition: EncodedEdition,
  cards: EncodedEdition['cards'],
  withMore: boolean,
): EncodedPieces[] {
  return [edition.head, ...cards, ...(withMore ? [edition.more] : []), edition.foot];
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

/**
 * Joins a message: its headers, then the text part, then the HTML part.
 *
 * @param headers - rendered, each line ended
 * @throws when a piece has a slot without a value: a mail with a hole must not leave
 */
export function joinMessage(headers: string, pieces: readonly EncodedPieces[], values: SlotValues): Buffer {
  const buffers: Buffer[] = [Buffer.from(headers + MIME_HEADERS, 'latin1'), TEXT_HEAD];
  const filled = new Map<string, Buffer>();
  const fill = (slot: SlotName, format: 'html' | 'text') => {
    const key = `${format} ${slot}`;
    let bytes = filled.get(key);
    if (!bytes) {
      const value = values[slot];
      if (value === undefined) throw new Error(`The slot ${slot} has no value.`);
      bytes = Buffer.from(
        encodePiece(format === 'html' ? escapeHtml(String(value)) : String(value)),
        'latin1',
      );
      filled.set(key, bytes);
    }
    return bytes;
  };
  for (const format of ['text', 'html'] as const) {
    if (format === 'html') buffers.push(HTML_HEAD);
    for (const piece of pieces)
      for (const part of piece[format]) buffers.push(typeof part === 'string' ? fill(part, format) : part);
    buffers.push(lastOf(buffers.pop() as Buffer));
  }
  buffers.push(END);
  return Buffer.concat(buffers);
}
