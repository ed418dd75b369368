import { setImmediate as turned } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLoopShare } from '../../src/outbox/loop-share.ts';

function holdFor(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

test('who holds the event loop for long lets it turn between, in their order', async () => {
  const share = createLoopShare(5);
  const told: number[] = [];
  let turns = 0;
  let isOver = false;
  const counting = (async () => {
    for (; !isOver; turns += 1) await turned();
  })();
  await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      await undefined;
      while (share.isHeld()) await share.turn();
      holdFor(2);
      told.push(n);
    }),
  );
  isOver = true;
  await counting;
  expect(told).toEqual(Array.from({ length: 20 }, (_, n) => n));
  // 40 ms of work, 5 ms and one piece at once.
  expect(turns).toBeGreaterThanOrEqual(4);
});

test('who is alone waits for nothing, and the time between turns is nobody’s', async () => {
  const share = createLoopShare(5);
  expect(share.isHeld()).toBe(false);
  expect(share.isHeld()).toBe(false);
  holdFor(6);
  expect(share.isHeld()).toBe(true);
  await share.turn();
  expect(share.isHeld()).toBe(false);
});
