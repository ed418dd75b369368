import {
  changePreferences,
  type PreferencesChange,
  readPreferencesForm,
  type Subscriber,
} from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { unknownPreferences } from '../errors.ts';
import { page } from '../page.ts';
import { tokenOf } from '../requester.ts';
import {
  dayChoices,
  type FormBody,
  faultsInWords,
  hourChoices,
  textField,
  zoneChoices,
} from '../rules/forms.ts';
import { type HiddenField, undoFields, withoutPastPause } from '../rules/preferences-view.ts';
import { offersLeft, pauseDays, QUICK_CHANGES, type QuickChange } from '../rules/quick-changes.ts';
import { readerOfLink } from './reader-of-link.ts';

const NOTHING_ASKED = 'Nothing was changed: press one of the buttons.';
const NOT_BEFORE_TOMORROW = 'Nothing was changed: choose a day from tomorrow on.';

/** What a press led to: a fault, or `done` and the fields that put back what was. */
interface Pressed {
  fault?: string;
  done?: 'Saved.' | 'Undone.' | 'It was so already.';
  undo?: HiddenField[];
}

/** Of a form, the fields that a page takes. */
const fieldsFor = ({ fields }: QuickChange, body: FormBody): FormBody =>
  Object.fromEntries(fields.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]));

/**
 * The links in a digest's foot that change one thing: "make it weekly", "pause for two weeks". GET shows what is so and buttons, and
 * changes nothing, for mail scanners follow links; POST does what its form names, says what it did and offers to undo it.
 */
export function quickChangeRoutes(context: WebContext): Route[] {
  const { links, clock, config } = context;

  const readerOf = (token: string) => readerOfLink(context, token);

  const show = (quick: QuickChange, reader: Subscriber, pressed: Pressed): Answer => {
    const { preferences, pausedUntil } = reader;
    const seen = { preferences, pausedUntil, now: clock.now(), editionSize: config.editionSize };
    const { fault = null, done = null, undo = [] } = pressed;
    const offers = offersLeft(quick, seen);
    return page(
      'quick-change',
      {
        title: quick.title,
        path: `/preferences/:token/${quick.name}`,
        banner: false,
        status: fault === null ? 200 : 422,
      },
      {
        says: quick.says(seen),
        fault,
        done,
        undo,
        does: [...new Set(offers.map(({ does }) => does))],
        field: quick.fields[0],
        offers,
        form: quick.form,
        ...(quick.form === 'days' && { days: dayChoices(preferences.days) }),
        ...(quick.form === 'time' && {
          hours: hourChoices(preferences.hour),
          zones: zoneChoices(preferences.timezone),
        }),
        ...(quick.form === 'pause' && {
          pausedUntil: pausedUntil ?? '',
          tomorrow: pauseDays(seen).tomorrow,
        }),
        active: reader.state === 'active',
        preferencesHref: `/preferences/${links.token('preferences', reader.id)}`,
      },
    );
  };

  /** A reader's choices as the form's fields would have them. */
  function changeOf(reader: Subscriber, fields: FormBody, isUndo: boolean) {
    const reading = readPreferencesForm(fields, reader);
    if (!reading.ok) return { fault: faultsInWords(reading.faults).join(' ') };
    const change: PreferencesChange = withoutPastPause(reading.value, clock.now());
    // An undo may carry a pause that has ended since.
    if (!isUndo && reading.value.pausedUntil !== null && change.pausedUntil === null)
      return { fault: NOT_BEFORE_TOMORROW };
    return { change };
  }

  /** Does what the form names; null for a link that is not known (any more). */
  async function press(quick: QuickChange, token: string, body: FormBody): Promise<Answer | null> {
    const reader = await readerOf(token);
    if (!reader) return null;
    const fields = fieldsFor(quick, body);
    if (Object.keys(fields).length === 0) return show(quick, reader, { fault: NOTHING_ASKED });
    const isUndo = textField(body, 'undo') !== '';
    const asked = changeOf(reader, fields, isUndo);
    if ('fault' in asked) return show(quick, reader, asked);
    let former: Subscriber = reader;
    let { change } = asked;
    const outcome = await changePreferences(context, token, (found) => {
      former = withoutPastPause(found, clock.now());
      const again = changeOf(former, fields, isUndo);
      change = 'fault' in again ? former : again.change;
      return change;
    });
    if (outcome === 'unknown') return null;
    if (outcome !== 'changed') return show(quick, reader, { fault: outcome.malformed });
    context.knock();
    const undo = undoFields(former, change);
    const now = { ...former, ...change };
    if (undo.length === 0) return show(quick, now, { done: 'It was so already.' });
    return isUndo ? show(quick, now, { done: 'Undone.' }) : show(quick, now, { done: 'Saved.', undo });
  }

  return QUICK_CHANGES.map(
    (quick): Route => ({
      path: `/preferences/:token/${quick.name}`,
      audience: 'token',
      async get(request) {
        const reader = await readerOf(tokenOf(request));
        return reader ? show(quick, reader, {}) : unknownPreferences();
      },
      post: async (request) =>
        (await press(quick, tokenOf(request), request.body ?? {})) ?? unknownPreferences(),
    }),
  );
}
