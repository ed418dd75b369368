/** The link of a proof mail works this long, in milliseconds: a quarter of an hour, so that an old or forwarded one opens nothing. */
export const PROOF_LIFE_MS = 15 * 60 * 1000;
/** At least this long between two proof mails to one reader, in milliseconds: as long as a link works, so that nobody waits without one. */
const PROOF_PAUSE_MS = PROOF_LIFE_MS;
/** Proof mails to one reader within `PROOF_SPAN_MS`: whoever holds a forwarded mail can ask for them. */
const PROOFS_MAX = 6;
/** The span over which proof mails are counted, in milliseconds: a day. */
export const PROOF_SPAN_MS = 24 * 60 * 60 * 1000;
const MINUTE_MS = 60 * 1000;

/** Does a proof that was asked for then still open something now? */
export const isProofOpen = (askedAt: Date, now: Date) => now.getTime() - askedAt.getTime() < PROOF_LIFE_MS;

/**
 * When the next proof mail may be asked for, if not now; rounded up to the minute, as it is told to the reader.
 *
 * @param askedAt - when mails were asked for within `PROOF_SPAN_MS`, the newest first
 */
export function waitForProof(askedAt: readonly Date[], now: Date): Date | null {
  const next = Math.max(
    (askedAt[0]?.getTime() ?? 0) + PROOF_PAUSE_MS,
    (askedAt[PROOFS_MAX - 1]?.getTime() ?? 0) + PROOF_SPAN_MS,
  );
  return next > now.getTime() ? new Date(Math.ceil(next / MINUTE_MS) * MINUTE_MS) : null;
}
