import type { PreferencesChange } from '../../subscribers/rules/sign-up.ts';
import { dayInWords } from './calendar.ts';

/** One field of a form that sends something back. */
export interface HiddenField {
  name: string;
  value: string;
}

const WEEKDAYS = ['Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays', 'Sundays'];
const WORKDAYS = '1,2,3,4,5';

const listing = new Intl.ListFormat('en-GB', { type: 'conjunction' });

function daysInWords(days: readonly number[]): string {
  if (days.length === 7) return 'on any day';
  if (days.join() === WORKDAYS) return 'from Monday to Friday';
  return `on ${listing.format(days.map((day) => WEEKDAYS[day - 1] ?? ''))}`;
}

/** What a reader's digest is from now on, in a sentence or two. */
export function preferencesInWords({ preferences, pausedUntil }: PreferencesChange): string {
  const { cadence, days, hour, timezone, maxPapers } = preferences;
  const often = cadence === 'weekly' ? 'weekly' : 'daily';
  const at = `${String(hour).padStart(2, '0')}:00`;
  const most =
    maxPapers === null ? '' : `, with at most ${maxPapers === 1 ? 'one paper' : `${maxPapers} papers`}`;
  const pause = pausedUntil === null ? '' : ` None comes before ${dayInWords(pausedUntil)}.`;
  return `Your digest comes ${often}, ${daysInWords(days)}, at ${at} ${timezone.replaceAll('_', ' ')} time${most}.${pause}`;
}

/** `maxPapers` as the form calls it: `max_papers`. */
const fieldName = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const flat = ({ preferences, pausedUntil }: PreferencesChange): Record<string, unknown> => ({
  ...preferences,
  pausedUntil,
});

/**
 * The fields that, posted to the page, put back what a change replaced: those that differ, so that what was changed in
 * another window meanwhile stays. Empty when nothing differs.
 */
export function undoFields(former: PreferencesChange, saved: PreferencesChange): HiddenField[] {
  const after = flat(saved);
  return Object.entries(flat(former))
    .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(after[key]))
    .flatMap(([key, value]) => {
      const name = fieldName(key);
      // A list may be empty: an empty field tells that from no such field.
      const values = Array.isArray(value) ? ['', ...value] : [value ?? ''];
      return values.map((one) => ({ name, value: String(one) }));
    });
}
