import { describe, expect, it } from 'vitest';
import { dueIssues, readSilence } from '../../../src/editions/rules/due.ts';

const dates = (now: string, since: string | undefined) =>
  dueIssues(new Date(now), since, 120).map(({ cadence, date }) => `${cadence} ${date}`);

describe('dueIssues', () => {
  it('goes back seven days and two weeks, oldest first', () => {
    expect(dates('2026-06-17T02:00:00Z', '2026-01-01')).toEqual([
      ...['10', '11', '12', '13', '14', '15', '16'].map((day) => `daily 2026-06-${day}`),
      'weekly 2026-06-01',
      'weekly 2026-06-08',
    ]);
  });

  it('leaves out what closes a moment later', () => {
    expect(dates('2026-06-15T01:59:59Z', '2026-06-13')).toEqual(['daily 2026-06-13']);
    expect(dates('2026-06-15T02:00:00Z', '2026-06-13')).toEqual([
      'daily 2026-06-13',
      'daily 2026-06-14',
      'weekly 2026-06-08',
    ]);
  });

  it('knows nothing of the days before the house had a paper or asked a source', () => {
    expect(dates('2026-06-17T12:00:00Z', '2026-06-16')).toEqual(['daily 2026-06-16']);
    expect(dates('2026-06-17T12:00:00Z', '2026-06-17')).toEqual([]);
    expect(dates('2026-06-17T12:00:00Z', undefined)).toEqual([]);
  });
});

describe('readSilence', () => {
  const closesAt = new Date('2026-06-11T02:00:00Z');
  const at = (time: string | null) => (time === null ? null : new Date(`2026-06-${time}:00Z`));
  const read = (now: string, answered: string | null, failed: string | null, hasPapers = false) =>
    readSilence({
      now: new Date(`2026-06-${now}:00Z`),
      closesAt,
      answeredAt: at(answered),
      failedAt: at(failed),
      to: '2026-06-10',
      hasPapers,
    });

  it('hears a source that answered after the day had ended, and not one that answered during it', () => {
    expect(read('11T02:00', '11T00:00', null)).toBe('heard');
    expect(read('11T02:00', '10T23:59', null)).toBe('waiting');
    expect(read('11T02:00', '10T23:59', null, true)).toBe('waiting');
  });

  it('waits half a day for a source that fails, an hour where there are papers to read', () => {
    expect(read('11T13:59', null, '11T13:45')).toBe('waiting');
    expect(read('11T14:00', null, '11T13:45')).toBe('unheard');
    expect(read('11T02:59', '10T20:00', '11T02:45', true)).toBe('waiting');
    expect(read('11T03:00', '10T20:00', '11T02:45', true)).toBe('unheard');
  });

  it('waits after a long stop until somebody has been asked', () => {
    expect(read('14T12:00', '10T20:00', '10T21:00', true)).toBe('waiting');
    expect(read('14T12:00', null, null)).toBe('waiting');
  });
});
