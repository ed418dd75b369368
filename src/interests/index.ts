export { type Followed, listInterests, setInterests } from './follow.ts';
export { type LearnContext, learn } from './learn.ts';
export { type MatchContext, type Matched, matchEdition } from './match-edition.ts';
export {
  type Described,
  describeProfile,
  exportProfile,
  type ProfileExport,
  resetProfile,
} from './my-profile.ts';
export { type EditionPool, loadPool, loadReaders } from './readers.ts';
export {
  composeSelection,
  type Part,
  type Selected,
  type Selection,
  type SelectionReader,
} from './rules/compose-selection.ts';
export type { Description } from './rules/describe.ts';
export {
  INTERESTS_MAX,
  type Interest,
  type InterestFault,
  type InterestKind,
  KINDS,
  readInterests,
} from './rules/interest.ts';
export { TOPICS, type Topic } from './rules/topics.ts';
export { allowAuthor, recordVote, refuseAuthor, undoVote, type VoteContext } from './vote.ts';
