export {
  type Edition,
  type EditionCard,
  type EditionFilter,
  type EditionPaper,
  type EditionSummary,
  findEdition,
  latestEdition,
  listEditions,
  loadEdition,
} from './archive.ts';
export {
  type AssembleContext,
  type Assembled,
  type AssembleRequest,
  assemble,
  assembleDue,
} from './assemble.ts';
export { type Carried, type CarriedFilter, listCarried } from './carried.ts';
export { type Carrier, listCarriers } from './carriers.ts';
export { compileNotice, type Notice, type NoticeName, type Pieces } from './compile.ts';
export { measureEditions, type Overdue } from './overdue.ts';
export { printDigest, type ReaderSlots } from './print-digest.ts';
export { type Rebuilt, rebuild } from './rebuild.ts';
export { shortAbstract } from './rules/card.ts';
export { type Cadence, closingTime, type Day, longDate, mondayOf, weekName } from './rules/dates.ts';
export { editionTitle, type Site } from './rules/edition.ts';
export { type Contents, type LaidOut, layOut, reasonSlot } from './rules/lay-out.ts';
export {
  type Abstracts,
  escapeHtml,
  fillPiece,
  type Piece,
  type SlotName,
  type SlotValues,
} from './rules/skeleton.ts';
export { readSkip } from './store.ts';
