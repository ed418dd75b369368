import { isDay } from './day.ts';
import type { Paper } from './paper.ts';
import { stemOf } from './stem.ts';
import { tidyText } from './text.ts';
import { wordsOf } from './words.ts';

/** The query language; docs/search.md has its grammar. Pure, so that saved searches need no database. */

/** Room for any title that was pasted whole (the longest of 9,881 had 175 characters), and as long as a reader's search may be. */
export const QUERY_MAX = 200;
/** Words in all; more is no question, and each costs a look into the index. */
export const QUERY_WORDS_MAX = 40;

/** One thing to look for; `words` are folded (rules/words.ts), and more than one is a phrase. */
export interface Term {
  /** `text`: anywhere in title, abstract, names and keywords. `keyword`: a whole keyword. */
  kind: 'text' | 'author' | 'organisation' | 'keyword';
  words: string[];
}

/** A query that was understood. */
export interface SearchQuery {
  /** As it was typed, tidy. */
  text: string;
  /** Each of these groups must be met; a group is met by any one of its terms (`OR`). At least one. */
  groups: Term[][];
  /** None of these may be met. */
  without: Term[];
  /** Published on this day or later; null: no matter. */
  since: string | null;
  /** Published before this day; null: no matter. */
  before: string | null;
}

/** A query, or a sentence for the person who typed it. */
export type QueryReading = { ok: true; query: SearchQuery } | { ok: false; fault: string };

const FIELDS: Readonly<Record<string, Term['kind'] | 'since' | 'before'>> = {
  author: 'author',
  org: 'organisation',
  organisation: 'organisation',
  organization: 'organisation',
  keyword: 'keyword',
  since: 'since',
  before: 'before',
};

// Words that say nothing of a paper. Only left out of what is typed loosely: a phrase has them.
const LOOSE = new Set(
  'a an and are as at be by can do does for from how in into is it its of on or our that the their this to via was we what which with'.split(
    ' ',
  ),
);

const EXAMPLES = {
  author: '"Ada Lovelace"',
  organisation: 'Google',
  keyword: '"diffusion models"',
  since: '2026-06-10',
  before: '2026-06-10',
  text: '',
} as const;
const OR_FAULT = 'OR stands between two things to look for, as in vision OR speech; neither has a minus.';

/** Thrown and caught within this file. */
class Fault extends Error {}

// A sign, a field, then a quoted text or a run of anything else.
const PIECE = /(-?)(?:([a-z]+):)?(?:"([^"]*)"|([^\s"]*))/giu;

/** `2026`, `2026-06` and `2026-06-10` are days: the first of the year, of the month, the day itself. */
function readDate(field: string, text: string): string {
  const day = /^\d{4}$/.test(text) ? `${text}-01-01` : /^\d{4}-\d{2}$/.test(text) ? `${text}-01` : text;
  if (!isDay(day)) throw new Fault(`Write a day after ${field}: as in ${field}:2026-06-10; it must exist.`);
  return day;
}

/** One piece of a query: a term or a date, perhaps with a minus; null where it holds no word at all. */
function readPiece(match: RegExpMatchArray) {
  const [, sign = '', name = '', quoted, bare = ''] = match;
  const key = name.toLowerCase();
  const field = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
  // An unknown field is text: titles have colons.
  const value = `${field === undefined && name !== '' ? `${name}:` : ''}${quoted ?? bare}`;
  const words = wordsOf(value);
  if (field !== undefined && words.length === 0)
    throw new Fault(
      `Something must follow ${key}: at once, without a space, as in ${key}:${EXAMPLES[field]}.`,
    );
  if (words.length === 0) return null;
  return {
    field,
    minus: sign === '-',
    value,
    words,
    typedLoosely: quoted === undefined && field === undefined,
  };
}

