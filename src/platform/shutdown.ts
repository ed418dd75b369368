import type { Log } from './log.ts';

/** Longest that a clean end may take before the process ends anyway; orchestrators kill after 10 s. */
const CLEAN_END_MS = 9_500;

/**
 * Waits for SIGINT or SIGTERM, closes, and ends the process with 0; with 1 when closing failed or took too long.
 * A second Ctrl-C ends it at once.
 *
 * @param withinMs - what closing may take (default: 9,500)
 */
export async function closeOnSignal(
  log: Log,
  close: () => Promise<void>,
  withinMs = CLEAN_END_MS,
): Promise<never> {
  const signal = await new Promise<NodeJS.Signals>((heard) => {
    // These stay: with no listener for a moment, a signal that comes twice would end the process as it stands.
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => heard(name));
  });
  log.info({ signal }, 'stopping');
  const timer = setTimeout(() => {
    log.error('stopping took too long; what was claimed is swept later');
    process.exit(1);
  }, withinMs);
  // npm and the terminal both deliver one Ctrl-C: a second within half a second is the same press.
  setTimeout(() => process.once('SIGINT', () => process.exit(130)), 500).unref();
  let code = 0;
  try {
    await close();
    log.info('stopped');
  } catch (error) {
    log.error({ err: (error as Error).message }, 'stopping failed');
    code = 1;
  }
  clearTimeout(timer);
  process.exit(code);
}
