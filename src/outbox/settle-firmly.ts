import { type Claimed, type Exchange, exchange, type Settlement, settle } from '../deliveries/index.ts';
import type { SendContext } from './send-context.ts';

/** SQLSTATE classes of a statement that will never succeed: data, constraints, syntax (Postgres manual, appendix A). */
const HOPELESS = /^(22|23|42)/;

/** Did a statement fail in a way that another time may mend: the database away, shutting down, out of connections? */
export function isPassing(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: string } };
  return cause !== undefined && !HOPELESS.test(cause.code ?? '');
}

/** Waits after a statement that failed, in milliseconds: growing, so that a database that comes back is not crowded. */
const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 5_000;

type Firm = Pick<SendContext, 'db' | 'clock' | 'log'>;

/** Repeats a statement while it fails in a passing way. @throws what will never pass, and anything once `giveUp` says so */
async function repeat<T>(
  { log }: Firm,
  work: () => Promise<T>,
  rows: number,
  giveUp = () => false,
): Promise<T & { repeated: boolean }> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LAST_WAIT_MS)) {
    try {
      return { ...(await work()), repeated: waitMs > FIRST_WAIT_MS };
    } catch (error) {
      log.warn({ err: (error as Error).message, rows }, 'could not settle');
      if (!isPassing(error) || giveUp()) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/** A statement whose answer was lost has settled its rows already: asked again it finds none, and that says nothing. */
function tellMissing(
  { log }: Firm,
  claimId: string,
  rows: number,
  { settled, repeated }: { settled: number; repeated: boolean },
): void {
  const missing = rows - settled;
  if (missing > 0 && !repeated) log.error({ claim: claimId, missing }, 'rows were settled by somebody else');
}

/**
 * Mails that have left must be written down: while the database is away this waits and tries again. If the process ends
 * first, the sweep finds the claim and calls the rows uncertain, which is what they are then. A row that the database
 * will never take is left to the sweep too, and holds up no other.
 */
export async function settleFirmly(
  context: Firm,
  claimId: string,
  endings: readonly Settlement[],
): Promise<void> {
  const { db, clock } = context;
  try {
    const write = async () => ({ settled: await settle(db, claimId, clock.now(), endings) });
    tellMissing(context, claimId, endings.length, await repeat(context, write, endings.length));
  } catch {
    if (endings.length > 1) for (const ending of endings) await settleFirmly(context, claimId, [ending]);
  }
}

/**
 * Settles as firmly, and claims the next rows.
 *
 * @param stop - once it has aborted, and nothing is to be settled, a database that is away is not waited for
 * @throws when the database will never let it claim
 */
export async function exchangeFirmly(
  context: Firm & Pick<SendContext, 'links'>,
  { claimId, endings, ids }: Pick<Exchange, 'claimId' | 'endings' | 'ids'>,
  until: () => Date,
  stop: AbortSignal | undefined,
): Promise<Claimed[]> {
  const { clock } = context;
  const ask = (open: readonly Settlement[]) =>
    repeat(
      context,
      () => exchange(context, { claimId, endings: open, ids, now: clock.now(), until: until() }),
      open.length,
      () => open.length === 0 && (stop?.aborted ?? false),
    );
  try {
    const answer = await ask(endings);
    tellMissing(context, claimId, endings.length, answer);
    return answer.rows;
  } catch (error) {
    // One of the endings may be what the database refuses: each on its own, then the claim alone.
    if (endings.length === 0) throw error;
    await settleFirmly(context, claimId, endings);
    return (await ask([])).rows;
  }
}
