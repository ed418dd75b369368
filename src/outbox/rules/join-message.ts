import { reasonSlot } from '../../editions/rules/lay-out.ts';
import { escapeHtml, type SlotName, type SlotValues } from '../../editions/rules/skeleton.ts';
import type { Placed } from './compose.ts';
import { encodePiece } from './quoted-printable.ts';
import { Sheet } from './sheet.ts';

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
const MIME_HEADERS = `MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="${BOUNDARY}"\r\n\r\n`;

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
