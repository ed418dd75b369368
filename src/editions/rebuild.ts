import type { Db } from '../platform/index.ts';
import { findEdition, loadEdition } from './archive.ts';
import { sumTemplates } from './compile.ts';
import { inOrder } from './make.ts';
import { printEdition } from './print.ts';
import { readRecord } from './record.ts';
import { sumPapers, sumPieces } from './rules/checksum.ts';
import { chooseIssue } from './rules/choose.ts';
import { type Cadence, type Day, mondayOf } from './rules/dates.ts';

/** What came of making an edition again. Each difference is a sentence that names what is not as it was. */
export type Rebuilt =
  | { outcome: 'same'; editionId: number; cards: number; more: number; sha256: string }
  | { outcome: 'differs'; editionId: number; differences: string[] }
  /** It was made before records were kept. */
  | { outcome: 'unrecorded'; editionId: number }
  | { outcome: 'unknown' };

const hasAll = (papers: readonly { id: string }[], chosen: readonly { id: string }[]) => {
  const kept = new Set(papers.map(({ id }) => id));
  return chosen.every(({ id }) => kept.has(id));
};

/**
 * Makes an edition again from its record and holds it against what is stored: chooses from the recorded candidates,
 * compiles with the templates of today, and compares checksums. Changes nothing. What sources have changed since does
 * not matter: the record has the papers as they were.
 */
export async function rebuild(db: Db, request: { cadence: Cadence; date: Day }): Promise<Rebuilt> {
  const { cadence } = request;
  const date = cadence === 'weekly' ? mondayOf(request.date) : request.date;
  const found = await findEdition(db, cadence, date);
  const edition = found && (await loadEdition(db, found.id));
  if (!found || !edition) return { outcome: 'unknown' };
  const record = await readRecord(db, found.id);
  if (!record) return { outcome: 'unrecorded', editionId: found.id };

  const differences: string[] = [];
  const stored = {
    papers: sumPapers(
      found.papers.filter(({ card }) => card),
      found.papers.filter(({ card }) => !card),
    ),
    pieces: sumPieces(inOrder({ ...edition, cards: edition.papers })),
  };
  if (stored.papers !== record.papersSha256)
    differences.push('The stored papers (their order, votes or comments) are not those that were recorded.');
  if (stored.pieces !== record.piecesSha256)
    differences.push('The stored pieces of the mail are not those that were recorded.');

  const { choice, listed } = chooseIssue({ ...record, cadence, date });
  if ('nothing' in choice || sumPapers(choice.cards, choice.more) !== record.papersSha256)
    differences.push('The rules choose other papers now from the same candidates.');
  else if (!hasAll(record.papers, [...choice.cards, ...choice.more]))
    differences.push('It was made by an earlier version, which kept the papers of its cards alone.');
  else {
    const { site, papers } = record;
    const printed = await printEdition({ site, cadence, date, ...choice, listed, papers, note: found.note });
    if (printed.subject !== found.subject) differences.push('The subject is made otherwise now.');
    if (sumPieces(inOrder(printed.skeleton)) !== record.piecesSha256)
      differences.push(
        (await sumTemplates()) === record.templatesSha256
          ? 'The templates are the same, but the program makes other mail of them now.'
          : 'The templates have changed since.',
      );
  }
  if (differences.length > 0) return { outcome: 'differs', editionId: found.id, differences };
  const { cards, more } = found;
  return { outcome: 'same', editionId: found.id, cards, more, sha256: record.piecesSha256 };
}
