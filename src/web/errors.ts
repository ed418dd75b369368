import type { Fault, FieldError } from './answers.ts';
import { isDatabaseAway } from './rules/faults.ts';

/** The one place that turns outcomes and exceptions into HTTP. Problem details are RFC 9457. */

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Not as things stand',
  410: 'No longer valid',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Cannot be used',
  500: 'Something broke here',
  503: 'Back in a moment',
};

/** Seconds after which a client should try again when the database is away: a restart takes about that long. */
const RETRY_AFTER_S = 30;

function fault(status: number, detail: string, more: Pick<Fault, 'errors' | 'headers'> = {}): Fault {
  return { kind: 'fault', status, title: TITLES[status] ?? 'Error', detail, ...more };
}

/** The request is not understood. */
export const badRequest = (detail: string) => fault(400, detail);

/** Parameters of the address that cannot be used, each with the reason. */
export const badParameters = (errors: FieldError[]) =>
  fault(400, errors.map(({ field, detail }) => `"${field}": ${detail}`).join(' '), { errors });

/** Who asks is known, and may not do this in this way. */
export const forbidden = (detail: string) => fault(403, detail);

/** It could be done, but not in the state that the thing is in. */
export const conflict = (detail: string) => fault(409, detail);

/** There is no such thing here, and no hint whether there ever was. */
export const notFound = (detail = 'There is nothing at this address.') => fault(404, detail);

/** A link to preferences, or one that such a link leads to, which is not ours or whose reader was erased. */
export const unknownPreferences = () =>
  notFound('This link is not known here. The link to your preferences is at the foot of every digest.');

/** Fields that cannot be used, each with the reason. */
export const unprocessable = (errors: FieldError[]) =>
  fault(422, 'Some fields cannot be used. Correct them and send it again.', { errors });

/** What was asked for cannot be done as it was asked; the sentence says why. */
export const unusable = (detail: string) => fault(422, detail);

/** The path exists, the method does not. */
export const methodNotAllowed = (allow: string) =>
  fault(405, `This address answers ${allow} only.`, { headers: { Allow: allow } });

/** The body is of a type that this path does not read. */
export const wrongType = (expected: string) => fault(415, `Send the body as ${expected}.`);

/** What the body parsers write on their errors. */
const codeOf = (error: unknown): { type?: unknown; status?: unknown; limit?: unknown } =>
  typeof error === 'object' && error !== null ? error : {};

/** An exception as a client may hear it: nothing of the inside. The status is below 500 where the client is at fault. */
export function faultOf(error: unknown): Fault {
  if (isDatabaseAway(error))
    return fault(503, 'The database cannot be reached just now. Nothing was lost; try again in a moment.', {
      headers: { 'Retry-After': String(RETRY_AFTER_S) },
    });
  const { type, status, limit } = codeOf(error);
  // The body parsers name their faults in `type`.
  if (type === 'entity.parse.failed') return badRequest('The body is not well-formed JSON.');
  if (type === 'parameters.too.many') return fault(413, 'The form has too many fields.');
  if (type === 'entity.too.large')
    return fault(
      413,
      `The body is too large; ${Math.round((typeof limit === 'number' ? limit : 65_536) / 1024)} kB is the most that is read.`,
    );
  if (type === 'charset.unsupported' || type === 'encoding.unsupported')
    return wrongType('UTF-8 without a content encoding that is not gzip or deflate');
  if (type === 'request.aborted' || type === 'request.size.invalid')
    return badRequest('The body ended before its announced length.');
  if (error instanceof URIError) return badRequest('The address holds a percent sign that encodes nothing.');
  if (typeof status === 'number' && status >= 400 && status < 500)
    return fault(status, 'The request cannot be read.');
  return fault(500, 'This is our fault, not yours. It has been written down; try again later.');
}

/** The JSON of a fault, RFC 9457 section 3; `errors` with pointers as in its example. */
export function problemOf(fault: Fault): Record<string, unknown> {
  return {
    type: 'about:blank',
    title: fault.title,
    status: fault.status,
    detail: fault.detail,
    ...(fault.errors && {
      errors: fault.errors.map(({ field, detail, in: place }) =>
        place ? { parameter: field, detail } : { pointer: `#/${field.replaceAll('~', '~0')}`, detail },
      ),
    }),
  };
}
