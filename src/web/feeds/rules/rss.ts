import type { Feed, FeedEntry } from './feed.ts';
import { element, xmlDocument } from './xml.ts';

const itemOf = (entry: FeedEntry) =>
  element(
    'item',
    {},
    element('title', {}, entry.title || entry.url),
    element('link', {}, entry.url),
    element('guid', { isPermaLink: 'false' }, entry.id),
    element('pubDate', {}, entry.at.toUTCString()),
    // RSS's own <author> is a mail address; names go by Dublin Core.
    entry.authors.map((name) => element('dc:creator', {}, name)),
    entry.keywords.map((keyword) => element('category', {}, keyword)),
    element('description', {}, entry.html),
  );

/** Minutes for which a reader may keep the feed: it changes once a day. */
const TTL_MIN = 60;

/** A feed as RSS 2.0, by the RSS Advisory Board's profile. */
export const toRss = (feed: Feed): string =>
  xmlDocument(
    element(
      'rss',
      {
        version: '2.0',
        'xmlns:atom': 'http://www.w3.org/2005/Atom',
        'xmlns:dc': 'http://purl.org/dc/elements/1.1/',
      },
      element(
        'channel',
        {},
        element('title', {}, feed.title),
        element('link', {}, feed.pageUrl),
        element('description', {}, feed.description),
        element('language', {}, 'en'),
        element('lastBuildDate', {}, feed.updatedAt.toUTCString()),
        element('generator', {}, 'Paperboy'),
        element('docs', {}, 'https://www.rssboard.org/rss-specification'),
        element('ttl', {}, String(TTL_MIN)),
        element('atom:link', { href: feed.selfUrl, rel: 'self', type: 'application/rss+xml' }),
        feed.entries.map(itemOf),
      ),
    ),
  );
