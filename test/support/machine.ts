import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Reporter } from 'vitest/node';

function onPath(...names: string[]): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter))
    for (const name of names) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here: the next.
      }
    }
  return undefined;
}

/** A Chromium that tests can drive: `CHROMIUM`, or one on the PATH. */
export const findChromium = () =>
  process.env.CHROMIUM || onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');

/** A Redis for tests: a server's URL in `TEST_REDIS_URL`, or the path of a binary to start. */
export const findRedis = () => process.env.TEST_REDIS_URL || onPath('redis-server', 'valkey-server');

/**
 * Names at the end of a run what this machine could not test. With `PAPERBOY_TEST_ALL` set (as in CI) a missing
 * part is a failure at once.
 */
export function leftOut(found: { chromium: string | undefined; redis: string | undefined }): Reporter {
  const missing = [
    ...(found.chromium ? [] : ['the browser suite (no Chromium on the PATH; set CHROMIUM)']),
    ...(found.redis
      ? []
      : ['the Redis suite (no redis-server or valkey-server on the PATH; set TEST_REDIS_URL)']),
  ];
  if (missing.length > 0 && process.env.PAPERBOY_TEST_ALL)
    throw new Error(`PAPERBOY_TEST_ALL is set, but this machine lacks ${missing.join(' and ')}.`);
  return {
    onTestRunEnd() {
      console.log(missing.length === 0 ? 'Nothing was left out.' : `Left out: ${missing.join('; ')}.`);
    },
  };
}
