import type { Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { notFound } from '../errors.ts';

/** For machines that watch: alive, ready, figures; and for machines that crawl. */
export function opsRoutes(context: WebContext): Route[] {
  const base = new URL(context.config.publicUrl).pathname.replace(/\/$/, '');
  return [
    // Alive says only that this process answers; a database that is away is no reason to kill it.
    { path: '/healthz', audience: 'fresh', get: () => ({ kind: 'text', body: 'ok\n' }) },
    {
      path: '/readyz',
      audience: 'fresh',
      async get() {
        const report = await context.health();
        return { kind: 'json', status: report.ready ? 200 : 503, body: report };
      },
    },
    {
      path: '/metrics',
      audience: 'fresh',
      async get() {
        if (!context.metrics) return notFound('No metrics are kept by this process.');
        return { kind: 'text', type: context.metrics.contentType, body: await context.metrics.render() };
      },
    },
    {
      path: '/robots.txt',
      audience: 'public',
      get: () => ({
        kind: 'text',
        // Links from mails are not named: a crawler that may not look at them cannot see their noindex.
        body: `User-agent: *\nDisallow: ${base}/api/\nDisallow: ${base}/search\nSitemap: ${context.config.publicUrl}/sitemap.xml\n`,
      }),
    },
  ];
}
