import { describe, expect, test } from 'vitest';
import {
  dayInWords,
  momentInWords,
  parseDay,
  parseMonth,
  parseWeek,
  weekOf,
} from '../../../src/web/rules/calendar.ts';

describe('calendar', () => {
  test.each(['2026-06-10', '2024-02-29', '1991-01-01'])('%s is a day', (day) => {
    expect(parseDay(day)).toBe(day);
  });

  test.each([
    '',
    '2026-02-30',
    '2026-6-1',
    '1990-12-31',
    '0000-00-00',
    '20260610',
    '2026-06-10T00:00',
    '２０２６-06-10',
  ])('%j is no day', (text) => {
    expect(parseDay(text)).toBeUndefined();
  });

  test('weeks are those of ISO 8601, also at the ends of a year', () => {
    expect(parseWeek('2026-W24')).toEqual({ from: '2026-06-08', to: '2026-06-14' });
    // 2026 has 53 weeks, 2025 has 52.
    expect(parseWeek('2026-W53')).toEqual({ from: '2026-12-28', to: '2027-01-03' });
    expect(parseWeek('2025-W53')).toBeUndefined();
    expect(weekOf('2027-01-01')).toBe('2026-W53');
    for (const text of ['2026-W00', '2026-W54', '2026-24', '2026-W1', '', 'W24'])
      expect(parseWeek(text)).toBeUndefined();
  });

  test('months have their own lengths', () => {
    expect(parseMonth('2026-02')).toEqual({ from: '2026-02-01', to: '2026-02-28' });
    expect(parseMonth('2026-12')).toEqual({ from: '2026-12-01', to: '2026-12-31' });
    for (const text of ['2026-13', '2026-00', '2026', '', '2026-2']) expect(parseMonth(text)).toBeUndefined();
  });

  test('days and moments are said in words, in the zone of the reader', () => {
    expect(dayInWords('2026-06-10')).toBe('Wednesday, 10 June 2026');
    const moment = new Date('2026-06-10T22:30:00Z');
    expect(momentInWords(moment, 'UTC')).toBe('Wednesday, 10 June at 22:30');
    expect(momentInWords(moment, 'Europe/Berlin')).toBe('Thursday, 11 June at 00:30');
  });
});
