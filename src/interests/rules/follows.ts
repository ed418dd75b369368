import type { FieldFault, Preferences } from '../../subscribers/rules/preferences.ts';
import type { Reading } from '../../subscribers/rules/sign-up.ts';
import { type Interest, type InterestKind, readInterests } from './interest.ts';

/** The lists of what a reader follows, as forms and the API name them, and what each holds. */
const KINDS = {
  topics: 'topic',
  searches: 'search',
  authors: 'author',
  organisations: 'organisation',
  categories: 'category',
} as const satisfies Record<string, InterestKind>;
export type FollowField = keyof typeof KINDS;
export type Follows = Readonly<Record<FollowField, readonly string[]>>;

export const FOLLOW_FIELDS = Object.keys(KINDS) as FollowField[];

/** The lists, each made by its name. */
export const eachField = (listOf: (field: FollowField) => string[]): Record<FollowField, string[]> => ({
  topics: listOf('topics'),
  searches: listOf('searches'),
  authors: listOf('authors'),
  organisations: listOf('organisations'),
  categories: listOf('categories'),
});

export const NO_FOLLOWS: Follows = eachField(() => []);

/** The lists as interests. */
export const interestsOf = (follows: Follows): Interest[] =>
  FOLLOW_FIELDS.flatMap((field) => follows[field].map((value) => ({ kind: KINDS[field], value })));

/** What was understood of the lists, and what was not; both may be, so that a preview shows the rest. */
export interface FollowsReading {
  follows: Follows;
  /** `searches/2` counts from 0; '' is all lists together. */
  faults: FieldFault[];
}

/**
 * Reads what somebody wants to follow: topics by id or name, searches by the search grammar, 50 in all. Never throws.
 *
 * @param stored - what the reader follows already: it stays as it is, also where it came before a rule that would refuse it
 */
export function readFollows(given: Follows, stored: Follows = NO_FOLLOWS): FollowsReading {
  const items = FOLLOW_FIELDS.flatMap((field) =>
    given[field].map((value, at) => ({ field, at, kind: KINDS[field], value })),
  );
  const isStored = ({ field, value }: (typeof items)[number]) => stored[field].includes(value.trim());
  const collect = (list: readonly { kind: string; value: string }[]) =>
    eachField((field) => list.filter(({ kind }) => kind === KINDS[field]).map(({ value }) => value.trim()));
  if (items.every(isStored)) return { follows: collect(items), faults: [] };

  const reading = readInterests(items);
  if (reading.ok) return { follows: collect(reading.interests), faults: [] };
  const [whole] = reading.faults.filter(({ at }) => at === null);
  if (whole) return { follows: NO_FOLLOWS, faults: [{ field: '', message: whole.message }] };
  const refused = new Map(reading.faults.map((fault) => [items[fault.at ?? -1], fault] as const));
  const understood = readInterests(items.filter((item) => !refused.has(item)));
  const kept = items.filter((item) => refused.has(item) && isStored(item));
  return {
    follows: collect([...(understood.ok ? understood.interests : []), ...kept]),
    faults: [...refused].flatMap(([item, { value, message }]) =>
      item === undefined || isStored(item)
        ? []
        : [
            {
              field: `${item.field}/${item.at}`,
              message: value === '' ? message : `“${value}”: ${message}`,
            },
          ],
    ),
  };
}

const FAULTS_MAX = 20;
const listOf = (field: string) => field.split('/')[0] ?? '';
const isFollow = (field: string) => Object.hasOwn(KINDS, listOf(field));

/**
 * The one check of what is followed, for forms, the API and commands, after that of the other fields: gives what is to be stored
 * (topics as ids), or all faults of both.
 *
 * @param reading - of the subscribers room
 * @param given - the lists as the client wrote them, so that faults name their places there
 */
export function checkFollows<Value extends { preferences: Preferences }>(
  reading: Reading<Value>,
  given: Follows,
  stored: Follows = NO_FOLLOWS,
): Reading<Value> {
  const { follows, faults } = readFollows(given, stored);
  if (reading.ok && faults.length === 0) {
    const { preferences } = reading.value;
    return {
      ok: true,
      value: {
        ...reading.value,
        preferences: { ...preferences, ...eachField((field) => [...follows[field]]) },
      },
    };
  }
  const others = reading.ok ? [] : reading.faults;
  // One sentence for too many, not one for each list.
  const tooMany = faults.some(({ field }) => field === '');
  const said = tooMany ? others.filter(({ field }) => !isFollow(field)) : others;
  const named = new Set(said.map(({ field }) => field));
  return {
    ok: false,
    faults: [...said, ...faults.filter(({ field }) => field === '' || !named.has(field))].slice(
      0,
      FAULTS_MAX,
    ),
  };
}
