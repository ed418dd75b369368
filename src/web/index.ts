export { createWeb } from './app.ts';
export type { HealthReport, WebContext } from './context.ts';
export { startWeb, type WebServer } from './server.ts';
