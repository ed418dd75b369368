import type { Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { tokenOf } from '../requester.ts';

/** A reader's own digest in the browser, as it was mailed. */
export function readRoutes({ links, readDigest }: WebContext): Route[] {
  return [
    {
      path: '/read/:token',
      audience: 'token',
      async get(request) {
        const deliveryId = links.read('read', tokenOf(request));
        const html = deliveryId === null ? null : await readDigest(deliveryId);
        return html === null ? notFound('There is no digest at this address.') : { kind: 'digest', html };
      },
    },
  ];
}
