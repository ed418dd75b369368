/**
 * Quoted-printable (RFC 2045 section 6.7) in pieces that can be joined.
 *
 * A digest is a join of pieces that were encoded once an edition, with a few values between that differ by reader. So
 * each piece is encoded on its own: it begins on a line of its own and ends with a soft line break, and any order of
 * pieces decodes to the same order of texts. A line never begins with a dot, so that SMTP's dot-stuffing
 * (RFC 5321 section 4.5.2) has nothing to add.
 */

/** Octets in a line, without CRLF; the soft break's `=` is one of them (RFC 2045: 76). */
const LINE_MAX = 76;

const HEX = Buffer.from('0123456789ABCDEF', 'latin1');
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const DOT = 0x2e;
const EQUALS = 0x3d;

/** By byte: 1 where it stands for itself, wherever it is; white space and dots depend on their place. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte > SPACE && byte < 0x7f && byte !== EQUALS && byte !== DOT ? 1 : 0,
);

/**
 * Encodes a text as UTF-8; line ends of any kind become CRLF.
 *
 * @returns ASCII that ends with a soft line break; empty for an empty text
 */
export function encodePiece(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length === 0) return bytes;
  // Three octets for one at most, three more for a soft break in at least 73, and the last one.
  const out = Buffer.allocUnsafe(3 * bytes.length + Math.ceil((3 * bytes.length) / 73) * 3 + 3);
  let at = 0;
  let lineAt = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] as number;
    if (byte === CR && bytes[i + 1] === LF) continue;
    if (byte === LF || byte === CR) {
      out[at] = CR;
      out[at + 1] = LF;
      at += 2;
      lineAt = at;
      continue;
    }
    const width = PLAIN[byte] === 1 || standsAsItIs(byte, bytes[i + 1], at === lineAt) ? 1 : 3;
    let escaped = width === 3;
    if (at - lineAt + width > LINE_MAX - 1) {
      out[at] = EQUALS;
      out[at + 1] = CR;
      out[at + 2] = LF;
      at += 3;
      lineAt = at;
      escaped ||= byte === DOT;
    }
    if (escaped) {
      out[at] = EQUALS;
      out[at + 1] = HEX[byte >> 4] as number;
      out[at + 2] = HEX[byte & 15] as number;
      at += 3;
    } else {
      out[at] = byte;
      at += 1;
    }
  }
  out[at] = EQUALS;
  out[at + 1] = CR;
  out[at + 2] = LF;
  // A copy of its size: what is kept of an edition is kept for days.
  return Buffer.from(out.subarray(0, at + 3));
}

/** White space but at a line's end, which may lose it on the way (before a soft break a `=` follows); a dot but at its beginning. */
function standsAsItIs(byte: number, next: number | undefined, startsLine: boolean): boolean {
  if (byte === SPACE || byte === TAB) return next !== LF && next !== CR;
  return byte === DOT && !startsLine;
}
