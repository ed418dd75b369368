import { describe, expect, it } from 'vitest';
import { isFeedDay, submissionWindow } from '../../../src/papers/rules/arxiv-days.ts';
import { addDays, newYorkDay, newYorkTime } from '../../../src/papers/rules/day.ts';

describe("New York's days", () => {
  it.each([
    ['2026-06-10T03:59:59Z', '2026-06-09'],
    ['2026-06-10T04:00:00Z', '2026-06-10'],
    ['2026-12-10T04:59:59Z', '2026-12-09'],
    ['2026-12-10T05:00:00Z', '2026-12-10'],
    // Clocks went forward on 8 March at 2 o'clock.
    ['2026-03-08T04:59:59Z', '2026-03-07'],
    ['2026-03-09T03:59:59Z', '2026-03-08'],
    ['2026-03-09T04:00:00Z', '2026-03-09'],
  ])('at %s it is %s there', (at, day) => expect(newYorkDay(new Date(at))).toBe(day));

  it('hours are found again over a year', () => {
    for (let day = '2026-01-01'; day < '2027-01-01'; day = addDays(day, 1))
      for (const hour of [0, 14, 20]) {
        const at = newYorkTime(day, hour);
        expect(newYorkDay(at)).toBe(day);
        expect([4, 5]).toContain((at.getTime() - Date.parse(`${day}T00:00:00Z`)) / 3_600_000 - hour);
      }
  });
});

describe("arXiv's rhythm", () => {
  it('has feeds from Monday to Friday', () => {
    const week = Array.from({ length: 7 }, (_, n) => addDays('2026-06-08', n));
    expect(week.map(isFeedDay)).toEqual([true, true, true, true, true, false, false]);
  });

  it.each([
    ['Monday', '2026-06-08', '2026-06-04T18:00', '2026-06-05T18:00'],
    ['Tuesday', '2026-06-09', '2026-06-05T18:00', '2026-06-08T18:00'],
    ['Wednesday', '2026-06-10', '2026-06-08T18:00', '2026-06-09T18:00'],
    ['Friday', '2026-06-12', '2026-06-10T18:00', '2026-06-11T18:00'],
    ['the Tuesday after the clocks went forward', '2026-03-10', '2026-03-06T19:00', '2026-03-09T18:00'],
  ])('%s has what was submitted up to 14:00 in New York', (_, day, from, to) => {
    expect(submissionWindow(day)).toEqual({ from: new Date(`${from}:00Z`), to: new Date(`${to}:00Z`) });
  });

  it('leaves no moment out and has none twice', () => {
    let day = '2025-12-29';
    let end = submissionWindow(day).to;
    for (let n = 0; n < 400; n += 1) {
      day = addDays(day, 1);
      if (!isFeedDay(day)) continue;
      const { from, to } = submissionWindow(day);
      expect(from).toEqual(end);
      end = to;
    }
  });
});
