import {
  changePreferences,
  defaultPreferences,
  type PreferencesChange,
  readPreferences,
  readPreferencesForm,
  type Subscriber,
} from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { unknownPreferences, unusable } from '../errors.ts';
import { page } from '../page.ts';
import { tokenOf } from '../requester.ts';
import { dayInWords } from '../rules/calendar.ts';
import { type FormBody, textField } from '../rules/forms.ts';
import { dayThere, withoutPastPause } from '../rules/preferences-view.ts';

const PAUSE_DAYS = 14;

/** A change of one thing, and the words around it. */
interface QuickChange {
  /** The last part of the path. */
  name: 'weekly' | 'daily' | 'pause';
  button: string;
  /** What pressing does; null where it is so already. */
  before(reader: Subscriber, now: Date): string | null;
  /** The reader's choices after it. */
  apply(reader: Subscriber, now: Date): PreferencesChange;
  /** The reader's choices after an undo, by what its form carries; the sentence that says what is wrong with that. */
  revert(reader: Subscriber, now: Date, was: string): PreferencesChange | { malformed: string };
  after(change: PreferencesChange): string;
  /** Where the undo is sent, and what it carries; null where there is nothing to undo. */
  undo(reader: Subscriber, change: PreferencesChange, now: Date): { name: string; was: string } | null;
}

const setCadence = (name: 'weekly' | 'daily', button: string, before: string, after: string): QuickChange => {
  const apply = ({ preferences, pausedUntil }: Subscriber): PreferencesChange => ({
    preferences: { ...preferences, cadence: name },
    pausedUntil,
  });
  return {
    name,
    button,
    before: ({ preferences }) => (preferences.cadence === name ? null : before),
    apply,
    revert: apply,
    after: () => after,
    undo: ({ preferences }) =>
      preferences.cadence === name ? null : { name: name === 'weekly' ? 'daily' : 'weekly', was: '' },
  };
};

/** Two weeks from the reader's own today. */
const twoWeeksOn = ({ preferences }: Subscriber, now: Date): string =>
  new Date(Date.parse(dayThere(now, preferences.timezone)) + PAUSE_DAYS * 86_400_000)
    .toISOString()
    .slice(0, 10);

const isPausedLonger = (reader: Subscriber, now: Date): boolean =>
  reader.pausedUntil !== null && reader.pausedUntil > twoWeeksOn(reader, now);

/** When the pause ends that the button makes; a longer one stays. */
const pauseEnd = (reader: Subscriber, now: Date): string =>
  isPausedLonger(reader, now) ? (reader.pausedUntil ?? '') : twoWeeksOn(reader, now);

const CHANGES: readonly QuickChange[] = [
  setCadence(
    'weekly',
    'Make it weekly',
    'Press the button and you get one digest a week, of the week that ended, instead of one a day.',
    'Your digest is weekly from now on.',
  ),
  setCadence(
    'daily',
    'Make it daily',
    'Press the button and you get a digest each day that has papers, on the weekdays that you chose.',
    'Your digest is daily from now on.',
  ),
  {
    name: 'pause',
    button: 'Pause for two weeks',
    before: (reader, now) =>
      reader.pausedUntil === pauseEnd(reader, now)
        ? null
        : `Press the button and no digest comes before ${dayInWords(pauseEnd(reader, now))}. Then they begin again by themselves.`,
    apply: (reader, now) => ({ preferences: reader.preferences, pausedUntil: pauseEnd(reader, now) }),
    revert({ preferences }, now, was) {
      // Whatever else is stored stays.
      const none = { preferences: defaultPreferences, pausedUntil: null };
      const reading = readPreferencesForm({ paused_until: was }, none);
      if (!reading.ok) return { malformed: reading.faults.map(({ message }) => message).join(' ') };
      return withoutPastPause({ preferences, pausedUntil: reading.value.pausedUntil }, now);
    },
    after: ({ pausedUntil }) =>
      pausedUntil === null
        ? 'Your digest is not paused any more.'
        : `Your digest is paused until ${dayInWords(pausedUntil)}.`,
    // A longer pause was not made by this button.
    undo: (reader, change, now) =>
      isPausedLonger(reader, now)
        ? null
        : {
            name: 'pause',
            was: reader.pausedUntil === change.pausedUntil ? '' : (reader.pausedUntil ?? ''),
          },
  },
];

/**
 * The links in a digest's foot that change one thing: "make it weekly", "pause for two weeks". GET shows one button and changes
 * nothing, for mail scanners follow links; POST acts, says what it did and offers to undo it.
 */
export function quickChangeRoutes(context: WebContext): Route[] {
  const { links, clock } = context;
  /** The reader of the link; a pause that ended is none. */
  async function readerOf(token: string): Promise<Subscriber | null> {
    const reader = await readPreferences(context, token);
    return reader && withoutPastPause(reader, clock.now());
  }

  return CHANGES.map((quick): Route => {
    const path = `/preferences/:token/${quick.name}`;
    const show = (reader: Subscriber, data: Record<string, unknown>): Answer =>
      page(
        'quick-change',
        { title: quick.button, path, banner: false },
        {
          button: quick.button,
          active: reader.state === 'active',
          preferencesHref: `/preferences/${links.token('preferences', reader.id)}`,
          ...data,
        },
      );
    return {
      path,
      audience: 'token',
      async get(request) {
        const reader = await readerOf(tokenOf(request));
        return reader ? show(reader, { before: quick.before(reader, clock.now()) }) : unknownPreferences();
      },
      async post(request) {
        const token = tokenOf(request);
        const reader = await readerOf(token);
        if (!reader) return unknownPreferences();
        const body: FormBody = request.body ?? {};
        const isUndo = textField(body, 'undo') !== '';
        const now = clock.now();
        const change = isUndo ? quick.revert(reader, now, textField(body, 'was')) : quick.apply(reader, now);
        if ('malformed' in change) return unusable(change.malformed);
        const outcome = await changePreferences(context, token, change);
        if (outcome !== 'changed') return unknownPreferences();
        context.knock();
        return show(reader, {
          done: quick.after(change),
          undo: isUndo ? null : quick.undo(reader, change, now),
        });
      },
    };
  });
}
