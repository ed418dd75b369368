import { checkFollows, FOLLOW_FIELDS, readFollows } from '../../interests/index.ts';
import { defaultPreferences, type FieldFault, readSignUpForm, subscribe } from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { page } from '../page.ts';
import { choicesOfForm, isPreview, previewFor } from '../preview.ts';
import { whoAsks } from '../requester.ts';
import { CONSENT_WORDING } from '../rules/consent.ts';
import { followsOfForm } from '../rules/follows.ts';
import { viewFollows } from '../rules/follows-view.ts';
import { errorsByField, type FormBody, isTrapped, pageField, textField, typedForm } from '../rules/forms.ts';

const PATH = '/subscribe';

/** What a link may fill in: what to follow, and no address. */
function prefilled(query: Readonly<Record<string, unknown>>): FormBody {
  const texts = (value: unknown) =>
    (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string');
  const fields = FOLLOW_FIELDS.filter((field) => query[field] !== undefined);
  return { page: PATH, ...Object.fromEntries(fields.map((field) => [field, texts(query[field])])) };
}

/** Asking for a subscription. */
export function subscribeRoutes(context: WebContext): Route[] {
  const done = () => page('asked', { title: 'Look into your inbox', path: PATH, banner: false });

  /** The form as it was sent or filled in by a link, with the digest that it would give. */
  async function form(
    body: FormBody,
    state: { title?: string; faults?: readonly FieldFault[]; status?: number; asked?: boolean } = {},
  ): Promise<Answer> {
    const { title = 'Subscribe', status = 200, asked = false } = state;
    const given = followsOfForm(body);
    const { follows, faults } = readFollows(given);
    const errors = errorsByField(state.faults ?? faults, ['min_matches', 'abstracts', 'timezone']);
    const choices = choicesOfForm(body, defaultPreferences);
    return page(
      'subscribe',
      {
        title,
        path: PATH,
        banner: false,
        status,
        form: typedForm(body, errors),
        canonical: `${context.config.publicUrl}${PATH}`,
      },
      {
        follows: viewFollows(given, errors, follows),
        preview: await previewFor(
          context,
          { ...choices, follows },
          { asked, faults: asked ? (state.faults ?? faults) : [] },
        ),
        editionSize: context.config.editionSize,
      },
    );
  }

  return [
    {
      path: PATH,
      audience: 'public',
      get(request) {
        const body = prefilled(request.query);
        const { faults } = readFollows(followsOfForm(body));
        return form(body, faults.length > 0 ? { status: 400 } : {});
      },
      async post(request) {
        const body: FormBody = request.body ?? {};
        const reading = checkFollows(readSignUpForm(body), followsOfForm(body));
        if (isPreview(body)) {
          // An address is not needed to try.
          const isOdd = ({ field }: FieldFault) => field !== 'email' || textField(body, 'email') !== '';
          return form(body, { asked: true, faults: reading.ok ? [] : reading.faults.filter(isOdd) });
        }
        // A program that fills in what people cannot see gets the answer that everyone gets, and nothing happens.
        if (isTrapped(body)) return done();
        const again = (faults: readonly FieldFault[]) =>
          form(body, { title: 'Something to correct', faults, status: 422 });
        if (!reading.ok) return again(reading.faults);
        const outcome = await subscribe(context, {
          ...reading.value,
          ...whoAsks(request),
          page: pageField(body),
          wording: CONSENT_WORDING,
        });
        if (outcome !== 'accepted') return again([{ field: 'email', message: outcome.malformed }]);
        context.knock();
        return done();
      },
    },
  ];
}
