export { apiRoutes } from './routes.ts';
export { citeSearchQuerySchema, feedQuerySchema, noQuerySchema } from './schemas.ts';
