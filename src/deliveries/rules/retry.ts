const MINUTE_MS = 60_000;

/**
 * Waits before the next attempt, by attempts made: short at first, for greylisting (which asks for minutes), then
 * growing to an hour. RFC 5321 section 4.5.4.1 asks for at least 30 minutes in the long run.
 */
const WAITS_MS = [1, 3, 10, 20, 40, 60].map((minutes) => minutes * MINUTE_MS);

/**
 * How long to wait before trying again, in milliseconds.
 *
 * @param attempts - attempts made so far, at least 1
 * @param random - from 0 to 1; spreads the waits over ±20 %, so that a server that came back is not met by all at once
 */
export function retryWaitMs(attempts: number, random: number): number {
  const wait = WAITS_MS[Math.min(attempts, WAITS_MS.length) - 1] ?? MINUTE_MS;
  return Math.round(wait * (0.8 + 0.4 * random));
}
