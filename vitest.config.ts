import { defineConfig } from 'vitest/config';
import { findChromium, findRedis, leftOut } from './test/support/machine.ts';

const chromium = findChromium();
const redis = findRedis();

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...(chromium ? [] : ['test/**/*.browser.test.ts']),
      ...(redis ? [] : ['test/**/*.redis.test.ts']),
    ],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', leftOut({ chromium, redis })],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // What is waited for comes in milliseconds; a machine that is busy with other work may take seconds.
    expect: { poll: { timeout: 8_000 } },
    pool: 'forks',
    // A worker keeps the modules it has read from one test file to the next: half the time of starting a file. No test may leave
    // anything behind in them (house rule: nothing is mocked, stubs are undone).
    isolate: false,
    // Vitest would use one of two cores; three workers fill two, since most tests wait for a database, a socket or a browser.
    maxWorkers: 3,
    env: { NODE_ENV: 'test', ...(chromium && { CHROMIUM: chromium }), ...(redis && { REDIS_SERVER: redis }) },
  },
});
