import { z } from 'zod';
import { normaliseAddress } from './email-address.ts';
import {
  abstractsSchema,
  cadenceSchema,
  daysSchema,
  defaultPreferences,
  type FieldFault,
  FOLLOW_LISTS,
  faultsOf,
  followsSchema,
  hourSchema,
  maxPapersSchema,
  minMatchesSchema,
  type Preferences,
  timezoneSchema,
} from './preferences.ts';
import { canonicalTimezone } from './timezone.ts';

/** What was read of a body or form: usable, or what is wrong with it, field by field. */
export type Reading<Value> = { ok: true; value: Value } | { ok: false; faults: FieldFault[] };

/** A request for a subscription, checked. */
export interface SignUp {
  /** As typed; `normaliseAddress` accepts it. */
  email: string;
  preferences: Preferences;
}

/** A change of a reader's preferences, checked. */
export interface PreferencesChange {
  preferences: Preferences;
  /** No mail before this day (YYYY-MM-DD) in the reader's zone; null: not paused. */
  pausedUntil: string | null;
}

const emailSchema = z
  .string({ error: 'Give an email address, such as reader@example.org.' })
  .check((context) => {
    const address = normaliseAddress(context.value);
    if (!address.ok) context.issues.push({ code: 'custom', message: address.fault, input: '' });
  });

/** `snake_case` as the API writes it; every field may be absent. */
const preferenceFields = {
  cadence: cadenceSchema.default(defaultPreferences.cadence),
  days: daysSchema.default(defaultPreferences.days),
  hour: hourSchema.default(defaultPreferences.hour),
  timezone: timezoneSchema.default(defaultPreferences.timezone),
  max_papers: maxPapersSchema.default(defaultPreferences.maxPapers),
  min_matches: minMatchesSchema.default(defaultPreferences.minMatches),
  abstracts: abstractsSchema.default(defaultPreferences.abstracts),
  topics: followsSchema.default(defaultPreferences.topics),
  searches: followsSchema.default(defaultPreferences.searches),
  authors: followsSchema.default(defaultPreferences.authors),
  organisations: followsSchema.default(defaultPreferences.organisations),
  categories: followsSchema.default(defaultPreferences.categories),
};

const toPreferences = ({
  max_papers,
  min_matches,
  ...rest
}: Omit<Preferences, 'maxPapers' | 'minMatches'> & {
  max_papers: number | null;
  min_matches: number | null;
}): Preferences => ({
  ...rest,
  maxPapers: max_papers,
  minMatches: min_matches,
});

/** The API's body, strict. Exported so that the OpenAPI document can be made from it. */
export const signUpBodySchema = z.strictObject(
  { email: emailSchema, ...preferenceFields },
  { error: (issue) => (issue.code === 'invalid_type' ? 'Send a JSON object.' : undefined) },
);

const PAUSE_ERROR =
  'Give a day from 2000-01-01 to 2100-12-31 as YYYY-MM-DD, or leave it empty to get mail again.';
/** The first day of mail again, YYYY-MM-DD; null: not paused. A day that is past is no fault. */
export const pausedUntilSchema = z.iso
  .date({ error: PAUSE_ERROR, abort: true })
  // The database knows no year 0; in a far year there is no digest to wait for.
  .refine((day) => day >= '2000-01-01' && day <= '2100-12-31', { error: PAUSE_ERROR })
  .nullable()
  .default(null);

const changeSchema = z.strictObject({ ...preferenceFields, paused_until: pausedUntilSchema });

/** Reads `POST /api/v1/subscriptions`; refuses what it does not know. Never throws. */
export function readSignUpBody(body: unknown): Reading<SignUp> {
  const result = signUpBodySchema.safeParse(body);
  if (!result.success) return { ok: false, faults: faultsOf(result.error) };
  const { email, ...preferences } = result.data;
  return { ok: true, value: { email, preferences: toPreferences(preferences) } };
}

/** The last of a repeated field; HTML forms send texts. */
const textOf = (value: unknown): string => {
  const last = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' ? last.trim() : '';
};
const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((text): text is string => typeof text === 'string');

/** Digits become a number; any other text goes on to the schema, which refuses it in words. */
const numberOf = (text: string): number | string => (/^\d{1,6}$/.test(text) ? Number(text) : text);

/** An HTML form's texts as the API would have written them; fields that the form lacks, or that are empty single texts, are left out. */
function fieldsOfForm(form: Record<string, unknown>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of ['cadence', 'abstracts']) {
    const text = textOf(form[name]);
    if (text !== '') fields[name] = text;
  }
  for (const name of ['hour', 'max_papers', 'min_matches']) {
    const text = textOf(form[name]);
    if (text !== '') fields[name] = numberOf(text);
  }
  if (form.days !== undefined)
    fields.days = textsOf(form.days)
      .flatMap((text) => text.split(/[\s,]+/).filter(Boolean))
      .map(numberOf);
  for (const name of FOLLOW_LISTS)
    if (form[name] !== undefined)
      fields[name] = textsOf(form[name])
        .flatMap((text) => text.split(/\r\n|\r|\n/))
        .filter((line) => line.trim() !== '');
  return fields;
}

const asRecord = (form: unknown): Record<string, unknown> =>
  typeof form === 'object' && form !== null ? (form as Record<string, unknown>) : {};

/**
 * Reads the sign-up form: texts; lists as repeated fields or a line each. Fields it does not know are the page's own and ignored; a time zone
 * that is empty or nonsense is UTC: a script fills that hidden field, so nothing there is the reader's fault. Never throws.
 */
export function readSignUpForm(form: unknown): Reading<SignUp> {
  const record = asRecord(form);
  return readSignUpBody({
    email: textOf(record.email),
    ...fieldsOfForm(record),
    timezone: canonicalTimezone(textOf(record.timezone)) ?? defaultPreferences.timezone,
  });
}

/**
 * Reads the preferences form as the sign-up form is read. What the form lacks stays as it is in `current`. Check boxes send nothing when none
 * is ticked: put a hidden empty `days` before them, so that no day at all is told from no such field. An empty `paused_until` ends a pause, an
 * empty `max_papers` or `min_matches` lifts the limit. Never throws.
 */
export function readPreferencesForm(form: unknown, current: PreferencesChange): Reading<PreferencesChange> {
  const record = asRecord(form);
  const { maxPapers, minMatches, ...rest } = current.preferences;
  const timezone = textOf(record.timezone);
  const result = changeSchema.safeParse({
    ...rest,
    max_papers: record.max_papers === undefined ? maxPapers : null,
    min_matches: record.min_matches === undefined ? minMatches : null,
    ...fieldsOfForm(record),
    ...(timezone !== '' && { timezone }),
    paused_until:
      record.paused_until === undefined ? current.pausedUntil : textOf(record.paused_until) || null,
  });
  if (!result.success) return { ok: false, faults: faultsOf(result.error) };
  const { paused_until, ...preferences } = result.data;
  return { ok: true, value: { preferences: toPreferences(preferences), pausedUntil: paused_until } };
}
