export { learn } from './learn.ts';
export {
  importLibrary,
  LIST_MAX,
  type LibraryReport,
  removeLibrary,
  sizeOfLibrary,
  undoLibrary,
} from './library.ts';
export { matchDue, matchEdition } from './match-edition.ts';
export {
  type Described,
  describeProfile,
  exportProfile,
  forgetFeature,
  listUnwantedAuthors,
  listVotes,
  type ProfileExport,
  rememberFeature,
  resetProfile,
} from './my-profile.ts';
export { offerPicks, recordPicks, undoPicks } from './pick.ts';
export { type Preview, previewDigest } from './preview.ts';
export { type EditionPool, loadPool, toReader } from './readers.ts';
export {
  composeSelection,
  type Part,
  type Selection,
  type SelectionReader,
} from './rules/compose-selection.ts';
export {
  checkFollows,
  FOLLOW_FIELDS,
  type Follows,
  interestsOf,
  NO_FOLLOWS,
  readFollows,
} from './rules/follows.ts';
export {
  type Interest,
  type InterestKind,
  readInterests,
} from './rules/interest.ts';
export { LIBRARY_MAX } from './rules/library.ts';
export { FEATURE_KINDS, type Feature } from './rules/omissions.ts';
export { PICK_SIZE } from './rules/pick.ts';
export { TOPICS, type Topic } from './rules/topics.ts';
export { type ReaderChoice, readChoices } from './store-match.ts';
export { allowAuthor, readVote, recordVote, refuseAuthor, undoVote } from './vote.ts';
