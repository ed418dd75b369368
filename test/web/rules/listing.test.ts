import { describe, expect, test } from 'vitest';
import { lastDayWithin, periodLink, periodOf, readPeriod } from '../../../src/web/rules/listing.ts';

describe('listing', () => {
  test('a query names a day, a week, a month or nothing', () => {
    expect(readPeriod({})).toBe('latest');
    expect(readPeriod({ date: '' })).toBe('latest');
    expect(readPeriod({ date: '2026-06-10' })).toEqual({
      kind: 'day',
      name: '2026-06-10',
      from: '2026-06-10',
      to: '2026-06-10',
    });
    expect(readPeriod({ week: '2026-W24' })).toMatchObject({ kind: 'week', from: '2026-06-08' });
    expect(readPeriod({ month: '2026-06' })).toMatchObject({ kind: 'month', to: '2026-06-30' });
  });

  test.each([
    { date: 'today' },
    { date: ['2026-06-10', '2026-06-11'] },
    { week: '2026-W60' },
    { month: '2026-6' },
    { date: '2026-06-10', week: '2026-W24' },
  ])('%j gets a sentence', (query) => {
    expect(readPeriod(query)).toHaveProperty('fault');
  });

  test('links lead to the period that holds a day', () => {
    expect(periodLink('day', '2026-06-10').href).toBe('/papers?date=2026-06-10');
    expect(periodLink('week', '2026-06-10').href).toBe('/papers?week=2026-W24');
    expect(periodLink('month', '2026-06-10').href).toBe('/papers?month=2026-06');
  });

  test('from a month one comes to its last day with papers', () => {
    const month = periodOf('month', '2026-06');
    if (!month) throw new Error('no month');
    expect(lastDayWithin(month, '2026-06-11')).toBe('2026-06-11');
    expect(lastDayWithin(month, '2026-07-11')).toBe('2026-06-30');
    expect(lastDayWithin(month, null)).toBe('2026-06-30');
  });
});
