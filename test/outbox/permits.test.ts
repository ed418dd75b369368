import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPermits } from '../../src/outbox/index.ts';
import { laneWidth } from '../../src/outbox/send-batch.ts';

describe('permits', () => {
  test('are never more than there are, whatever is taken and given in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 15 })), { maxLength: 60 }),
        async (total, steps) => {
          const permits = createPermits(total);
          const held: number[] = [];
          const waits: Promise<void>[] = [];
          const sum = () => held.reduce((all, n) => all + n, 0);
          for (const [takes, n] of steps) {
            if (takes) waits.push(permits.take(n).then((taken) => void held.push(taken)));
            else permits.give(held.shift() ?? 0);
            await Promise.resolve();
            expect(sum()).toBeLessThanOrEqual(total);
          }
          // Whoever waits gets its turn once the others give back.
          let open = waits.length;
          for (const wait of waits) wait.then(() => (open -= 1));
          while (open > 0) {
            await Promise.resolve();
            permits.give(held.shift() ?? 0);
          }
          for (const n of held) permits.give(n);
          expect(permits.takeMore(total + 1)).toBe(total);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('are given in the order in which they were asked for', async () => {
    const permits = createPermits(2);
    expect(await permits.take(2)).toBe(2);
    const order: string[] = [];
    const first = permits.take(1).then(() => order.push('first'));
    const second = permits.take(5).then(() => order.push('second'));
    expect(permits.takeMore(1)).toBe(0);
    permits.give(2);
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });
});

test.each([
  [1, 1],
  [2, 1],
  [5, 3],
  [10, 5],
  [40, 20],
  [50, 20],
  [100, 25],
  [400, 100],
])('%i connections: a lane claims %i rows', (connections, width) =>
  expect(laneWidth(connections)).toBe(width),
);
