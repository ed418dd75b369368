export { opsRoutes } from './health.ts';
