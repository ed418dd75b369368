import { readCategories } from '../../papers/rules/paper.ts';
import { parseQuery, type SearchQuery } from '../../papers/rules/query.ts';
import { tidyText } from '../../papers/rules/text.ts';
import { nameKey } from './terms.ts';
import { TOPICS, type Topic } from './topics.ts';

/** What a reader may follow. */
export const KINDS = ['topic', 'search', 'author', 'organisation', 'category'] as const;
export type InterestKind = (typeof KINDS)[number];

/** One thing that a reader follows, as it is stored. A topic is stored by its id. */
export interface Interest {
  kind: InterestKind;
  value: string;
}

/** Interests of one reader: nobody reads what more would find, and matching costs by the interest. */
export const INTERESTS_MAX = 50;
/** Characters of one; a search may be as long. */
const LENGTH_MAX = 200;
/** What of a value is said back. */
const SHOWN_MAX = 60;

/** What is wrong with one of them, and a sentence that says what to do. `at` counts from 0; null is the whole list. */
export interface InterestFault {
  at: number | null;
  kind: InterestKind | null;
  /** As given, cut short; not escaped. */
  value: string;
  message: string;
}

export type InterestReading = { ok: true; interests: Interest[] } | { ok: false; faults: InterestFault[] };

/** arXiv's archives (arxiv.org/category_taxonomy); what else looks like a category finds nothing, ever. */
const ARCHIVES: ReadonlySet<string> = new Set(
  'astro-ph cond-mat cs econ eess gr-qc hep-ex hep-lat hep-ph hep-th math math-ph nlin nucl-ex nucl-th physics q-bio q-fin quant-ph stat'.split(
    ' ',
  ),
);

const byName = new Map(
  TOPICS.flatMap((topic) => [topic.id, topic.name].map((name) => [nameKey(name), topic] as const)),
);

/** The topic that somebody means by its id or name, whatever the case; undefined where there is none. */
export const findTopic = (text: string): Topic | undefined => byName.get(nameKey(text));

const isCategory = (value: string) =>
  readCategories([value]).length === 1 && ARCHIVES.has(value.split('.')[0] ?? '');

/** What names of people and organisations are written with. */
const NAME = /^[\p{L}\p{N}\p{M} .,'’`&()/+@:!-]+$/u;

/** Words as a person writes them, without signs of a language. */
const PLAIN_WORDS = /^[\p{L}\p{N}][\p{L}\p{N}\p{M} .,'’+/&-]{0,59}$/u;

/**
 * The interest, or a sentence. A topic that is not in the list is followed as what it says: a category, or a search for
 * these words; programs that sign readers up cannot know the list.
 */
function readOne(
  kind: InterestKind,
  value: string,
): { kind?: InterestKind; value: string } | { message: string } {
  if (Array.from(value).length > LENGTH_MAX)
    return { message: `Keep each interest to ${LENGTH_MAX} characters.` };
  if (value === '') return { message: 'Leave out empty entries.' };
  switch (kind) {
    case 'topic': {
      const topic = findTopic(value);
      if (topic) return { value: topic.id };
      if (isCategory(value)) return { kind: 'category', value };
      return PLAIN_WORDS.test(value) && parseQuery(`"${value}"`).ok
        ? { kind: 'search', value: `"${value}"` }
        : {
            message: `This topic is not known. Choose one of: ${TOPICS.map(({ id }) => id).join(', ')}; or give plain words.`,
          };
    }
    case 'search': {
      const reading = parseQuery(value);
      return reading.ok ? { value } : { message: reading.fault };
    }
    case 'category':
      return isCategory(value)
        ? { value }
        : { message: 'Give an arXiv category such as cs.CL, or a whole archive such as cs.' };
    default:
      if (nameKey(value) === '') return { message: 'A name needs a letter.' };
      // Others who follow the same name read it as its first reader wrote it.
      return NAME.test(value)
        ? { value }
        : { message: 'Write a name with letters, digits and . , - & ( ) / alone.' };
  }
}

const isKind = (kind: string): kind is InterestKind => (KINDS as readonly string[]).includes(kind);

/**
 * Reads what somebody wants to follow. Never throws, whatever it is: nothing of a list with a fault is taken.
 * The same thing twice (by case, accents or signs) counts once.
 */
export function readInterests(list: readonly { kind: string; value: string }[]): InterestReading {
  const whole = (message: string): InterestReading => ({
    ok: false,
    faults: [{ at: null, kind: null, value: '', message }],
  });
  if (list.length > INTERESTS_MAX)
    return whole(
      `Keep to ${INTERESTS_MAX} interests; these are ${list.length}. A topic may stand for several searches.`,
    );
  const interests = new Map<string, Interest>();
  const faults: InterestFault[] = [];
  list.forEach(({ kind, value }, at) => {
    const tidy = tidyText(value, LENGTH_MAX * 4);
    const shown = tidyText(value, SHOWN_MAX);
    if (!isKind(kind)) {
      faults.push({ at, kind: null, value: shown, message: `Say what it is: one of ${KINDS.join(', ')}.` });
      return;
    }
    const reading = readOne(kind, tidy);
    if ('message' in reading) faults.push({ at, kind, value: shown, message: reading.message });
    else {
      const { kind: read = kind, value: found } = reading;
      const key = `${read} ${read === 'search' ? found : nameKey(found)}`;
      if (!interests.has(key)) interests.set(key, { kind: read, value: found });
    }
  });
  return faults.length > 0 ? { ok: false, faults } : { ok: true, interests: [...interests.values()] };
}

/** What to look for; null: what was stored can find nothing (any more). */
export type Wanted =
  | { kind: 'topic'; topic: Topic }
  | { kind: 'search'; query: SearchQuery }
  | { kind: 'author' | 'organisation'; words: string[] }
  | { kind: 'category'; category: string };

/**
 * What a stored interest looks for. Forgiving, since sign-up stores topics as they were typed: a topic that is not in
 * the list is looked for as a phrase.
 */
export function wantedOf({ kind, value }: Interest): Wanted | null {
  if (kind === 'category') return { kind, category: value };
  if (kind === 'author' || kind === 'organisation') {
    const words = nameKey(value).split(' ').filter(Boolean);
    return words.length === 0 ? null : { kind, words };
  }
  if (kind === 'topic') {
    const topic = findTopic(value);
    if (topic) return { kind, topic };
  }
  const reading = parseQuery(kind === 'topic' ? `"${value.replaceAll('"', ' ')}"` : value);
  return reading.ok ? { kind: 'search', query: reading.query } : null;
}

/** An interest as a card names it: one line, cut short. Plain text: escape it where it is printed. */
export function whyInterest({ kind, value }: Interest): string {
  const shown = tidyText(value, SHOWN_MAX);
  switch (kind) {
    case 'author':
    case 'organisation':
      return `You follow ${shown}`;
    case 'topic':
      return `Topic: ${findTopic(value)?.name ?? shown}`;
    case 'category':
      return `You follow ${shown} on arXiv`;
    default:
      return `Matches ${shown}`;
  }
}
