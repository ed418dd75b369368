/** How long many short pieces of work may hold the event loop together, in milliseconds. */
const HELD_MS = 10;

/**
 * For pieces of work that are short each and come by the hundred at once: right before each of them its doer asks, and
 * lets the event loop turn for as long as it is held. `while (share.isHeld()) await share.turn();`
 */
export interface LoopShare {
  /** The pieces done since the loop last turned have taken their time. */
  isHeld(): boolean;
  turn(): Promise<void>;
}

/** @param heldMs - together at most, and what the last of them takes on top (default: 10) */
export function createLoopShare(heldMs = HELD_MS): LoopShare {
  let beganAtMs: number | undefined;
  return {
    isHeld() {
      const nowMs = performance.now();
      if (beganAtMs === undefined) {
        beganAtMs = nowMs;
        setImmediate(() => {
          beganAtMs = undefined;
        });
      }
      return nowMs - beganAtMs >= heldMs;
    },
    turn: () => new Promise((turned) => setImmediate(turned)),
  };
}
