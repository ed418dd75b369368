import type { Db } from '../platform/index.ts';
import { chooseNear, mayBeMistyped, nearWords } from './rules/near-names.ts';
import type { SearchQuery, Term } from './rules/query.ts';

/** A word that was mistyped, folded, and the names that were taken for it. */
export interface Correction {
  typed: string;
  taken: string[];
}

/** Of folded words, those that no name has. */
async function unknownNames(db: Db, words: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ word: string }>(
    'papers: unknown names',
    `select t.word from unnest($1::text[]) as t (word)
     where not exists (select from name_words n where n.word = t.word)`,
    [words],
  );
  return rows.map(({ word }) => word);
}

/** Of folded words, those that no paper has. */
async function unknownWords(db: Db, words: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ word: string }>(
    'papers: unknown words',
    `select t.word from unnest($1::text[]) as t (word)
     where not exists (select from paper_words w where w.words @@ to_tsquery('paperboy', t.word))`,
    [words],
  );
  return rows.map(({ word }) => word);
}

async function nearNames(db: Db, typed: string): Promise<string[]> {
  const rows = await db.query<{ word: string }>(
    'papers: near names',
    'select n.word from name_words n where n.near && $1 limit 100',
    [nearWords(typed)],
  );
  return chooseNear(
    typed,
    rows.map(({ word }) => word),
  );
}

/** Ways to read a name of several mistyped words. */
const READINGS_MAX = 8;

/** A term with each mistyped word put right, in every way there is. */
function readings(term: Term, taken: ReadonlyMap<string, string[]>): Term[] {
  let found: string[][] = [[]];
  for (const word of term.words)
    found = found
      .flatMap((words) => (taken.get(word) ?? [word]).map((next) => [...words, next]))
      .slice(0, READINGS_MAX);
  return found.map((words) => ({ ...term, words }));
}

/** The query with words put right that no name (after author: and org:) and no paper has; null where none has a near name. */
export async function putNamesRight(
  db: Db,
  query: SearchQuery,
): Promise<{ query: SearchQuery; corrections: Correction[] } | null> {
  const pick = (wanted: (term: Term) => boolean) => [
    ...new Set(
      query.groups
        .flat()
        .filter(wanted)
        .flatMap(({ words }) => words.filter(mayBeMistyped)),
    ),
  ];
  const names = pick(({ kind }) => kind === 'author' || kind === 'organisation');
  const others = pick(({ kind }) => kind === 'text');
  const unknown = [
    ...(names.length > 0 ? await unknownNames(db, names) : []),
    ...(others.length > 0 ? await unknownWords(db, others) : []),
  ];
  const taken = new Map<string, string[]>();
  for (const word of new Set(unknown)) {
    const near = await nearNames(db, word);
    if (near.length > 0) taken.set(word, near);
  }
  if (taken.size === 0) return null;
  return {
    query: { ...query, groups: query.groups.map((group) => group.flatMap((term) => readings(term, taken))) },
    corrections: [...taken].map(([typed, names]) => ({ typed, taken: names })),
  };
}
