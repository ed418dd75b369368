import type { Request } from 'express';
import type { Fault, Handler } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { isToken, networkOf, readCredentials } from './rules/credentials.ts';
import { createTries } from './tries.ts';

/** A person mistypes a few times; a program that guesses is held to ten a minute from each address. */
const TRIES = { limit: 10, windowMs: 60_000 };

const WHERE =
  'The token is the value of ADMIN_TOKEN; where that is not set, it is adminToken in the file secrets.json of DATA_DIR (default: ./.data).';

const unauthorised = (): Fault => ({
  kind: 'fault',
  status: 401,
  title: 'For the operator',
  detail: `This page asks for the admin token: as the password, with any user name, or in the header “Authorization: Bearer TOKEN”. ${WHERE}`,
  headers: { 'WWW-Authenticate': 'Basic realm="Paperboy", charset="UTF-8"' },
});

const tooMany = (waitMs: number): Fault => ({
  kind: 'fault',
  status: 429,
  title: 'Too many wrong tokens',
  detail: `Wait a minute, then try again. ${WHERE}`,
  headers: { 'Retry-After': String(Math.ceil(waitMs / 1000)) },
});

/**
 * Lets a request through to a handler only with the admin token, which comes with each request: there is no session, and so no cookie
 * to steal and nothing to end. After ten wrong tokens from an address in a minute, none of its tokens is looked at
 * until the minute is over, the right one neither: the answer would tell which it is.
 */
export function createGate({ adminToken = '', clock }: WebContext): (handler: Handler) => Handler {
  const tries = createTries(TRIES);
  function refusalOf(request: Request): Fault | undefined {
    if (request.get('authorization') === undefined) return unauthorised();
    const from = networkOf(request.ip ?? '');
    const nowMs = clock.now().getTime();
    const waitMs = tries.waitMs(from, nowMs);
    if (waitMs > 0) return tooMany(waitMs);
    const offered = readCredentials(request.get('authorization'));
    if (offered !== undefined && isToken(offered, adminToken)) return undefined;
    tries.miss(from, nowMs);
    return unauthorised();
  }
  return (handler) => (request) => refusalOf(request) ?? handler(request);
}
