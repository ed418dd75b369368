/**
 * What a digest's parts may take together, in bytes of the message. Mail clients clip at about 102 kB; the promise is to stay
 * under 100 kB in all, headers and slots (which are estimated) included.
 */
export const DIGEST_BYTES_MAX = 96_000;

/** Bytes of a card in both formats. */
export interface CardSize {
  short: number;
  full: number;
}

/**
 * How much of a digest fits: first all cards with short abstracts, the last ones left out where they are too many; then,
 * from the top, as many abstracts in full as there is room for.
 *
 * @param room - bytes for the cards
 * @returns numbers of cards, counted from the first
 */
export function fitCards(
  sizes: readonly CardSize[],
  room: number,
  abstracts: 'short' | 'full',
): { cards: number; fullAbstracts: number } {
  let left = room;
  let cards = 0;
  for (const { short } of sizes) {
    if (short > left) break;
    left -= short;
    cards += 1;
  }
  let fullAbstracts = 0;
  if (abstracts === 'full')
    for (const { short, full } of sizes.slice(0, cards)) {
      if (full - short > left) break;
      left -= full - short;
      fullAbstracts += 1;
    }
  return { cards, fullAbstracts };
}
