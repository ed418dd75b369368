import type { Cadence } from '../../../editions/rules/dates.ts';
import { count, thousands } from '../../../editions/rules/words.ts';
import { dayInWords } from '../../rules/calendar.ts';
import { editionInWords } from '../../rules/edition-names.ts';

/** How the operator's pages write moments, spans and names. All times are UTC. */

const shortMoment = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

/** A moment for people and for programs: `11 Jun 2026, 09:00`. */
export const toMoment = (moment: Date) => ({ iso: moment.toISOString(), words: shortMoment.format(moment) });

const SPANS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** A span in its largest unit, rounded down: `3 hours`; below a minute `a moment`. */
export function spanOf(ms: number): string {
  for (const [unit, unitMs] of SPANS) if (ms >= unitMs) return count(Math.floor(ms / unitMs), unit);
  return 'a moment';
}

/** An edition's name: `Daily`, `Wednesday, 10 June 2026`. */
export function nameEdition(cadence: string, issueDate: string): { kind: string; name: string } {
  if (cadence === 'sample') return { kind: 'Sample', name: dayInWords(issueDate) };
  const { kind, name } = editionInWords({ cadence: cadence as Cadence, issueDate });
  return { kind, name };
}

export { count, thousands };
