import { expect, test } from 'vitest';
import { type LedgerLine, viewHistoryLine } from '../../../src/web/rules/digest-history.ts';

const line: LedgerLine = {
  id: 7,
  state: 'sent',
  reason: null,
  afterwards: null,
  dueAt: new Date('2026-06-11T05:00Z'),
  settledAt: new Date('2026-06-11T05:00:02Z'),
  editionId: 1,
  cadence: 'daily',
  issueDate: '2026-06-10',
  papers: ['2606.10001'],
  reasons: null,
};
const words = (change: Partial<LedgerLine>) => viewHistoryLine({ ...line, ...change }, 'Europe/Berlin').words;

test('what became of a digest, in the words and the hours of its reader', () => {
  expect(viewHistoryLine(line, 'Europe/Berlin')).toEqual({
    name: 'Daily edition, Wednesday, 10 June 2026',
    words: 'Delivered to your mail server on Thursday, 11 June at 07:00.',
    readId: 7,
  });
  expect(words({ afterwards: 'complained' })).toContain('reported as spam');
  expect(words({ state: 'skipped', reason: 'paused' })).toBe('Skipped because you had paused your digest.');
  expect(words({ state: 'skipped', reason: 'too few papers match' })).toBe(
    'Skipped because fewer papers matched than you asked for.',
  );
  expect(words({ state: 'uncertain' })).toMatch(/^Perhaps delivered/);
  expect(words({ state: 'queued', settledAt: null })).toBe(
    'Not sent yet: it is due on Thursday, 11 June at 07:00.',
  );
});

test('nothing that a server said is shown, whatever the state', () => {
  const said = '550 5.1.1 <ada@example.org>: user unknown';
  for (const state of ['planned', 'sent', 'skipped', 'failed', 'uncertain', 'expired', 'cancelled'] as const)
    expect(words({ state, reason: said })).not.toMatch(/550|ada|unknown/);
  expect(words({ state: 'skipped', reason: null })).toBe('Skipped.');
});

test('an edition that was removed, or was not sent, cannot be read', () => {
  expect(viewHistoryLine({ ...line, cadence: null, issueDate: null }, 'UTC')).toMatchObject({
    name: 'An edition that was removed',
    readId: null,
  });
  expect(viewHistoryLine({ ...line, papers: null }, 'UTC').readId).toBeNull();
});
