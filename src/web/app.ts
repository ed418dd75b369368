import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { adminRoutes } from './admin/index.ts';
import type { Answer, Audience, Handler, Route } from './answers.ts';
import { apiRoutes } from './api/index.ts';
import { readAssets } from './assets.ts';
import type { WebContext } from './context.ts';
import { faultOf, methodNotAllowed, notFound, wrongType } from './errors.ts';
import { exchangeRoutes } from './feeds/index.ts';
import { readForm, readJson, securityHeaders, TRUSTED_PROXIES } from './guard.ts';
import { opsRoutes } from './ops/index.ts';
import { publicRoutes } from './public/index.ts';
import { requestLog } from './request-log.ts';
import { createResponder, type Respond } from './respond.ts';
import { CONSENT_WORDING } from './rules/consent.ts';
import { loggable } from './rules/faults.ts';
import { ASSETS, createViews } from './views.ts';

const BODY_TYPES = {
  form: { type: 'application/x-www-form-urlencoded', read: readForm() },
  json: { type: 'application/json', read: readJson },
};

function addRoute(app: Express, route: Route, respond: Respond): void {
  const methods = [...(route.get ? ['GET', 'HEAD'] : []), ...(route.post ? ['POST'] : []), 'OPTIONS'];
  const allow = methods.join(', ');
  const answerWith = (handler: Handler) => async (request: Request, response: Response) => {
    response.locals.audience = route.audience;
    await respond(request, response, await handler(request), route.audience);
  };
  if (route.get) app.get(route.path, answerWith(route.get));
  if (route.post) {
    const body = route.body ?? 'form';
    const readers =
      body === 'any'
        ? []
        : [
            (request: Request, response: Response, next: NextFunction) => {
              response.locals.audience = route.audience;
              // Without a body the handler says which fields are missing.
              const none = request.get('content-length') === '0' || request.is('*/*') === null;
              if (none || request.is(BODY_TYPES[body].type) !== false) return next();
              return respond(request, response, wrongType(BODY_TYPES[body].type), route.audience);
            },
            route.formLimit === undefined ? BODY_TYPES[body].read : readForm(route.formLimit),
          ];
    app.post(route.path, ...readers, answerWith(route.post));
  }
  app.all(route.path, async (request, response) => {
    if (request.method === 'OPTIONS') response.status(204).set('Allow', allow).end();
    else await respond(request, response, methodNotAllowed(allow), route.audience);
  });
}

function addAssets(app: Express, assets: ReturnType<typeof readAssets>, respond: Respond): void {
  const all = Object.values(assets);
  app.get('/assets/:file', async (request, response) => {
    const asset = all.find(({ path }) => path === request.path);
    if (!asset) return respond(request, response, notFound(), 'public');
    const zipped = request.acceptsEncodings('gzip') === 'gzip';
    // The name changes with the content, so it may be kept for ever.
    response.set('Cache-Control', 'public, max-age=31536000, immutable').type(asset.type);
    response.vary('Accept-Encoding');
    if (zipped) response.set('Content-Encoding', 'gzip');
    response.send(zipped ? asset.gzipped : asset.body);
  });
  // Browsers ask for this name by themselves; they read an SVG here as well.
  app.get('/favicon.ico', (_request, response) => {
    response.set('Cache-Control', 'public, max-age=86400').type(assets.icon.type).send(assets.icon.body);
  });
}

/**
 * The whole site as an Express application: pages, JSON, the operator's pages, health. Starts nothing and keeps no state
 * but the count of wrong admin tokens.
 *
 * A fault in a handler is answered by errors.ts and logged without addresses, tokens or URLs.
 */
export function createWeb(context: WebContext): Express {
  const { config, log } = context;
  const assets = readAssets(ASSETS);
  // Behind a proxy the site may live under a path: PUBLIC_URL=https://example.org/papers.
  const base = new URL(config.publicUrl).pathname.replace(/\/$/, '');
  const render = createViews({
    base,
    site: { name: context.site.name, postalAddress: context.site.postalAddress },
    assets: { css: assets.css.path, js: assets.js.path, icon: assets.icon.path },
    consent: CONSENT_WORDING,
  });
  const respond = createResponder(render);

  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', TRUSTED_PROXIES);
  app.set('query parser', 'simple');
  app.use(requestLog(log));
  app.use(securityHeaders({ https: config.publicUrl.startsWith('https:') }));
  addAssets(app, assets, respond);
  for (const route of [
    ...exchangeRoutes(context),
    ...publicRoutes(context),
    ...apiRoutes(context),
    ...adminRoutes(context),
    ...opsRoutes(context),
  ])
    addRoute(app, route, respond);
  app.use((request, response) => respond(request, response, notFound(), 'fresh'));

  app.use(async (error: unknown, request: Request, response: Response, next: NextFunction) => {
    const fault = faultOf(error);
    const route: unknown = request.route?.path;
    if (fault.status >= 500)
      log.error(
        { route, fault: fault.status, reason: loggable(error), at: placeOf(error) },
        'request failed',
      );
    // Half an answer is out: only closing tells the client that it is not whole.
    if (response.headersSent) return next(error);
    const audience = (response.locals.audience ?? 'fresh') as Audience;
    try {
      await respond(request, response, fault, audience);
    } catch (second) {
      log.error({ route, reason: loggable(second) }, 'the error page failed');
      const plain: Answer = { kind: 'text', status: fault.status, body: `${fault.title}.\n` };
      await respond(request, response, plain, audience);
    }
  });
  return app;
}

/** Where in our code it happened; the first line of a stack holds the message and is left out. */
function placeOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 6)
    .map((line) => line.trim());
}
