import {
  changePreferences,
  type FieldFault,
  type PreferencesChange,
  readPreferences,
  readPreferencesForm,
  type Subscriber,
} from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { page } from '../page.ts';
import { tokenOf } from '../requester.ts';
import { today } from '../rules/calendar.ts';
import {
  dayChoices,
  errorsByField,
  type FormBody,
  hourChoices,
  textField,
  textFields,
  zoneChoices,
} from '../rules/forms.ts';
import { type HiddenField, preferencesInWords, undoFields } from '../rules/preferences-view.ts';

const PATH = '/preferences/:token';

/** The form as it shows a reader's choices. */
function viewChoices({ preferences, pausedUntil }: PreferencesChange) {
  return {
    weekly: preferences.cadence === 'weekly',
    days: dayChoices(preferences.days),
    hours: hourChoices(preferences.hour),
    zones: zoneChoices(preferences.timezone),
    maxPapers: preferences.maxPapers === null ? '' : String(preferences.maxPapers),
    pausedUntil: pausedUntil ?? '',
  };
}

/** The form as it was sent. */
function viewTyped(body: FormBody, current: PreferencesChange) {
  const shown = viewChoices(current);
  return {
    ...shown,
    weekly: textField(body, 'cadence') === 'weekly',
    days: dayChoices(textFields(body, 'days').filter(Boolean).map(Number)),
    hours: hourChoices(Number(textField(body, 'hour'))),
    maxPapers: textField(body, 'max_papers').slice(0, 20),
    pausedUntil: textField(body, 'paused_until').slice(0, 20),
  };
}

/** How often, when and how much; the link is in every mail. */
export function preferencesRoutes(context: WebContext): Route[] {
  const { links, clock, config } = context;

  const unknown = () =>
    notFound('This link is not known here. The link to your preferences is at the foot of every digest.');

  function show(
    reader: Subscriber,
    choices: ReturnType<typeof viewChoices>,
    state: {
      saved?: { words: string; undone: boolean; undo: HiddenField[] };
      faults?: readonly FieldFault[];
    },
  ): Answer {
    const failed = state.faults !== undefined;
    return page(
      'preferences',
      { title: 'Your digest', path: PATH, banner: false, status: failed ? 422 : 200 },
      {
        choices,
        errors: errorsByField(state.faults ?? []),
        failed,
        saved: state.saved ?? null,
        active: reader.state === 'active',
        paused: reader.pausedUntil !== null && reader.pausedUntil > today(clock.now()),
        editionSize: config.editionSize,
        unsubscribeHref: `/unsubscribe/${links.token('unsubscribe', reader.id)}`,
        proveHref: `/preferences/${links.token('preferences', reader.id)}/prove`,
      },
    );
  }

  return [
    {
      path: PATH,
      audience: 'token',
      async get(request) {
        const reader = await readPreferences(context, tokenOf(request));
        return reader ? show(reader, viewChoices(reader), {}) : unknown();
      },
      async post(request) {
        const token = tokenOf(request);
        const reader = await readPreferences(context, token);
        if (!reader) return unknown();
        const body: FormBody = request.body ?? {};
        const reading = readPreferencesForm(body, reader);
        if (!reading.ok) return show(reader, viewTyped(body, reader), { faults: reading.faults });
        const outcome = await changePreferences(context, token, reading.value);
        if (outcome === 'unknown') return unknown();
        if (outcome !== 'changed')
          return show(reader, viewTyped(body, reader), {
            faults: [{ field: 'timezone', message: outcome.malformed }],
          });
        context.knock();
        const saved = {
          words: preferencesInWords(reading.value),
          undone: textField(body, 'undo') !== '',
          undo: undoFields(reader, reading.value),
        };
        return show({ ...reader, ...reading.value }, viewChoices(reading.value), { saved });
      },
    },
  ];
}
