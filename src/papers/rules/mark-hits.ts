import type { SearchQuery } from './query.ts';
import { stemOf } from './stem.ts';
import { foldText } from './words.ts';

/** A piece of a text that is shown, and whether the query asked for it. */
export interface Fragment {
  text: string;
  hit: boolean;
}

/** Cuts a text where a word of the query begins or ends, so that a page can mark it. Nothing is escaped. */
export function markHits(query: SearchQuery, text: string): Fragment[] {
  const wanted = new Set(query.groups.flat().flatMap(({ words }) => words.map(stemOf)));
  const fragments: Fragment[] = [];
  const add = (piece: string, hit: boolean) => {
    const last = fragments.at(-1);
    if (last && last.hit === hit) last.text += piece;
    else if (piece !== '') fragments.push({ text: piece, hit });
  };
  for (const piece of text.split(/([\p{L}\p{N}\p{M}]+)/u)) {
    const words = foldText(piece).trim().split(' ');
    add(piece, words[0] !== '' && words.every((word) => wanted.has(stemOf(word))));
  }
  return fragments;
}
