/** One line of a text file, without its end. */
export interface Line {
  /** 1 is the first. */
  number: number;
  text: string;
  /** It was longer than allowed; `text` is its beginning. */
  tooLong: boolean;
}

const LINE_END = /\r\n|\n|\r/;

/**
 * Cuts a stream of bytes or text into lines (CRLF, LF or CR), without ever holding more than a line and a chunk: of a line longer than
 * `lengthMax` characters only the beginning is kept. Bytes are UTF-8; a byte-order mark is dropped; what is not UTF-8 becomes U+FFFD.
 * An empty last line is none.
 */
export async function* cutLines(
  chunks: AsyncIterable<string | Uint8Array>,
  lengthMax: number,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8');
  let held = '';
  let tooLong = false;
  let number = 0;
  let endedWithCr = false;

  function hold(part: string): void {
    const room = lengthMax - held.length;
    if (part.length > room) tooLong = true;
    held += part.slice(0, room);
  }
  function release(): Line {
    number += 1;
    const line = { number, text: held, tooLong };
    held = '';
    tooLong = false;
    return line;
  }
  function* take(chunk: string): Generator<Line> {
    // The LF of a CRLF that two chunks share.
    const text = endedWithCr && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    if (chunk !== '') endedWithCr = chunk.endsWith('\r');
    const parts = text.split(LINE_END);
    for (const [index, part] of parts.entries()) {
      hold(part);
      if (index < parts.length - 1) yield release();
    }
  }

  let first = true;
  for await (const chunk of chunks) {
    let text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    // The decoder drops the mark of bytes; a stream of text may still have it.
    if (first && text !== '') {
      first = false;
      if (text.startsWith('\ufeff')) text = text.slice(1);
    }
    yield* take(text);
  }
  yield* take(decoder.decode());
  if (held !== '') yield release();
}
