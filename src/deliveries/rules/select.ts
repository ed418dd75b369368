/**
 * The cards that a reader gets: the edition's, in its order, as many as the reader asked for.
 *
 * @param maxPapers - null: all cards of the edition
 */
export function select<Card>(cards: readonly Card[], maxPapers: number | null): readonly Card[] {
  return maxPapers === null ? cards : cards.slice(0, maxPapers);
}

/** The cards of papers that the reader has not had. */
export function leaveOut<Card extends { paperId: string }>(
  cards: readonly Card[],
  had: readonly string[],
): readonly Card[] {
  if (had.length === 0) return cards;
  const before = new Set(had);
  return cards.filter((card) => !before.has(card.paperId));
}
