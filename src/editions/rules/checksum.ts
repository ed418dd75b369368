import { createHash } from 'node:crypto';
import type { Candidate } from './choose.ts';
import type { Piece } from './skeleton.ts';

const sha256 = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** SHA-256 in hex of pieces in their order, whatever order their JSON has in a database. */
export function sumPieces(pieces: readonly { html: Piece; text: Piece }[]): string {
  const plain = ({ format, parts }: Piece) => [
    format,
    ...parts.map((part) =>
      typeof part === 'string' ? part : 'slot' in part ? [part.slot] : [part.short, part.full],
    ),
  ];
  return sha256(pieces.map(({ html, text }) => [plain(html), plain(text)]));
}

/** SHA-256 in hex of the papers of an edition, cards first, in their order and with votes and comments as printed. */
export function sumPapers(cards: readonly Candidate[], more: readonly Candidate[]): string {
  const plain = (papers: readonly Candidate[]) =>
    papers.map(({ id, upvotes, comments }) => [id, upvotes, comments]);
  return sha256([plain(cards), plain(more)]);
}

/** SHA-256 in hex of texts, such as templates. */
export const sumTexts = (texts: readonly string[]): string => sha256(texts);
