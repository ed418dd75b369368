import { FOLLOW_FIELDS, type FollowField, type Follows } from '../../interests/rules/follows.ts';
import { findTopic } from '../../interests/rules/interest.ts';
import { TOPICS } from '../../interests/rules/topics.ts';
import type { Choice } from './forms.ts';

/** One list that is typed, a line each. */
export interface FollowText {
  name: FollowField;
  label: string;
  hint: string;
  value: string;
  error: string | null;
}

/** What a reader follows, as a form shows it. */
export interface FollowsView {
  /** All topics there are, then those of the reader that are no more. */
  topics: Choice[];
  topicsError: string | null;
  texts: FollowText[];
  /** Something stands in the lists, or is wrong there: they are shown unfolded. */
  open: boolean;
}

const TEXTS: readonly Pick<FollowText, 'name' | 'label' | 'hint'>[] = [
  { name: 'searches', label: 'Searches', hint: '"diffusion policy" -video' },
  { name: 'authors', label: 'Authors', hint: 'Ada Lovelace' },
  { name: 'organisations', label: 'Organisations', hint: 'Allen Institute for AI' },
  { name: 'categories', label: 'arXiv categories', hint: 'cs.CL' },
];

/** Lines of a list that come back: more were refused. */
const LINES_MAX = 200;
/** Characters of a line that come back. */
const LINE_MAX = 320;

/**
 * @param given - as stored or as typed
 * @param stored - what the reader follows already: topics among them that are not in the list any more can be kept
 */
export function viewFollows(
  given: Follows,
  errors: Readonly<Record<FollowField, string | null>>,
  stored: Follows = given,
): FollowsView {
  const on = new Set(given.topics.map((topic) => findTopic(topic)?.id ?? topic));
  const gone = [...new Set(stored.topics)].filter((topic) => findTopic(topic) === undefined);
  return {
    topics: [...TOPICS, ...gone.map((topic) => ({ id: topic, name: topic }))].map(({ id, name }) => ({
      value: id,
      label: name,
      on: on.has(id),
    })),
    topicsError: errors.topics,
    texts: TEXTS.map((text) => ({
      ...text,
      value: given[text.name]
        .slice(0, LINES_MAX)
        .map((line) => line.slice(0, LINE_MAX))
        .join('\n'),
      error: errors[text.name],
    })),
    open: FOLLOW_FIELDS.some(
      (field) => field !== 'topics' && (given[field].length > 0 || errors[field] !== null),
    ),
  };
}
