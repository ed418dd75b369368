import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut, select } from '../../../src/deliveries/index.ts';

test('cut loses nothing, keeps the order, and makes pieces that are full but for the last', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 20 }), (items, size) => {
      const pieces = cut(items, size);
      expect(pieces.flat()).toEqual(items);
      expect(pieces).toHaveLength(Math.ceil(items.length / size));
      for (const [index, piece] of pieces.entries())
        expect(piece.length).toBe(index < pieces.length - 1 ? size : items.length - index * size);
    }),
  );
});

test('select gives the first cards, as many as were asked for and there are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string()),
      fc.option(fc.integer({ min: 1, max: 100 }), { nil: null }),
      (cards, max) => {
        const chosen = select(cards, max);
        expect(chosen).toHaveLength(Math.min(cards.length, max ?? cards.length));
        expect(cards.slice(0, chosen.length)).toEqual(chosen);
      },
    ),
  );
});
