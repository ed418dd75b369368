import { checkFollows, readFollows } from '../../interests/index.ts';
import {
  changePreferences,
  type FieldFault,
  type PreferencesChange,
  readPreferencesForm,
  type Subscriber,
} from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { unknownPreferences } from '../errors.ts';
import { page } from '../page.ts';
import { choicesOfForm, isPreview, previewFor } from '../preview.ts';
import { tokenOf } from '../requester.ts';
import { followsOfForm } from '../rules/follows.ts';
import { viewFollows } from '../rules/follows-view.ts';
import {
  dayChoices,
  errorsByField,
  type FormBody,
  hourChoices,
  textField,
  textFields,
  typedHours,
  zoneChoices,
} from '../rules/forms.ts';
import {
  COUNTS_LATER,
  followsNothing,
  type HiddenField,
  preferencesInWords,
  undoFields,
  withoutPastPause,
} from '../rules/preferences-view.ts';
import { readerOfLink } from './reader-of-link.ts';

const PATH = '/preferences/:token';

/** The form as it shows a reader's choices. */
function viewChoices({ preferences, pausedUntil }: PreferencesChange) {
  return {
    weekly: preferences.cadence === 'weekly',
    days: dayChoices(preferences.days),
    hours: hourChoices(preferences.hour),
    zones: zoneChoices(preferences.timezone),
    maxPapers: String(preferences.maxPapers ?? ''),
    minMatches: String(preferences.minMatches ?? ''),
    full: preferences.abstracts === 'full',
    pausedUntil: pausedUntil ?? '',
  };
}

/** The form as it was sent; what it lacks is as it was. */
function viewTyped(body: FormBody, current: PreferencesChange): ReturnType<typeof viewChoices> {
  const shown = viewChoices(current);
  const zone = textField(body, 'timezone');
  const sent = (name: string, otherwise: string) =>
    body[name] === undefined ? otherwise : textField(body, name).slice(0, 20);
  return {
    weekly: sent('cadence', current.preferences.cadence) === 'weekly',
    days:
      body.days === undefined ? shown.days : dayChoices(textFields(body, 'days').filter(Boolean).map(Number)),
    // With nothing chosen, a browser takes the first and the next save moves the reader there.
    hours: typedHours(textField(body, 'hour')) ?? shown.hours,
    zones: shown.zones.some(({ value }) => value === zone)
      ? shown.zones.map((one) => ({ ...one, on: one.value === zone }))
      : shown.zones,
    maxPapers: sent('max_papers', shown.maxPapers),
    minMatches: sent('min_matches', shown.minMatches),
    full: sent('abstracts', current.preferences.abstracts) === 'full',
    pausedUntil: sent('paused_until', shown.pausedUntil),
  };
}

/** How often, when and how much; the link is in every mail. */
export function preferencesRoutes(context: WebContext): Route[] {
  const { links, clock, config } = context;

  const readerOf = (token: string) => readerOfLink(context, token);

  /** The form: as stored, or as it was sent in `body`; `asked`: only tried, not saved. */
  async function show(
    reader: Subscriber,
    state: {
      body?: FormBody;
      asked?: boolean;
      saved?: { words: string; undone: boolean; undo: HiddenField[] };
      faults?: readonly FieldFault[];
    },
  ): Promise<Answer> {
    const { body, asked = false, faults } = state;
    const failed = faults !== undefined && !asked;
    const given = followsOfForm(body ?? {}, reader.preferences);
    const { follows, faults: odd } = readFollows(given, reader.preferences);
    const errors = errorsByField(faults ?? odd);
    const choices = choicesOfForm(body ?? {}, reader.preferences);
    const path = `/preferences/${links.token('preferences', reader.id)}`;
    return page(
      'preferences',
      { title: 'Your digest', path: PATH, banner: false, status: failed ? 422 : 200 },
      {
        choices: body === undefined ? viewChoices(reader) : viewTyped(body, reader),
        follows: viewFollows(given, errors, reader.preferences),
        errors,
        failed,
        saved: state.saved ?? null,
        preview: await previewFor(
          context,
          { ...choices, follows },
          // Beside the fields they stand on this page; the script takes the lines of the preview alone.
          { asked, subscriberId: reader.id, faults: asked ? (faults ?? odd) : [] },
        ),
        active: reader.state === 'active',
        paused: reader.pausedUntil !== null,
        countsLater: followsNothing(follows) ? COUNTS_LATER : null,
        editionSize: config.editionSize,
        unsubscribeHref: `/unsubscribe/${links.token('unsubscribe', reader.id)}`,
        path,
      },
    );
  }

  return [
    {
      path: PATH,
      audience: 'token',
      async get(request) {
        const reader = await readerOf(tokenOf(request));
        return reader ? show(reader, {}) : unknownPreferences();
      },
      async post(request) {
        const token = tokenOf(request);
        const reader = await readerOf(token);
        if (!reader) return unknownPreferences();
        const body: FormBody = request.body ?? {};
        const stored = reader.preferences;
        const reading = checkFollows(readPreferencesForm(body, reader), followsOfForm(body, stored), stored);
        const asked = isPreview(body);
        if (!reading.ok) return show(reader, { body, asked, faults: reading.faults });
        if (asked) return show(reader, { body, asked });
        const change = withoutPastPause(reading.value, clock.now());
        const outcome = await changePreferences(context, token, change);
        if (outcome === 'unknown') return unknownPreferences();
        if (outcome !== 'changed')
          return show(reader, { body, faults: [{ field: 'timezone', message: outcome.malformed }] });
        context.knock();
        const saved = {
          words: preferencesInWords(change),
          undone: textField(body, 'undo') !== '',
          undo: undoFields(reader, change),
        };
        return show({ ...reader, ...change }, { saved });
      },
    },
  ];
}
