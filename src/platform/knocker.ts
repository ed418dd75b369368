import type { Log } from './log.ts';

/** Asks for work without waiting for it. */
export interface Knocker {
  /** Returns at once and never throws. */
  knock(): void;
  /** Resolves when what was asked for is done. */
  settled(): Promise<void>;
}

/** Runs `work` on each knock, never twice at once: knocks that come meanwhile are answered by one more run. */
export function createKnocker(work: () => Promise<void>, log: Log): Knocker {
  let running: Promise<void> | undefined;
  let again = false;
  async function run() {
    do {
      again = false;
      await work().catch((error: Error) =>
        log.warn({ err: error.message }, 'a knock failed; the clock will do it'),
      );
    } while (again);
    running = undefined;
  }
  return {
    knock() {
      if (running) again = true;
      else running = run();
    },
    settled: async () => running,
  };
}
