/** The link of a proof mail works this long, in milliseconds: a quarter of an hour, so that an old or forwarded one opens nothing. */
export const PROOF_LIFE_MS = 15 * 60 * 1000;
/** At least this long between two proof mails to one reader, in milliseconds: an hour. Whoever holds a forwarded mail can ask for them. */
export const PROOF_PAUSE_MS = 60 * 60 * 1000;

/** Does a proof that was asked for then still open something now? */
export const isProofOpen = (askedAt: Date, now: Date) => now.getTime() - askedAt.getTime() < PROOF_LIFE_MS;

/**
 * When the next proof mail may be asked for, if not now.
 *
 * @param lastAskedAt - null: never
 */
export function waitForProof(lastAskedAt: Date | null, now: Date): Date | null {
  const next = (lastAskedAt?.getTime() ?? 0) + PROOF_PAUSE_MS;
  return next > now.getTime() ? new Date(next) : null;
}
