/** Places from 1, the mean of their places for equal values. */
export function placesOf(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const places: number[] = Array(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && order[to + 1]?.value === order[from]?.value) to += 1;
    for (const { index } of order.slice(from, to + 1)) places[index] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return places;
}

/** Spearman's rank correlation, ties by mean places; undefined where either side is all the same. */
export function spearman(a: readonly number[], b: readonly number[]): number | undefined {
  const [x, y] = [placesOf(a), placesOf(b)];
  const mean = (a.length + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (const [index, place] of x.entries()) {
    const [dx, dy] = [place - mean, (y[index] ?? 0) - mean];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xx === 0 || yy === 0 ? undefined : xy / Math.sqrt(xx * yy);
}

/**
 * The share of the first `k` by `scores` that belong to the top `k` by `settled`; what has as much as the last of these
 * belongs to them. Equal scores stand in the order given. Undefined where there are no more than `k`: nothing is chosen.
 */
export function recallAt(
  k: number,
  scores: readonly number[],
  settled: readonly number[],
): number | undefined {
  if (scores.length <= k) return undefined;
  const least = [...settled].sort((a, b) => b - a)[k - 1] ?? 0;
  const first = scores.map((score, index) => ({ score, index })).sort((a, b) => b.score - a.score);
  return first.slice(0, k).filter(({ index }) => (settled[index] ?? 0) >= least).length / k;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);

/** A rule's mean over days, and how much more it is than the other's on the same days, with its 95 % interval. */
export interface Compared {
  days: number;
  mean: number;
  more: number;
  low: number;
  high: number;
}

/** Compares two rules day by day: the bootstrap draws days with replacement, both rules from the same draw. */
export function compare(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
  options: { resamples: number; seed: number },
): Compared {
  const both = ours.flatMap((our, index) => {
    const their = theirs[index];
    return our === undefined || their === undefined ? [] : [{ our, more: our - their }];
  });
  const random = randomFrom(options.seed);
  const draws = Array.from({ length: options.resamples }, () =>
    meanOf(both.map(() => both[Math.floor(random() * both.length)]?.more ?? 0)),
  ).sort((a, b) => a - b);
  const at = (share: number) => draws[Math.min(draws.length - 1, Math.floor(share * draws.length))] ?? 0;
  return {
    days: both.length,
    mean: meanOf(both.map(({ our }) => our)),
    more: meanOf(both.map(({ more }) => more)),
    low: at(0.025),
    high: at(0.975),
  };
}
