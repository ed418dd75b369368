import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryWaitMs } from '../../../src/deliveries/index.ts';

const MINUTE_MS = 60_000;
const attempts = fc.integer({ min: 1, max: 1_000 });
const random = fc.double({ min: 0, max: 1, noNaN: true });

test('waits grow with attempts and never shrink', () => {
  fc.assert(
    fc.property(attempts, random, (made, chance) => {
      expect(retryWaitMs(made + 1, chance)).toBeGreaterThanOrEqual(retryWaitMs(made, chance));
    }),
  );
});

test('a wait is whole milliseconds, at least 48 seconds and at most 72 minutes, whatever the chance', () => {
  fc.assert(
    fc.property(attempts, random, (made, chance) => {
      const wait = retryWaitMs(made, chance);
      expect(Number.isInteger(wait)).toBe(true);
      expect(wait).toBeGreaterThanOrEqual(0.8 * MINUTE_MS);
      expect(wait).toBeLessThanOrEqual(1.2 * 60 * MINUTE_MS);
    }),
  );
});

test('the first wait is short, for greylisting; from the fourth on it is near the half hour that RFC 5321 asks for', () => {
  expect(retryWaitMs(1, 0.5)).toBe(MINUTE_MS);
  expect(retryWaitMs(4, 0.5)).toBe(20 * MINUTE_MS);
  expect(retryWaitMs(5, 0.5)).toBeGreaterThan(30 * MINUTE_MS);
  expect(retryWaitMs(500, 0.5)).toBe(60 * MINUTE_MS);
});

test('chance spreads a wait over a fifth of it to either side', () => {
  expect(retryWaitMs(3, 0)).toBe(8 * MINUTE_MS);
  expect(retryWaitMs(3, 1)).toBe(12 * MINUTE_MS);
});
