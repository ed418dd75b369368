import { describe, expect, it } from 'vitest';
import {
  addDays,
  closingTime,
  coverOf,
  isoWeekOf,
  longDate,
  mondayOf,
  weekName,
} from '../../../src/editions/rules/dates.ts';

describe('longDate', () => {
  it('prints the calendar day, whatever the zone of the machine', () => {
    expect(longDate('2026-06-10')).toBe('10 June 2026');
    expect(longDate('2026-01-01')).toBe('1 January 2026');
    expect(longDate('2024-12-31')).toBe('31 December 2024');
  });
});

describe('ISO weeks', () => {
  // ISO 8601: the week with the year's first Thursday is week 1, so years begin and end in each other's weeks.
  it.each([
    ['2026-06-10', 2026, 24],
    ['2021-01-03', 2020, 53],
    ['2021-01-04', 2021, 1],
    ['2024-12-30', 2025, 1],
    ['2023-01-01', 2022, 52],
    ['2026-12-31', 2026, 53],
    ['2028-01-02', 2027, 52],
  ])('%s is in week %i-W%i', (day, year, week) => {
    expect(isoWeekOf(day)).toEqual({ year, week });
  });

  it('begin on Monday, cover seven days, and have a name', () => {
    expect(mondayOf('2026-06-14')).toBe('2026-06-08');
    expect(mondayOf('2026-06-08')).toBe('2026-06-08');
    expect(coverOf('weekly', '2026-06-08')).toEqual({ from: '2026-06-08', to: '2026-06-14' });
    expect(weekName('2021-01-04')).toBe('2021-W01');
  });
});

describe('closingTime', () => {
  it('is EDITION_AT on the next day, weekly on the Monday after', () => {
    expect(closingTime('daily', '2026-06-10', 120).toISOString()).toBe('2026-06-11T02:00:00.000Z');
    expect(closingTime('weekly', '2026-06-08', 90).toISOString()).toBe('2026-06-15T01:30:00.000Z');
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01');
  });
});
