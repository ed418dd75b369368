/** A header in the order of the message; the value is folded and ASCII. */
export type Header = readonly [name: string, value: string];

/** Octets of a line that holds encoded words; a word itself may have 75 (RFC 2047 section 2). */
const LINE_MAX = 76;

/** Bytes of text in a base64 encoded word that begins at a column: `=?UTF-8?B?…?=` in what is left of the line. */
const wordBytes = (column: number) => Math.max(3, Math.floor((LINE_MAX - column - 12) / 4) * 3);

/** Printable ASCII that cannot be taken for an encoded word. */
const isPlain = (text: string) => /^[\x20-\x7e]*$/.test(text) && !text.includes('=?');

/** Takes out what no header may carry: line ends and other control characters become spaces. */
const oneLine = (text: string) =>
  text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .toWellFormed()
    .trim();

/**
 * An unstructured value (RFC 5322 section 2.2.1), such as a subject: folded at 76 columns where it is ASCII, else as
 * encoded words, none of which splits a character.
 *
 * @param column - where the value begins: the length of `Name: `
 */
export function encodeText(text: string, column: number): string {
  const line = oneLine(text);
  const fits = line.split(' ').every((word, index) => word.length <= LINE_MAX - (index === 0 ? column : 0));
  return isPlain(line) && fits ? foldWords(line, column) : encodeWords(line, column);
}

function foldWords(line: string, column: number): string {
  let width = column;
  return line
    .split(' ')
    .map((word, index) => {
      if (index > 0 && width + 1 + word.length > LINE_MAX) {
        width = 1 + word.length;
        return `\r\n ${word}`;
      }
      width += (index > 0 ? 1 : 0) + word.length;
      return index > 0 ? ` ${word}` : word;
    })
    .join('');
}

function encodeWords(line: string, column: number): string {
  const words: string[] = [];
  let chunk = '';
  for (const character of line) {
    if (Buffer.byteLength(chunk + character) > wordBytes(words.length === 0 ? column : 1)) {
      words.push(chunk);
      chunk = '';
    }
    chunk += character;
  }
  words.push(chunk);
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word, 'utf8').toString('base64')}?=`).join('\r\n ');
}

/**
 * `Name <address>`: the name quoted, or encoded where it is not ASCII (RFC 5322 section 3.4, RFC 2047 section 5).
 *
 * @param column - where the value begins (default: after `From: `)
 */
export function mailbox({ name, address }: { name: string; address: string }, column = 6): string {
  const line = oneLine(name);
  if (line === '') return `<${address}>`;
  const phrase = isPlain(line) ? `"${line.replace(/["\\]/g, '\\$&')}"` : encodeWords(line, column);
  const isFolded = phrase.includes('\r\n');
  const last = phrase.length - (isFolded ? phrase.lastIndexOf('\r\n') + 2 : -column);
  return `${phrase}${last + address.length + 3 > LINE_MAX ? '\r\n' : ''} <${address}>`;
}

/** RFC 5322 section 3.3, in UTC. */
export function dateHeader(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}

/** What the headers of a message say. */
export interface Envelope {
  from: { name: string; address: string };
  to: string;
  messageId: string;
  date: Date;
}

/** What makes a message one of a list (RFC 2369, 2919, 8058). */
export interface ListInfo {
  /** `List-Id`, the same for ever: its name and its label under the mail domain. */
  name: string;
  label: string;
  mailDomain: string;
  publicUrl: string;
  unsubscribeUrl: string;
  unsubscribeMailbox: string;
}

/** The headers of a digest that are its own, before MIME's. The subject is folded or encoded already. */
export function messageHeaders(envelope: Envelope, subject: string, feedbackId: string): Header[] {
  return [
    ['From', mailbox(envelope.from)],
    ['To', `<${envelope.to}>`],
    ['Subject', subject],
    ['Date', dateHeader(envelope.date)],
    ['Message-ID', `<${envelope.messageId}>`],
    // RFC 3834: nobody's vacation answers this.
    ['Auto-Submitted', 'auto-generated'],
    ['Feedback-ID', feedbackId],
  ];
}

/** RFC 8058 wants one List-Unsubscribe with one https link; RFC 2369 adds mailto for clients without the web. */
export function listHeaders(list: ListInfo): Header[] {
  return [
    ['List-Id', `"${list.name}" <${list.label}.${list.mailDomain}>`],
    ['List-Unsubscribe', `<${list.unsubscribeUrl}>,\r\n <mailto:${list.unsubscribeMailbox}>`],
    ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
    ['List-Help', `<${list.publicUrl}/subscribe>`],
    ['List-Archive', `<${list.publicUrl}/editions>`],
    // RFC 2369 section 3.4: nobody posts here. With Precedence it also tells filters that this is a list, and is one.
    ['List-Post', 'NO'],
    ['Precedence', 'bulk'],
  ];
}

/** Headers as they stand in the message, each line ended. */
export function renderHeaders(headers: readonly Header[]): string {
  return headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}
