import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Request, Response } from 'express';
import type { Answer, Audience, Fault } from './answers.ts';
import { problemOf } from './errors.ts';
import { audienceHeaders, DIGEST_CSP } from './guard.ts';
import { page } from './page.ts';
import type { Render } from './views.ts';

const gzipAsync = promisify(gzip);
/** Below this, compressing saves no packet. */
const GZIP_FROM_BYTES = 1400;

/** Feeds and citations: asked for by programs, which say that they take anything. */
const FOR_PROGRAMS = /^\/feed\.|\/cite\./;

/** Programs get problem details, people get pages. */
export function wantsJson(request: Request): boolean {
  if (FOR_PROGRAMS.test(request.path)) return request.accepts(['json', 'html']) === 'json';
  return request.path.startsWith('/api/') || request.accepts(['html', 'json']) === 'json';
}

function pageOf({ status, title, detail }: Fault, audience: Audience) {
  // Who holds a reader's own link needs no sign-up form; nor does one who met a fault of ours.
  const banner = audience !== 'token' && status === 404;
  return page('error', { title, path: '/nowhere', banner, status }, { detail });
}

async function sendText(
  request: Request,
  response: Response,
  text: string,
  audience: Audience,
): Promise<void> {
  // Only what is public: compressing what holds a secret beside what others choose tells about the secret.
  const compress = audience === 'public' && text.length > GZIP_FROM_BYTES;
  if (compress) response.vary('Accept-Encoding');
  if (!compress || request.acceptsEncodings('gzip') !== 'gzip') {
    response.send(text);
    return;
  }
  response.set('Content-Encoding', 'gzip').send(await gzipAsync(text));
}

function sendPage(request: Request, response: Response, html: string, audience: Audience): Promise<void> {
  return sendText(request, response.type('html'), html, audience);
}

/** Writes answers; the only file that touches a response. */
export function createResponder(render: Render) {
  return async function respond(
    request: Request,
    response: Response,
    answer: Answer,
    audience: Audience,
  ): Promise<void> {
    // Errors and answers to forms are nobody's to keep.
    const kept =
      audience === 'public' && (answer.kind === 'fault' || request.method === 'POST') ? 'fresh' : audience;
    response.set(audienceHeaders(kept));
    // What anyone may read, a page of another site may read; no answer here depends on who asks.
    if (audience === 'public' && request.method !== 'POST' && answer.kind !== 'page')
      response.set({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'ETag, Link' });
    switch (answer.kind) {
      case 'page':
        response.status(answer.status ?? 200);
        return sendPage(request, response, await render(answer.view, answer.data), kept);
      case 'json':
        response
          .status(answer.status ?? 200)
          .type('json')
          .set(answer.headers ?? {});
        return sendText(request, response, JSON.stringify(answer.body), kept);
      case 'text':
        response.status(answer.status ?? 200).set(answer.headers ?? {});
        response.type(answer.type ?? 'text/plain; charset=utf-8');
        return sendText(request, response, answer.body, kept);
      case 'digest':
        response.set('Content-Security-Policy', DIGEST_CSP).type('html').send(answer.html);
        return;
      case 'redirect':
        response.redirect(302, answer.to);
        return;
      case 'fault':
        response.status(answer.status).set(answer.headers ?? {});
        if (wantsJson(request)) {
          response.type('application/problem+json').send(JSON.stringify(problemOf(answer)));
          return;
        }
        return sendPage(request, response, await render('error', pageOf(answer, audience).data), kept);
    }
  };
}

export type Respond = ReturnType<typeof createResponder>;
