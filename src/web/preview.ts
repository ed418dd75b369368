import { listHad } from '../deliveries/index.ts';
import { type Follows, interestsOf, previewDigest } from '../interests/index.ts';
import type { FieldFault, Preferences } from '../subscribers/index.ts';
import type { WebContext } from './context.ts';
import { isDatabaseAway } from './rules/faults.ts';
import { type FormBody, faultsInWords, textField } from './rules/forms.ts';
import { type PreviewView, viewPreview } from './rules/preview-view.ts';

/** What a preview needs of the choices beside what is followed. */
export type PreviewChoices = Pick<Preferences, 'cadence' | 'maxPapers' | 'minMatches'>;

/** Was the button "Preview" pressed, or did the script ask? Then nothing is saved. */
export const isPreview = (body: FormBody) => textField(body, 'preview') !== '';

const numberIn = (text: string, max: number): number | null => {
  const number = /^\d{1,3}$/.test(text.trim()) ? Number(text) : 0;
  return number >= 1 && number <= max ? number : null;
};

/** Choices as they are being typed: what cannot be read yet counts as not given. */
export function choicesOfForm(body: FormBody, stored: PreviewChoices): PreviewChoices {
  const cadence = textField(body, 'cadence');
  const number = (name: string, max: number, otherwise: number | null) =>
    body[name] === undefined ? otherwise : numberIn(textField(body, name), max);
  return {
    cadence: cadence === 'weekly' || cadence === 'daily' ? cadence : stored.cadence,
    maxPapers: number('max_papers', 100, stored.maxPapers),
    minMatches: number('min_matches', 20, stored.minMatches),
  };
}

/**
 * What the newest edition would have been with these choices; writes nothing.
 *
 * @param options.asked - the reader pressed the button: the page says that nothing is saved
 * @param options.subscriberId - whose votes count as well
 */
export async function previewFor(
  context: Pick<WebContext, 'db' | 'clock'>,
  choices: PreviewChoices & { follows: Follows },
  options: { asked?: boolean; subscriberId?: number; faults?: readonly FieldFault[] } = {},
): Promise<PreviewView> {
  const { cadence, maxPapers, minMatches, follows } = choices;
  const { asked = false, subscriberId, faults = [] } = options;
  const tried = await previewDigest(context, {
    interests: interestsOf(follows),
    maxPapers,
    cadence,
    ...(subscriberId !== undefined && {
      subscriberId,
      readHad: (editionId: number) => listHad(context.db, subscriberId, editionId),
    }),
  }).catch((error: unknown) => {
    // The form is shown all the same.
    if (isDatabaseAway(error)) return 'away' as const;
    throw error;
  });
  const said = faultsInWords(faults);
  return viewPreview(tried, { cadence, minMatches }, { now: context.clock.now(), asked, faults: said });
}
