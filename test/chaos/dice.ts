/** From 0 to 1, the same row of numbers for the same seed (mulberry32). */
export function createDice(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws without putting back, and fills the bag again when it is empty: nothing is left out for long, and nothing is foreseen. */
export function createBag<Item>(items: readonly Item[], random: () => number): () => Item {
  let bag: Item[] = [];
  return () => {
    if (bag.length === 0) bag = [...items];
    const [drawn] = bag.splice(Math.floor(random() * bag.length), 1);
    if (drawn === undefined) throw new Error('The bag holds nothing.');
    return drawn;
  };
}
