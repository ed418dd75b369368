import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkFollows, FOLLOW_FIELDS, NO_FOLLOWS, readFollows } from '../../../src/interests/index.ts';
import { readSignUpForm } from '../../../src/subscribers/index.ts';
import { followsOfForm, followsOfJson } from '../../../src/web/rules/follows.ts';

const follows = (over: Partial<typeof NO_FOLLOWS>) => ({ ...NO_FOLLOWS, ...over });

describe('lists of what is followed', () => {
  test('come from repeated fields, lines, or JSON', () => {
    expect(followsOfForm({ topics: ['', 'a', ' b '], searches: 'x\r\n\r\ny\rz' }).topics).toEqual([
      'a',
      ' b ',
    ]);
    expect(followsOfForm({ searches: 'x\r\n \ny\rz' }).searches).toEqual(['x', 'y', 'z']);
    const stored = follows({ authors: ['Ada'] });
    expect(followsOfForm({ topics: '' }, stored)).toEqual(stored);
    expect(followsOfForm({ authors: '' }, stored)).toEqual(NO_FOLLOWS);
    expect(followsOfJson({ topics: ['a'], searches: 'x', authors: [1] })).toEqual(follows({ topics: ['a'] }));
    for (const body of [null, 7, 'x', [], undefined]) expect(followsOfJson(body)).toEqual(NO_FOLLOWS);
  });

  test('what is understood is kept beside what is not; each fault names its place', () => {
    const reading = readFollows(
      follows({ topics: ['robotics', '<nonsense>'], searches: ['a OR', 'fine'], authors: ['Ada'] }),
    );
    expect(reading.follows).toEqual(follows({ topics: ['robotics'], searches: ['fine'], authors: ['Ada'] }));
    expect(reading.faults.map(({ field }) => field)).toEqual(['topics/1', 'searches/0']);
  });

  test('what is stored already is not held against newer rules', () => {
    const stored = follows({
      topics: ['<nonsense>'],
      searches: Array.from({ length: 50 }, (_, at) => `w${at}`),
    });
    expect(readFollows(stored, stored)).toEqual({ follows: stored, faults: [] });
    const one = follows({ topics: ['<nonsense>'], authors: ['Ada'] });
    expect(readFollows(one, stored)).toEqual({ follows: one, faults: [] });
    const more = follows({ ...stored, authors: ['Ada'] });
    expect(readFollows(more, stored).faults).toEqual([
      { field: '', message: expect.stringContaining('Keep to 50 interests; these are 52.') },
    ]);
  });

  test('any texts at all: never thrown; ok, or a sentence for a field that was sent; what is ok passes again', () => {
    const list = fc.array(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('robotics')), {
      maxLength: 8,
    });
    const body = fc.record(Object.fromEntries(FOLLOW_FIELDS.map((field) => [field, list])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(body, (typed) => {
        const form = { email: 'a@example.org', ...typed };
        const reading = checkFollows(readSignUpForm(form), followsOfForm(form));
        if (!reading.ok) {
          expect(reading.faults.length).toBeGreaterThan(0);
          for (const { field, message } of reading.faults) {
            expect(field).toMatch(/^(?:topics|searches|authors|organisations|categories)\/\d+$/);
            expect(message).toMatch(/\.$/);
          }
          return;
        }
        const again = readFollows(reading.value.preferences);
        expect(again.faults).toEqual([]);
        for (const field of FOLLOW_FIELDS)
          expect(again.follows[field]).toEqual(reading.value.preferences[field]);
      }),
      { numRuns: 60 },
    );
  });
});
