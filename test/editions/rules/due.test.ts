import { describe, expect, it } from 'vitest';
import { dueIssues } from '../../../src/editions/rules/due.ts';

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
