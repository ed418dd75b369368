import { checkFollows } from '../../interests/index.ts';
import { readSignUpBody, subscribe } from '../../subscribers/index.ts';
import type { Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { unprocessable } from '../errors.ts';
import { whoAsks } from '../requester.ts';
import { API_WORDING } from '../rules/consent.ts';
import { followsOfJson } from '../rules/follows.ts';

/** Asking for a subscription by JSON: the same guard and the same answers as the form. */
export function subscriptionApi(context: WebContext): Route[] {
  return [
    {
      path: '/api/v1/subscriptions',
      audience: 'fresh',
      body: 'json',
      async post(request) {
        const reading = checkFollows(readSignUpBody(request.body ?? {}), followsOfJson(request.body));
        if (!reading.ok)
          return unprocessable(reading.faults.map(({ field, message }) => ({ field, detail: message })));
        const outcome = await subscribe(context, {
          ...reading.value,
          ...whoAsks(request),
          page: 'api',
          wording: API_WORDING,
        });
        if (outcome !== 'accepted') return unprocessable([{ field: 'email', detail: outcome.malformed }]);
        context.knock();
        return { kind: 'json', status: 202, body: { status: 'pending' } };
      },
    },
  ];
}
