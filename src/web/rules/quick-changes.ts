import { addDays } from '../../editions/rules/dates.ts';
import type { Preferences } from '../../subscribers/rules/preferences.ts';
import { type PreferencesChange, readPreferencesForm } from '../../subscribers/rules/sign-up.ts';
import { dayInWords } from './calendar.ts';
import {
  COUNTS_LATER,
  dayThere,
  followsNothing,
  oftenInWords,
  timeInWords,
  undoFields,
} from './preferences-view.ts';

const PAUSE_DAYS = 14;
/** Fewer than the usual twelve cards, and more for one who follows much. */
const PAPER_STEPS = [5, 10, 20];
const MATCH_STEPS = [1, 3, 5];

/** A reader's choices, and what is true around them. */
export interface Seen extends PreferencesChange {
  now: Date;
  /** Cards of an edition. */
  editionSize: number;
}

/** A button: it says what shall be, never "the other way round", so pressing twice or going back turns nothing over. */
export interface Offer {
  /** Of the first of the page's fields. */
  value: string;
  label: string;
  /** What pressing does. */
  does: string;
}

/** One thing of a digest that a link in its foot changes. */
export interface QuickChange {
  /** The last part of the path. Mails hold it for years. */
  name: string;
  title: string;
  /** The fields of the form of preferences that it takes; others are not read. */
  fields: readonly [string, ...string[]];
  /** What is so, in a sentence. */
  says(seen: Seen): string;
  offers(seen: Seen): Offer[];
  /** Fields to choose freely from, beside the buttons. */
  form: 'days' | 'time' | 'pause' | null;
}

const comes = ({ preferences }: Seen) => `Your digest comes ${oftenInWords(preferences)}.`;

const laterOf = (preferences: Preferences) => (followsNothing(preferences) ? ` ${COUNTS_LATER}` : '');

const CADENCES: readonly Offer[] = [
  {
    value: 'weekly',
    label: 'Make it weekly',
    does: 'Press “Make it weekly” and you get one digest a week, of the week that ended, instead of one a day.',
  },
  {
    value: 'daily',
    label: 'Make it daily',
    does: 'Press “Make it daily” and you get a digest each day that has papers, on the weekdays that you chose.',
  },
];

const setCadence = (name: 'weekly' | 'daily', title: string): QuickChange => ({
  name,
  title,
  fields: ['cadence'],
  says: comes,
  offers: () => [...CADENCES],
  form: null,
});

/** The reader's own tomorrow and two weeks from their today, YYYY-MM-DD. */
export function pauseDays({ preferences, now }: Seen): { tomorrow: string; twoWeeksOn: string } {
  const today = dayThere(now, preferences.timezone);
  return { tomorrow: addDays(today, 1), twoWeeksOn: addDays(today, PAUSE_DAYS) };
}

/** What the links in a digest's foot change, one page each. */
export const QUICK_CHANGES: readonly QuickChange[] = [
  setCadence('weekly', 'Make it weekly'),
  setCadence('daily', 'Make it daily'),
  {
    name: 'pause',
    title: 'Pause',
    fields: ['paused_until'],
    says: ({ pausedUntil }) =>
      pausedUntil === null
        ? 'Your digest is not paused.'
        : `Your digest is paused until ${dayInWords(pausedUntil)}.`,
    offers(seen) {
      const { twoWeeksOn } = pauseDays(seen);
      const pause: Offer = {
        value: twoWeeksOn,
        label: 'Pause for two weeks',
        does: `Press “Pause for two weeks” and no digest comes before ${dayInWords(twoWeeksOn)}. Then they begin again by themselves.`,
      };
      const end: Offer = {
        value: '',
        label: 'End the pause',
        does: 'Press “End the pause” and digests come again.',
      };
      // A longer pause is not made shorter by a button that says "pause".
      return seen.pausedUntil !== null && seen.pausedUntil > twoWeeksOn ? [end] : [pause, end];
    },
    form: 'pause',
  },
  {
    name: 'days',
    title: 'Which days',
    fields: ['days'],
    says: comes,
    offers: () => {
      const does = 'Press a button and mail comes on the chosen days only.';
      return [
        { value: '1,2,3,4,5', label: 'Monday to Friday', does },
        { value: '1,2,3,4,5,6,7', label: 'Every day', does },
      ];
    },
    form: 'days',
  },
  {
    name: 'hour',
    title: 'Hour and time zone',
    fields: ['hour', 'timezone'],
    says: ({ preferences }) => `Your digest comes at ${timeInWords(preferences)}.`,
    offers: () => [],
    form: 'time',
  },
  {
    name: 'papers',
    title: 'How many papers',
    fields: ['max_papers'],
    says: ({ preferences: { maxPapers }, editionSize }) =>
      maxPapers === null
        ? `Your digest holds as many papers as the edition shows, up to ${editionSize}.`
        : `Your digest holds at most ${maxPapers === 1 ? 'one paper' : `${maxPapers} papers`}.`,
    offers({ editionSize }) {
      const does = `Press a button: it says how many papers your digests hold. More than ${editionSize} come only once you follow something or have voted.`;
      return [
        ...PAPER_STEPS.map((step) => ({
          value: String(step),
          label: `At most ${step}`,
          does,
        })),
        { value: '', label: 'As many as the edition shows', does },
      ];
    },
    form: null,
  },
  {
    name: 'abstracts',
    title: 'Short or full abstracts',
    fields: ['abstracts'],
    says: ({ preferences: { abstracts } }) =>
      abstracts === 'full' ? 'Your digest has full abstracts.' : 'Your digest has short abstracts.',
    offers: () => [
      {
        value: 'short',
        label: 'Short abstracts',
        does: 'Press the button and abstracts are short: a digest to be read at a glance.',
      },
      {
        value: 'full',
        label: 'Full abstracts',
        does: 'Press the button and abstracts come in full, from the top for as long as the mail has room.',
      },
    ],
    form: null,
  },
  {
    name: 'matches',
    title: 'Only when papers match',
    fields: ['min_matches'],
    says({ preferences }) {
      return preferences.minMatches === null
        ? 'Your digest always comes, however few papers match.'
        : `Your digest comes only when at least ${preferences.minMatches} of the papers match.${laterOf(preferences)}`;
    },
    offers: ({ preferences }) => [
      ...MATCH_STEPS.map((step) => ({
        value: String(step),
        label: step === 1 ? 'Only when one matches' : `Only when ${step} match`,
        does: `Press “Only when …” and no mail comes when fewer papers match what you follow or liked.${laterOf(preferences)}`,
      })),
      {
        value: '',
        label: 'Always',
        does: 'Press “Always” and each digest comes, however few match.',
      },
    ],
    form: null,
  },
];

/** The buttons that would change something. */
export const offersLeft = (quick: QuickChange, seen: Seen): Offer[] =>
  quick.offers(seen).filter(({ value }) => {
    const reading = readPreferencesForm({ [quick.fields[0]]: value }, seen);
    return reading.ok && undoFields(seen, reading.value).length > 0;
  });
