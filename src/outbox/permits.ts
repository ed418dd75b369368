/**
 * As many as there are connections, for the whole process: who holds one may have one row claimed that is not settled
 * yet. So a sender that is killed leaves at most that many rows of which nobody knows.
 */
export interface Permits {
  /** All there are. */
  readonly total: number;
  /** Waits until one is free; takes up to `max` of those that are. First come, first served. */
  take(max: number): Promise<number>;
  /** Takes up to `max` of those that are free now; may be none. */
  takeMore(max: number): number;
  give(count: number): void;
}

/** @param total - at least 1 */
export function createPermits(total: number): Permits {
  let free = total;
  // Whoever waits is given its permits at once when they come free: then none is free while somebody waits.
  const waiting: { max: number; got: (count: number) => void }[] = [];
  const takeMore = (max: number) => {
    const taken = Math.max(0, Math.min(max, free));
    free -= taken;
    return taken;
  };
  return {
    total,
    take: async (max) => takeMore(max) || new Promise<number>((got) => waiting.push({ max, got })),
    takeMore,
    give(count) {
      free += count;
      while (free > 0 && waiting.length > 0) {
        const next = waiting.shift();
        next?.got(takeMore(next.max));
      }
    },
  };
}
