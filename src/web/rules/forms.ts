import {
  DAYS_ERROR,
  defaultPreferences,
  type FieldFault,
  ZONE_ERROR,
} from '../../subscribers/rules/preferences.ts';

/** What the forms send, as the texts of a urlencoded body: a field may be missing, or come many times. */
export type FormBody = Readonly<Record<string, string | string[] | undefined>>;

/** An option of a form's field. */
export interface Choice {
  value: string;
  label: string;
  on: boolean;
}

/** The sign-up form as it is shown: empty, or as it was typed, with what is wrong. */
export interface SubscriptionForm {
  email: string;
  weekly: boolean;
  days: Choice[];
  hours: Choice[];
  timezone: string;
  /** Where it stands: kept with the consent. */
  page: string;
  /** As typed. */
  maxPapers: string;
  /** Searches to follow; the small form shows each as a field. */
  searches: string[];
  errors: FieldErrors;
}

/** What is wrong with each field of a form; null where nothing is. `all`: with the whole. */
export type FieldErrors = Record<(typeof FIELDS)[number] | 'all', string | null>;

const FIELDS = [
  'email',
  'cadence',
  'days',
  'hour',
  'timezone',
  'max_papers',
  'min_matches',
  'abstracts',
  'paused_until',
  'topics',
  'searches',
  'authors',
  'organisations',
  'categories',
] as const;
/** What is said to programs, and what to people before a form. */
const FOR_PEOPLE: Readonly<Record<string, string>> = {
  [DAYS_ERROR]: 'Tick at least one day.',
  [ZONE_ERROR]: 'Choose a time zone from the list.',
};
/** Faults of a list's items that are said. */
const ITEM_FAULTS_MAX = 5;

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** One text of a body; the first where there are many, '' where there is none. */
export function textField(body: FormBody, name: string): string {
  const value = body[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

/** All texts of a body by one name. */
export function textFields(body: FormBody, name: string): string[] {
  const value = body[name];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** The weekdays to tick, ISO numbers. */
export const dayChoices = (on: readonly number[]): Choice[] =>
  WEEKDAYS.map((label, index) => ({ value: String(index + 1), label, on: on.includes(index + 1) }));

/** Every hour of a day, `07:00`. */
export const hourChoices = (on: number): Choice[] =>
  Array.from({ length: 24 }, (_, hour) => ({
    value: String(hour),
    label: `${String(hour).padStart(2, '0')}:00`,
    on: hour === on,
  }));

/** The hours with what was typed chosen; null where that is none of them. */
export const typedHours = (text: string): Choice[] | null =>
  /^([01]?\d|2[0-3])$/.test(text) ? hourChoices(Number(text)) : null;

/** Every time zone that this machine knows, the chosen one among them whatever it is called. */
export function zoneChoices(on: string): Choice[] {
  const names = new Set(['UTC', ...Intl.supportedValuesOf('timeZone')]);
  names.add(on);
  return [...names]
    .sort()
    .map((name) => ({ value: name, label: name.replaceAll('_', ' '), on: name === on }));
}

/** The sign-up form with nothing typed. */
export const emptyForm = (page: string): SubscriptionForm => ({
  email: '',
  weekly: false,
  days: dayChoices(defaultPreferences.days),
  hours: hourChoices(defaultPreferences.hour),
  timezone: 'UTC',
  page,
  maxPapers: '',
  searches: [],
  errors: errorsByField([]),
});

/**
 * What is wrong, by field: the first fault of each, and of a list's items the first few.
 *
 * @param unseen - fields that the form does not show: what is wrong with them is said of the whole
 */
export function errorsByField(
  faults: readonly FieldFault[],
  unseen: readonly (typeof FIELDS)[number][] = [],
): FieldErrors {
  const said = faults.map(({ field, message }) => {
    const words = FOR_PEOPLE[message] ?? message;
    const name = field.split('/')[0] ?? '';
    return unseen.some((one) => one === name) ? { name: '', words: `${name}: ${words}` } : { name, words };
  });
  const errorOf = (name: string) => {
    const messages = new Set(said.filter((one) => one.name === name).map(({ words }) => words));
    return messages.size === 0 ? null : [...messages].slice(0, ITEM_FAULTS_MAX).join(' ');
  };
  return Object.fromEntries([
    ...FIELDS.map((name) => [name, errorOf(name)]),
    ['all', errorOf('')],
  ]) as FieldErrors;
}

/** How a list of faults names the fields whose faults do not say what they are about: those that begin with the entry do. */
const LABELS: Readonly<Record<string, string>> = {
  email: 'Email address',
  cadence: 'How often',
  days: 'Days',
  hour: 'Hour',
  timezone: 'Time zone',
  max_papers: 'Papers',
  min_matches: 'Matches',
  abstracts: 'Abstracts',
  paused_until: 'Pause until',
  topics: 'Topics',
  searches: 'Searches',
  authors: 'Authors',
  organisations: 'Organisations',
  categories: 'arXiv categories',
};

/** What is wrong, a sentence each, for a place apart from the fields. Topics are not typed: what a link got wrong there stands beside them alone. */
export const faultsInWords = (faults: readonly FieldFault[]): string[] =>
  faults
    .filter(({ field }) => !field.startsWith('topics/'))
    .map(({ field, message }) => {
      const label = LABELS[field.split('/')[0] ?? ''];
      const words = FOR_PEOPLE[message] ?? message;
      return label === undefined || words.startsWith('“') ? words : `${label}: ${words}`;
    });

/** The form again as it was sent, with what is wrong. */
export function typedForm(body: FormBody, errors: FieldErrors): SubscriptionForm {
  const empty = emptyForm(pageField(body));
  const days = textFields(body, 'days').map(Number);
  const hour = textField(body, 'hour');
  return {
    ...empty,
    // Longer than any address (RFC 5321: 254): an abuse, not to be echoed in full.
    email: textField(body, 'email').slice(0, 320),
    weekly: textField(body, 'cadence') === 'weekly',
    days: body.days === undefined ? empty.days : dayChoices(days),
    hours: typedHours(hour) ?? empty.hours,
    timezone: textField(body, 'timezone').slice(0, 64),
    maxPapers: textField(body, 'max_papers').slice(0, 20),
    searches: textFields(body, 'searches')
      .filter(Boolean)
      .slice(0, 10)
      .map((search) => search.slice(0, 320)),
    errors,
  };
}

/** Where the form stood: one of our paths, by its route pattern. */
export function pageField(body: FormBody): string {
  const path = textField(body, 'page');
  return /^\/[a-z/:*]{0,40}$/.test(path) ? path : '/subscribe';
}

/** People do not see this field; programs that fill in every field do. */
export const isTrapped = (body: FormBody) => textField(body, 'website') !== '';
