import type { Request } from 'express';
import type { Fault, Handler } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { isToken, networkOf, readCredentials } from './rules/credentials.ts';
import { createTries } from './tries.ts';

/** A person mistypes a few times; a program that guesses is held to ten a minute from each address. */
const TRIES = { limit: 10, windowMs: 60_000 };

const WHERE =
  'The token is the value of ADMIN_TOKEN; where that is not set, it is adminToken in the file secrets.json of DATA_DIR (default: ./.data).';

const unauthorised = (detail: string, challenge: string): Fault => ({
  kind: 'fault',
  status: 401,
  title: 'For the operator',
  detail: `${detail} ${WHERE}`,
  headers: { 'WWW-Authenticate': challenge },
});

const PAGE = {
  detail:
    'This page asks for the admin token: as the password, with any user name, or in the header “Authorization: Bearer TOKEN”.',
  challenge: 'Basic realm="Paperboy", charset="UTF-8"',
};
/** Basic is not taken: browsers send it by themselves, to a request that a foreign page makes too. */
const PROGRAM = {
  detail: 'This address asks for the admin token in the header “Authorization: Bearer TOKEN”.',
  challenge: 'Bearer realm="Paperboy"',
};

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
export function createGate({ adminToken = '', clock }: WebContext): Gate {
  const tries = createTries(TRIES);
  function refusalOf(request: Request, door: typeof PAGE): Fault | undefined {
    const refused = () => unauthorised(door.detail, door.challenge);
    const header = request.get('authorization');
    if (header === undefined || (door === PROGRAM && !/^bearer /i.test(header))) return refused();
    const from = networkOf(request.ip ?? '');
    const nowMs = clock.now().getTime();
    const waitMs = tries.waitMs(from, nowMs);
    if (waitMs > 0) return tooMany(waitMs);
    const offered = readCredentials(header);
    if (offered !== undefined && isToken(offered, adminToken)) return undefined;
    tries.miss(from, nowMs);
    return refused();
  }
  const behind =
    (door: typeof PAGE) =>
    (handler: Handler): Handler =>
    (request) =>
      refusalOf(request, door) ?? handler(request);
  return { page: behind(PAGE), program: behind(PROGRAM) };
}

/** Doors that open with the admin token: Basic or Bearer for pages, Bearer alone for programs. */
export interface Gate {
  page(handler: Handler): Handler;
  program(handler: Handler): Handler;
}
