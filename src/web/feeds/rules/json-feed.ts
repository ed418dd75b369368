import type { Feed } from './feed.ts';

/** A feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/). */
export const toJsonFeed = (feed: Feed) => ({
  version: 'https://jsonfeed.org/version/1.1',
  title: feed.title,
  description: feed.description,
  home_page_url: feed.pageUrl,
  feed_url: feed.selfUrl,
  language: 'en',
  authors: [{ name: feed.siteName, url: feed.siteUrl }],
  items: feed.entries.map((entry) => ({
    id: entry.id,
    url: entry.url,
    external_url: entry.arxivUrl,
    title: entry.title,
    content_html: entry.html,
    date_published: entry.at.toISOString(),
    date_modified: entry.at.toISOString(),
    ...(entry.authors.length > 0 && { authors: entry.authors.map((name) => ({ name })) }),
    ...(entry.keywords.length > 0 && { tags: entry.keywords }),
  })),
});
