import { createHash } from 'node:crypto';

/** Cursors are opaque to clients: they say where a page ended, and to which question it was a page. */

/** Room for the longest place: an id and two counts, or a search's own cursor. */
export const CURSOR_LENGTH_MAX = 400;

const markOf = (question: string) => createHash('sha256').update(question).digest('base64url').slice(0, 8);

/**
 * Writes a cursor.
 *
 * @param question - all filters; a cursor read with another one is refused
 * @param place - plain JSON
 */
export const writeCursor = (question: string, place: unknown) =>
  Buffer.from(JSON.stringify([markOf(question), place])).toString('base64url');

/** The place that a cursor holds; undefined for what is none, or one of another question. Check its shape: anyone can write one. */
export function readCursor(question: string, cursor: string): unknown {
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (!Array.isArray(read) || read.length !== 2 || read[0] !== markOf(question)) return undefined;
    return read[1];
  } catch {
    return undefined;
  }
}
