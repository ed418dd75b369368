import { z } from 'zod';
import { canonicalTimezone } from './timezone.ts';

/** How often, when and what a reader wants. */
export interface Preferences {
  cadence: 'daily' | 'weekly';
  /** ISO weekdays on which mail may come, 1 is Monday; ascending, at least one. */
  days: number[];
  /** Local hour, 0 to 23. */
  hour: number;
  /** IANA name. */
  timezone: string;
  /** Papers a digest, 1 to 100; null: all cards of the edition. */
  maxPapers: number | null;
  /** No digest with fewer papers that the reader's interests found, 1 to 20; null: always. Nothing to one who follows nothing. */
  minMatches: number | null;
  abstracts: 'short' | 'full';
  topics: string[];
  searches: string[];
  authors: string[];
  organisations: string[];
  /** arXiv categories such as `cs.CL`. */
  categories: string[];
}

/** What a reader gets who says nothing: every day at 07:00 UTC, all cards. */
export const defaultPreferences: Preferences = {
  cadence: 'daily',
  days: [1, 2, 3, 4, 5, 6, 7],
  hour: 7,
  timezone: 'UTC',
  maxPapers: null,
  minMatches: null,
  abstracts: 'short',
  topics: [],
  searches: [],
  authors: [],
  organisations: [],
  categories: [],
};

/** Follows of one kind: nobody reads more, and matching costs by the follow. */
export const FOLLOWS_MAX = 50;
/** Characters of one follow: longer than any author's name, enough for a search. */
export const FOLLOW_LENGTH_MAX = 200;

// Control characters, halves of surrogate pairs, and the signs that turn writing direction: they hide or break text.
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const DAY_NAMES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

const wholeNumber = (from: number, to: number) => {
  const error = `Give a whole number from ${from} to ${to}.`;
  return z.number({ error }).int({ error }).min(from, { error }).max(to, { error });
};

export const cadenceSchema = z.enum(['daily', 'weekly'], { error: 'Choose daily or weekly.' });
export const hourSchema = wholeNumber(0, 23);
/** The lists of what a reader follows, as forms, the API and CSV name them. */
export const FOLLOW_LISTS = ['topics', 'searches', 'authors', 'organisations', 'categories'] as const;

export const maxPapersSchema = wholeNumber(1, 100).nullable();
export const minMatchesSchema = wholeNumber(1, 20).nullable();
export const abstractsSchema = z.enum(['short', 'full'], { error: 'Choose short or full.' });

/** Said in the API; the pages have words of their own. */
export const DAYS_ERROR =
  'Give ISO weekdays: numbers from 1 (Monday) to 7, or names from mon to sun; at least one.';
const daySchema = z.union([z.number(), z.string()], { error: DAYS_ERROR }).transform((day, context) => {
  const number = typeof day === 'number' ? day : DAY_NAMES.indexOf(day.toLowerCase()) + 1;
  if (Number.isInteger(number) && number >= 1 && number <= 7) return number;
  context.addIssue({ code: 'custom', message: DAYS_ERROR });
  return z.NEVER;
});
export const daysSchema = z
  .array(daySchema, { error: DAYS_ERROR })
  .min(1, { error: DAYS_ERROR })
  // Before the set is made: a long list of the same day is a mistake or a joke.
  .max(7, { error: DAYS_ERROR })
  .transform((days) => [...new Set(days)].sort((a, b) => a - b));

/** Said in the API; the pages have words of their own. */
export const ZONE_ERROR = 'Give an IANA time zone, such as Europe/Berlin or UTC.';
export const timezoneSchema = z.string({ error: ZONE_ERROR }).transform((name, context) => {
  const zone = canonicalTimezone(name);
  if (zone !== undefined) return zone;
  context.addIssue({ code: 'custom', message: ZONE_ERROR });
  return z.NEVER;
});

const followSchema = z
  .string({ error: 'Give texts.' })
  .max(FOLLOW_LENGTH_MAX, { error: `Keep each entry to ${FOLLOW_LENGTH_MAX} characters.` })
  .refine((text) => !UNPRINTABLE.test(text), { error: 'Leave out control characters.' })
  .transform((text) => text.normalize('NFC').trim().replace(/\s+/g, ' '))
  .refine((text) => text !== '', { error: 'Leave out empty entries.' });
export const followsSchema = z
  .array(followSchema, { error: 'Give a list of texts.' })
  .max(FOLLOWS_MAX, { error: `Keep to ${FOLLOWS_MAX} entries.` })
  .transform((follows) => [...new Set(follows)]);

/** Strict: an unknown field is refused, an absent one takes its default. */
export const preferencesSchema: z.ZodType<Preferences> = z.strictObject({
  cadence: cadenceSchema.default(defaultPreferences.cadence),
  days: daysSchema.default(defaultPreferences.days),
  hour: hourSchema.default(defaultPreferences.hour),
  timezone: timezoneSchema.default(defaultPreferences.timezone),
  maxPapers: maxPapersSchema.default(defaultPreferences.maxPapers),
  minMatches: minMatchesSchema.default(defaultPreferences.minMatches),
  abstracts: abstractsSchema.default(defaultPreferences.abstracts),
  topics: followsSchema.default(defaultPreferences.topics),
  searches: followsSchema.default(defaultPreferences.searches),
  authors: followsSchema.default(defaultPreferences.authors),
  organisations: followsSchema.default(defaultPreferences.organisations),
  categories: followsSchema.default(defaultPreferences.categories),
});

/** One field that cannot be used, and a sentence that says what to do. */
export interface FieldFault {
  /** As the caller named it; items of lists as `topics/3`; '' is the whole. */
  field: string;
  message: string;
}

const FIELD_SHOWN_MAX = 60;

/** Zod's issues as sentences: no more than 20, and never longer than the caller can bear. */
export function faultsOf(error: z.ZodError): FieldFault[] {
  const faults = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          field: [...issue.path, key].join('/'),
          message: 'This field is not known; leave it out.',
        }))
      : [{ field: issue.path.join('/'), message: issue.message }],
  );
  return faults
    .slice(0, 20)
    .map(({ field, message }) => ({ field: field.slice(0, FIELD_SHOWN_MAX), message }));
}
