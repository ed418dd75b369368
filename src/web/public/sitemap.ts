import { listEditions } from '../../editions/index.ts';
import { countSitemapPapers, listDays, listSitemapPapers } from '../../papers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { monthOf, weekOf } from '../rules/calendar.ts';
import { paperHref } from '../rules/card.ts';
import { editionHref } from '../rules/edition-names.ts';

/** Addresses of one file; the protocol (https://www.sitemaps.org/protocol.html) allows 50,000 and 50 MB. */
const FILE_PAPERS = 10_000;
/** Ten years of days and as many editions stay below the protocol's bound. */
const FILE_DAYS = 4000;
const FILE_EDITIONS = 5000;

const TYPE = 'application/xml; charset=utf-8';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
const escapeXml = (text: string) => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);

interface Entry {
  href: string;
  /** YYYY-MM-DD. */
  changed?: string;
}

/** What search engines are told of: the papers, the lists and the editions. Samples are not. */
export function sitemapRoutes({ db, config }: WebContext): Route[] {
  const urlOf = (href: string) => escapeXml(`${config.publicUrl}${href}`);

  function answer(root: 'urlset' | 'sitemapindex', entries: readonly Entry[]): Answer {
    const tag = root === 'urlset' ? 'url' : 'sitemap';
    const lines = entries.map(
      ({ href, changed }) =>
        `<${tag}><loc>${urlOf(href)}</loc>${changed === undefined ? '' : `<lastmod>${changed}</lastmod>`}</${tag}>`,
    );
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${lines.join('\n')}\n</${root}>\n`;
    return { kind: 'text', type: TYPE, body };
  }

  async function index(): Promise<Answer> {
    const files = Math.ceil((await countSitemapPapers(db)) / FILE_PAPERS);
    return answer('sitemapindex', [
      { href: '/sitemaps/site.xml' },
      ...Array.from({ length: files }, (_, number) => ({ href: `/sitemaps/papers-${number + 1}.xml` })),
    ]);
  }

  async function site(): Promise<Answer> {
    const [days, editions] = await Promise.all([
      listDays(db, { sample: false, limit: FILE_DAYS }),
      listEditions(db, { limit: FILE_EDITIONS }),
    ]);
    const once = (names: string[]) => [...new Set(names)];
    return answer('urlset', [
      ...['/', '/papers/trending', '/editions', '/subscribe', '/search'].map((href) => ({ href })),
      ...days.map((day) => ({ href: `/papers?date=${day}` })),
      ...once(days.map(weekOf)).map((week) => ({ href: `/papers?week=${week}` })),
      ...once(days.map(monthOf)).map((month) => ({ href: `/papers?month=${month}` })),
      ...editions.map((edition) => ({ href: editionHref(edition) })),
    ]);
  }

  return [
    { path: '/sitemap.xml', audience: 'public', get: index },
    { path: '/sitemaps/site.xml', audience: 'public', get: site },
    {
      path: '/sitemaps/:file',
      audience: 'public',
      async get(request) {
        const [, number] = /^papers-([1-9]\d{0,3})\.xml$/.exec(String(request.params.file)) ?? [];
        if (number === undefined) return notFound();
        const papers = await listSitemapPapers(db, {
          limit: FILE_PAPERS,
          offset: (Number(number) - 1) * FILE_PAPERS,
        });
        if (papers.length === 0) return notFound();
        return answer(
          'urlset',
          papers.map(({ id, changedOn }) => ({ href: paperHref(id), changed: changedOn })),
        );
      },
    },
  ];
}
