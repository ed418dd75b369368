import { type Settlement, settle } from '../deliveries/index.ts';
import type { Clock, Db, Log } from '../platform/index.ts';

/** SQLSTATE classes of a statement that will never succeed: data, constraints, syntax (Postgres manual, appendix A). */
const HOPELESS = /^(22|23|42)/;

/** Did a statement fail in a way that another time may mend: the database away, shutting down, out of connections? */
export function isPassing(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: string } };
  return cause !== undefined && !HOPELESS.test(cause.code ?? '');
}

/**
 * Mails that have left must be written down: while the database is away this waits and tries again. If the process ends
 * first, the sweep finds the claim and calls the rows uncertain, which is what they are then. A row that the database
 * will never take is left to the sweep too, and holds up no other.
 */
export async function settleFirmly(
  context: { db: Db; clock: Clock; log: Log },
  claimId: string,
  endings: readonly Settlement[],
): Promise<void> {
  const { db, clock, log } = context;
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 5_000)) {
    try {
      const settled = await settle(db, claimId, clock.now(), endings);
      if (settled < endings.length)
        log.error(
          { claim: claimId, missing: endings.length - settled },
          'rows were settled by somebody else',
        );
      return;
    } catch (error) {
      log.warn({ err: (error as Error).message, rows: endings.length }, 'could not settle');
      if (!isPassing(error)) {
        if (endings.length > 1) for (const ending of endings) await settleFirmly(context, claimId, [ending]);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}
