/** Where the time comes from: the machine, a replayed moment (`--now`), or a test. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A clock that started at `start` when it was made and runs on from there. */
export function clockFrom(start: Date): Clock {
  const offsetMs = start.getTime() - Date.now();
  return { now: () => new Date(Date.now() + offsetMs) };
}

/** A clock that stands still until it is moved. */
export interface StoppedClock extends Clock {
  set(now: Date): void;
}

/** For tests and replays. */
export function stoppedClock(start: Date): StoppedClock {
  let current = start;
  return {
    now: () => current,
    set(now) {
      current = now;
    },
  };
}
