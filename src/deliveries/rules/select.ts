/**
 * The cards that a reader gets: the edition's, in its order, as many as the reader asked for.
 *
 * @param maxPapers - null: all cards of the edition
 */
export function select<Card>(cards: readonly Card[], maxPapers: number | null): readonly Card[] {
  return maxPapers === null ? cards : cards.slice(0, maxPapers);
}
