import { type FieldFault, readSignUpForm, subscribe } from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { page } from '../page.ts';
import { whoAsks } from '../requester.ts';
import { CONSENT_WORDING } from '../rules/consent.ts';
import { errorsByField, type FormBody, isTrapped, pageField, typedForm } from '../rules/forms.ts';

/** Asking for a subscription. */
export function subscribeRoutes(context: WebContext): Route[] {
  const done = () => page('asked', { title: 'Look into your inbox', path: '/subscribe', banner: false });

  function again(body: FormBody, faults: readonly FieldFault[]): Answer {
    const title = 'Something to correct';
    return page('subscribe', {
      title,
      path: '/subscribe',
      banner: false,
      status: 422,
      form: typedForm(body, errorsByField(faults)),
    });
  }

  return [
    {
      path: '/subscribe',
      audience: 'public',
      get: () => page('subscribe', { title: 'Subscribe', path: '/subscribe', banner: false }),
      async post(request) {
        const body: FormBody = request.body ?? {};
        // A program that fills in what people cannot see gets the answer that everyone gets, and nothing happens.
        if (isTrapped(body)) return done();
        const reading = readSignUpForm(body);
        if (!reading.ok) return again(body, reading.faults);
        const outcome = await subscribe(context, {
          ...reading.value,
          ...whoAsks(request),
          page: pageField(body),
          wording: CONSENT_WORDING,
        });
        if (outcome !== 'accepted') return again(body, [{ field: 'email', message: outcome.malformed }]);
        context.knock();
        return done();
      },
    },
  ];
}
