import { nameKey } from '../../interests/rules/terms.ts';
import { LIMITS } from '../../papers/rules/text.ts';
import type { Side } from './vote-act.ts';

/** Buttons for authors on one page; the median paper has 7. The others are found on the paper's page. */
const AUTHORS_SHOWN = 20;

/** A word on what was done, perhaps with an author's name before it, and the field that undoes it. */
export interface VoteDone {
  author: string | null;
  words: string;
  undo: { name: 'undo' | 'author' | 'allow'; value: string } | null;
}

const WORDS = {
  more: {
    heading: 'More like this',
    done: 'Noted: more papers like this one will come.',
  },
  less: {
    heading: 'Less like this',
    done: 'Noted: fewer papers like this one will come.',
  },
  none: { heading: 'Your word on a paper', done: 'Your vote is taken back.' },
} as const;

/** What the page says of a vote. */
export const voteWords = (side: Side | 'none' | null) => WORDS[side ?? 'none'];

/** Why an author could not be left out. */
export const refusalWords = (outcome: 'malformed' | 'unknown' | 'many') =>
  outcome === 'many'
    ? '1,000 authors are left out already, which is the most. Allow some of them again on the page of your profile.'
    : 'Papers cannot be left out by this name.';

/** The first authors of a paper, each once, and which of them are left out already. */
export function viewVoteAuthors(authors: readonly string[], unwanted: readonly string[]) {
  const refused = new Set(unwanted.map(nameKey));
  const usable = [...new Set(authors)].filter((name) => nameKey(name) !== '' && name.length <= LIMITS.name);
  return {
    authors: usable.slice(0, AUTHORS_SHOWN).map((name) => ({ name, refused: refused.has(nameKey(name)) })),
    otherAuthors: Math.max(usable.length - AUTHORS_SHOWN, 0),
  };
}
