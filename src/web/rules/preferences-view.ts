import type { Follows } from '../../interests/rules/follows.ts';
import { findTopic } from '../../interests/rules/interest.ts';
import type { Preferences } from '../../subscribers/rules/preferences.ts';
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

/** The day that a clock in `timezone` (IANA) shows. */
export const dayThere = (now: Date, timezone: string): string =>
  // The Swedish way of writing a date is the ISO one.
  new Intl.DateTimeFormat('sv-SE', { timeZone: timezone }).format(now);

/** A change whose pause has ended, by the day where the reader is, is one without a pause. */
export const withoutPastPause = <Change extends PreferencesChange>(change: Change, now: Date): Change =>
  change.pausedUntil !== null && change.pausedUntil <= dayThere(now, change.preferences.timezone)
    ? { ...change, pausedUntil: null }
    : change;

const daysInWords = (days: readonly number[]) => listing.format(days.map((day) => WEEKDAYS[day - 1] ?? ''));

/** `daily, from Monday to Friday`; `once a week, on Fridays`. */
export function oftenInWords({ cadence, days }: Preferences): string {
  const all = days.length === 7;
  const workdays = days.join() === WORKDAYS;
  if (cadence === 'daily')
    return `daily, ${all ? 'on any day' : workdays ? 'from Monday to Friday' : `on ${daysInWords(days)}`}`;
  if (days.length === 1) return `once a week, on ${daysInWords(days)}`;
  const chosen = all ? 'all days' : workdays ? 'Monday to Friday' : daysInWords(days);
  return `once a week, on the first of your days from Monday on (${chosen})`;
}

/** `07:00 Europe/Berlin time`. */
export const timeInWords = ({ hour, timezone }: Preferences) =>
  `${String(hour).padStart(2, '0')}:00 ${timezone.replaceAll('_', ' ')} time`;

/** Names of one kind that are said; the rest is counted, and stands in the form below. */
const NAMED_MAX = 4;

/** `the topics Robotics and Reasoning`; null where there are none. */
function listInWords(one: string, many: string, names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const rest = names.length - NAMED_MAX;
  const said = rest > 0 ? [...names.slice(0, NAMED_MAX), `${rest} more`] : names;
  return `the ${names.length === 1 ? one : many} ${listing.format(said)}`;
}

/** What is said of `minMatches` to one who follows nothing. */
export const COUNTS_LATER = 'This counts once you follow something or have voted.';

/** Does a reader follow nothing? */
export const followsNothing = ({ topics, searches, authors, organisations, categories }: Follows) =>
  [topics, searches, authors, organisations, categories].every((list) => list.length === 0);

/** What a reader follows, in a sentence. */
function followsInWords({ topics, searches, authors, organisations, categories }: Preferences): string {
  const parts = [
    listInWords(
      'topic',
      'topics',
      topics.map((topic) => findTopic(topic)?.name ?? topic),
    ),
    listInWords(
      'search',
      'searches',
      searches.map((search) => `“${search}”`),
    ),
    listInWords('author', 'authors', authors),
    listInWords('organisation', 'organisations', organisations),
    listInWords('arXiv category', 'arXiv categories', categories),
  ].filter((part) => part !== null);
  return parts.length === 0
    ? 'You follow nothing in particular, so it holds what is trending.'
    : `You follow ${parts.join('; ')}.`;
}

/** What a reader's digest is from now on, in a few sentences; a pause is one that is still to end. Plain text. */
export function preferencesInWords({ preferences, pausedUntil }: PreferencesChange): string {
  const { maxPapers, minMatches, abstracts } = preferences;
  const most =
    maxPapers === null ? '' : `, with at most ${maxPapers === 1 ? 'one paper' : `${maxPapers} papers`}`;
  const full = abstracts === 'full' ? `${most === '' ? ', with' : ' and'} full abstracts` : '';
  const later = followsNothing(preferences) ? ` ${COUNTS_LATER}` : '';
  const least =
    minMatches === null ? '' : ` It comes only when at least ${minMatches} of the papers match.${later}`;
  const pause = pausedUntil === null ? '' : ` None comes before ${dayInWords(pausedUntil)}.`;
  const when = `Your digest comes ${oftenInWords(preferences)}, at ${timeInWords(preferences)}`;
  return `${when}${most}${full}.${pause}${least} ${followsInWords(preferences)}`;
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
