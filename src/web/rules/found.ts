import { type Fragment, markHits } from '../../papers/rules/mark-hits.ts';
import type { Paper } from '../../papers/rules/paper.ts';
import type { SearchQuery } from '../../papers/rules/query.ts';
import { tidyText } from '../../papers/rules/text.ts';
import { type Card, toCard } from './card.ts';

const ECHO_MAX = 300;

/** A card whose texts are cut where the query's words stand. Plain texts: templates escape each fragment. */
export interface FoundCard extends Card {
  titleParts: Fragment[];
  bylineParts: Fragment[];
  excerptParts: Fragment[];
}

/** How much of an abstract a result shows, and how much of it stands before the first hit. */
const WINDOW = 320;
const BEFORE_HIT = 80;

/** The part of an abstract that holds the first hit; its beginning where that is near, or where there is none. */
function cutAround(fragments: readonly Fragment[]): Fragment[] {
  const first = fragments.findIndex(({ hit }) => hit);
  const before = fragments.slice(0, Math.max(first, 0)).reduce((sum, { text }) => sum + text.length, 0);
  let skip = before > WINDOW - BEFORE_HIT ? before - BEFORE_HIT : 0;
  let room = WINDOW;
  const shown: Fragment[] = skip > 0 ? [{ text: '… ', hit: false }] : [];
  for (const { text, hit } of fragments) {
    const from = Math.min(skip, text.length);
    skip -= from;
    if (from === text.length) continue;
    // A cut falls between two words.
    const start = from === 0 ? 0 : text.indexOf(' ', from) + 1;
    const rest = from > 0 && start === 0 ? '' : text.slice(start);
    if (rest.length <= room) {
      if (rest !== '') shown.push({ text: rest, hit });
      room -= rest.length;
      continue;
    }
    const end = rest.lastIndexOf(' ', room);
    shown.push({ text: `${rest.slice(0, Math.max(end, 0))} …`, hit });
    break;
  }
  return shown;
}

/** Who wrote it, with the author that was asked for among those that are named. */
function bylineFor(query: SearchQuery, paper: Paper, byline: string): Fragment[] {
  const marked = markHits(query, byline);
  if (marked.some(({ hit }) => hit)) return marked;
  const author = paper.authors.find((name) => {
    const parts = markHits(query, name).filter(({ text }) => text.trim() !== '');
    return parts.length > 0 && parts.every(({ hit }) => hit);
  });
  if (author === undefined) return marked;
  return [...marked, { text: ', among them ', hit: false }, { text: author, hit: true }];
}

/** A paper as a result of a search. */
export function toFoundCard(query: SearchQuery, paper: Paper): FoundCard {
  const card = toCard(paper);
  return {
    ...card,
    titleParts: markHits(query, card.title),
    bylineParts: bylineFor(query, paper, card.byline),
    excerptParts: cutAround(markHits(query, paper.abstract || (paper.summary ?? ''))),
  };
}

/** `1 paper`, `37 papers`, `More than 1,000 papers`. */
export function countInWords(total: number, more: boolean): string {
  const count = total.toLocaleString('en-GB');
  if (more) return `More than ${count} papers`;
  return total === 1 ? '1 paper' : `${count} papers`;
}

/** Names that were put right, for people: `No name here has “vasvani”; “vaswani” was taken instead.` */
export const correctionInWords = ({ typed, taken }: { typed: string; taken: readonly string[] }) =>
  `Nothing was found for “${typed}”; ${taken.map((name) => `“${name}”`).join(' or ')} was taken instead.`;

/** What is put back into the box of a search that cannot be read, which may be far too long. */
export const echoOf = (typed: string) => tidyText(typed, ECHO_MAX);

/** A page number of a query: 1 where none is given; undefined for what is none, or further than lists go. */
export function pageNumber(value: unknown, pagesMax: number): number | undefined {
  if (value === undefined || value === '') return 1;
  if (typeof value !== 'string' || !/^\d{1,4}$/.test(value)) return undefined;
  const page = Number(value);
  return page >= 1 && page <= pagesMax ? page : undefined;
}
