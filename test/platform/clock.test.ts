import { expect, test } from 'vitest';
import { clockFrom, stoppedClock, systemClock } from '../../src/platform/index.ts';

test("the system's clock is the machine's", () => {
  const before = Date.now();
  const now = systemClock.now().getTime();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
});

test('a replayed moment runs on, at the speed of the machine', async () => {
  const start = new Date('2026-06-11T07:00Z');
  const clock = clockFrom(start);
  const began = Date.now();
  const [first, second] = [
    clock.now(),
    await new Promise<Date>((go) => setTimeout(() => go(clock.now()), 20)),
  ];
  const passed = Date.now() - began;
  expect(first.getTime() - start.getTime()).toBeLessThanOrEqual(passed);
  expect(second.getTime() - first.getTime()).toBeGreaterThanOrEqual(15);
  expect(second.getTime() - first.getTime()).toBeLessThanOrEqual(passed);
});

test('a stopped clock stands still until it is moved', () => {
  const clock = stoppedClock(new Date('2026-06-11T07:00Z'));
  expect(clock.now()).toEqual(clock.now());
  clock.set(new Date('2026-06-10T00:00Z'));
  expect(clock.now().toISOString()).toBe('2026-06-10T00:00:00.000Z');
});
