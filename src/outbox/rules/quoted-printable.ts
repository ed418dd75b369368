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

const HEX = Array.from({ length: 256 }, (_, byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`);
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const DOT = 0x2e;
const EQUALS = 0x3d;

/**
 * Encodes a text as UTF-8; line ends of any kind become CRLF.
 *
 * @returns ASCII that ends with a soft line break; empty for an empty text
 */
export function encodePiece(text: string): string {
  if (text === '') return '';
  const bytes = Buffer.from(text, 'utf8');
  let out = '';
  let line = '';
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] as number;
    if (byte === CR && bytes[i + 1] === LF) continue;
    if (byte === LF || byte === CR) {
      out += `${line}\r\n`;
      line = '';
      continue;
    }
    const token = tokenOf(byte, bytes[i + 1], line === '');
    if (line.length + token.length > LINE_MAX - 1) {
      out += `${line}=\r\n`;
      line = token === '.' ? '=2E' : token;
    } else line += token;
  }
  return `${out}${line}=\r\n`;
}

function tokenOf(byte: number, next: number | undefined, startsLine: boolean): string {
  if (byte === SPACE || byte === TAB) {
    // White space at the end of a line may be lost on the way. Before a soft break it is safe: a `=` follows.
    return next === LF || next === CR ? (HEX[byte] as string) : String.fromCharCode(byte);
  }
  if (byte === EQUALS || byte < SPACE || byte > 0x7e || (byte === DOT && startsLine))
    return HEX[byte] as string;
  return String.fromCharCode(byte);
}
