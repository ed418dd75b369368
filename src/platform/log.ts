import { type Logger, pino } from 'pino';

/** One JSON line an event, with ids; never an address, a token or a secret. */
export type Log = Logger;

/**
 * Logs go to standard error, so that a verb's own output can be piped.
 *
 * @param level - pino's levels and `silent` (default: `info`)
 */
export function createLog(level = 'info'): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
