import type { RequestHandler } from 'express';
import type { Log } from '../platform/index.ts';

/** Asked for every few seconds by machines; not worth a line at `info`. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics', '/assets/:file']);

/**
 * One line a request: method, route pattern, status, milliseconds. The pattern and not the URL, since tokens, addresses
 * and what people look for are in URLs.
 */
export function requestLog(log: Log): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const route: unknown = request.route?.path ?? response.locals.route;
      const line = {
        method: request.method,
        route: typeof route === 'string' ? route : 'none',
        status: response.statusCode,
        ms: Math.round(performance.now() - startedAt),
        // The client went away before the answer was out.
        ...(response.writableFinished ? {} : { cut: true }),
      };
      log[QUIET.has(line.route) ? 'debug' : 'info'](line, 'request');
    });
    next();
  };
}
