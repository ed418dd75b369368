/** Wrong tries of each address, in this process's memory. */
export interface Tries {
  /** Milliseconds until this address may try again; 0 where it may now. */
  waitMs(from: string, nowMs: number): number;
  /** Counts a wrong try. */
  miss(from: string, nowMs: number): void;
}

/** More addresses than this at once are an attack from many; the oldest are forgotten, so that memory stays bounded. */
const ADDRESSES_MAX = 10_000;

/**
 * Counts wrong tries from the first of a window on.
 *
 * @param options.limit - wrong tries that are allowed within a window
 */
export function createTries({ limit, windowMs }: { limit: number; windowMs: number }): Tries {
  const windows = new Map<string, { misses: number; endsMs: number }>();
  const openWindow = (from: string, nowMs: number) => {
    const found = windows.get(from);
    const left = (found?.endsMs ?? 0) - nowMs;
    // A clock that was put back must not shut anybody out for longer than a window.
    return found && left > 0 && left <= windowMs ? found : undefined;
  };
  return {
    waitMs(from, nowMs) {
      const open = openWindow(from, nowMs);
      return open && open.misses >= limit ? open.endsMs - nowMs : 0;
    },
    miss(from, nowMs) {
      const open = openWindow(from, nowMs);
      if (open) {
        open.misses += 1;
        return;
      }
      // Put in anew, so that the map's order is the order of the windows.
      windows.delete(from);
      windows.set(from, { misses: 1, endsMs: nowMs + windowMs });
      const [oldest] = windows.keys();
      if (windows.size > ADDRESSES_MAX && oldest !== undefined) windows.delete(oldest);
    },
  };
}
