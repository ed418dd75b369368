import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ENDINGS, prove, type State, WAITING } from '../../../src/deliveries/index.ts';

const STATES: readonly State[] = [...WAITING, ...ENDINGS];
const anyTally = fc.dictionary(fc.constantFrom(...STATES), fc.nat({ max: 1_000_000 }));
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, n) => total + n, 0);

test('a proof holds if and only if planned is the sum of all rows', () => {
  fc.assert(
    fc.property(anyTally, fc.integer({ min: -3, max: 3 }), (tally, lost) => {
      const rows = sum(Object.values(tally));
      expect(prove(rows + lost, tally).holds).toBe(lost === 0);
    }),
  );
});

test('each row is counted once: waiting and the endings add up to the rows', () => {
  fc.assert(
    fc.property(anyTally, (tally) => {
      const { planned, holds, waiting, ...endings } = prove(0, tally);
      expect(Object.keys(endings).sort()).toEqual([...ENDINGS].sort());
      expect(waiting + sum(Object.values(endings))).toBe(sum(Object.values(tally)));
    }),
  );
});

test('an edition for nobody holds', () => {
  expect(prove(0, {})).toMatchObject({ planned: 0, sent: 0, waiting: 0, holds: true });
});
