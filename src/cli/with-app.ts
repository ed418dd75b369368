import type { App } from '../app.ts';
import { type Clock, clockFrom, type Db, readConfig, systemClock } from '../platform/index.ts';
import type { Cli } from './cli.ts';

/** The clock of a verb: the machine's, or one that starts at `--now`. */
export const clockOf = (now: Date | undefined): Clock => (now ? clockFrom(now) : systemClock);

/**
 * Builds the app, does one thing with it, and closes it. Warnings are logged, what is in order is not (unless
 * LOG_LEVEL asks for it): the verb itself says what it did.
 *
 * @param options.logLevel - `error` for a verb that tells of each fault itself (default: `warn`)
 *
 * @throws ConfigError with all faults of the settings
 */
export async function withApp(
  cli: Cli,
  options: { now?: Date; logLevel?: 'warn' | 'error' },
  work: (app: App) => Promise<void>,
): Promise<void> {
  const quiet = { LOG_LEVEL: options.logLevel ?? 'warn', ...cli.input.file };
  const config = readConfig({ ...cli.input, file: quiet });
  // Loaded late, as every verb does with what is heavy: `--help` and `config` answer at once.
  const { createApp } = await import('../app.ts');
  const app = await createApp({ config, clock: clockOf(options.now) });
  try {
    await work(app);
  } finally {
    await app.close();
  }
}

/** Ends a transaction that was only tried. */
class Undone extends Error {}

/**
 * Does the work, and with `dryRun` undoes it: everything happens in one transaction that is rolled back, so that
 * what is reported is what would have come of it.
 */
export async function rehearse<T>(db: Db, dryRun: boolean, work: (db: Db) => Promise<T>): Promise<T> {
  if (!dryRun) return work(db);
  let result: { value: T } | undefined;
  try {
    await db.transaction(async (tx) => {
      result = { value: await work(tx) };
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone) || !result) throw error;
  }
  if (!result) throw new Error('The rehearsal ended without a result.');
  return result.value;
}

/** What stands before the report of a dry run. */
export const DRY_RUN = 'Dry run: nothing was changed.';