function readQuery(text: string): SearchQuery {
  const query: SearchQuery = { text, groups: [], without: [], since: null, before: null };
  if ((text.match(/"/g) ?? []).length % 2 === 1)
    throw new Fault('A quotation mark is missing: a phrase has one before and one after, "like this".');
  const loose = new Set<Term[]>();
  let last: Term[] | null = null;
  let joining = false;
  for (const match of text.matchAll(PIECE)) {
    if (match[0] === 'OR') {
      if (last === null || joining) throw new Fault(OR_FAULT);
      joining = true;
      continue;
    }
    const piece = readPiece(match);
    if (piece === null) continue;
    const { field = 'text', minus, words } = piece;
    if (field === 'since' || field === 'before') {
      if (minus || joining) throw new Fault('A date stands alone: no minus before it, no OR beside it.');
      query[field] = readDate(field, piece.value);
      last = null;
    } else if (minus) {
      if (joining) throw new Fault(OR_FAULT);
      query.without.push({ kind: field, words });
      last = null;
    } else if (joining && last !== null) {
      last.push({ kind: field, words });
      joining = false;
    } else {
      last = [{ kind: field, words }];
      query.groups.push(last);
      if (piece.typedLoosely && words.every((word) => LOOSE.has(word))) loose.add(last);
    }
  }
  if (joining) throw new Fault(OR_FAULT);
  const telling = query.groups.filter((group) => !loose.has(group) || group.length > 1);
  if (telling.length > 0) query.groups = telling;
  return query;
}

const countWords = ({ groups, without }: SearchQuery) =>
  [...groups.flat(), ...without].reduce((sum, { words }) => sum + words.length, 0);

/** Reads what somebody typed. Never throws, whatever it is. */
export function parseQuery(typed: string): QueryReading {
  if (typed.length > QUERY_MAX * 4)
    return { ok: false, fault: `Keep a search under ${QUERY_MAX} characters.` };
  const text = tidyText(typed.replace(/[“”„‟«»]/gu, '"'), QUERY_MAX * 4);
  if (text.length > QUERY_MAX) return { ok: false, fault: `Keep a search under ${QUERY_MAX} characters.` };
  try {
    const query = readQuery(text);
    if (query.groups.length === 0)
      return {
        ok: false,
        fault:
          query.without.length > 0
            ? 'Say what to look for as well, not only what to leave out.'
            : query.since !== null || query.before !== null
              ? 'Say what to look for as well: a date alone finds too much.'
              : 'There is no word to look for. Type a few words, such as a title or a name.',
      };
    if (countWords(query) > QUERY_WORDS_MAX)
      return { ok: false, fault: `Keep a search to ${QUERY_WORDS_MAX} words.` };
    return { ok: true, query };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, fault: error.message };
    throw error;
  }
}

/** The query for a whole keyword, as `keyword:"…"` is; null where it holds no word. */
export function keywordQuery(keyword: string): SearchQuery | null {
  const words = wordsOf(keyword);
  if (words.length === 0) return null;
  return { text: keyword, groups: [[{ kind: 'keyword', words }]], without: [], since: null, before: null };
}

/** Marks in the index (migrations/0004_search.sql) of the words of names and of whole keywords. */
const MARKS = { text: '', author: '0a', organisation: '0o', keyword: '0k' } as const;

/** One keyword as the index has it: a single word. */
export const keywordWord = (words: readonly string[]) => `0k${words.join('0')}`.slice(0, 500);

function termSql({ kind, words }: Term, join: string): string {
  if (kind === 'keyword') return keywordWord(words);
  return `(${words.map((word) => `${MARKS[kind]}${word}`).join(join)})`;
}

const isPhrase = ({ kind, words }: Term) => kind !== 'keyword' && words.length > 1;

/** Does it hold a phrase, so that the index alone cannot tell? */
export const hasPhrase = ({ groups, without }: Pick<SearchQuery, 'groups' | 'without'>) =>
  [...groups.flat(), ...without].some(isPhrase);

/**
 * The words part of a query for Postgres' `to_tsquery('paperboy', …)`. Folded words hold letters and digits alone.
 *
 * @param loosely - words of a phrase may stand anywhere, and phrases that are not wanted are no matter: what is found is
 *   more than what `tsqueryOf` finds, and the index knows it by itself
 */
export function tsqueryOf(
  { groups, without }: Pick<SearchQuery, 'groups' | 'without'>,
  loosely: 'exactly' | 'loosely' = 'exactly',
): string {
  const join = loosely === 'exactly' ? ' <-> ' : ' & ';
  const wanted = groups.map((group) => `(${group.map((term) => termSql(term, join)).join(' | ')})`);
  const unwanted = without
    .filter((term) => loosely === 'exactly' || !isPhrase(term))
    .map((term) => `!${termSql(term, join)}`);
  return [...wanted, ...unwanted].join(' & ');
}

/** What a search reads of a paper. */
export type SearchablePaper = Pick<
  Paper,
  'title' | 'abstract' | 'authors' | 'organisation' | 'keywords' | 'publishedOn'
>;

/** Is the phrase within one of the texts? */
function holds(texts: readonly string[][], phrase: readonly string[]): boolean {
  return texts.some((words) =>
    words.some((_, at) => phrase.every((word, offset) => words[at + offset] === word)),
  );
}

/**
 * Whether a paper is found by a query, without a database. It says what the search itself would say, but for these: a
 * mistyped name is not put right; a database of another Postgres version may stem a few words otherwise; scripts
 * that are written without spaces are cut into words by the database's own rules.
 */
export function matchesQuery(query: SearchQuery, paper: SearchablePaper): boolean {
  const { publishedOn } = paper;
  if (query.since !== null && (publishedOn === null || publishedOn < query.since)) return false;
  if (query.before !== null && (publishedOn === null || publishedOn >= query.before)) return false;
  const organisation = paper.organisation ?? '';
  const names = { author: paper.authors.map(wordsOf), organisation: [wordsOf(organisation)] };
  const texts = [paper.title, paper.abstract, organisation, ...paper.authors, ...paper.keywords].map((text) =>
    wordsOf(text).map(stemOf),
  );
  const keywords = new Set(paper.keywords.map((keyword) => keywordWord(wordsOf(keyword))));
  const meets = ({ kind, words }: Term): boolean => {
    if (kind === 'keyword') return keywords.has(keywordWord(words));
    return kind === 'text' ? holds(texts, words.map(stemOf)) : holds(names[kind], words);
  };
  return query.groups.every((group) => group.some(meets)) && !query.without.some(meets);
}
