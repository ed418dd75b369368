import type { Feed, FeedEntry } from './feed.ts';
import { element, xmlDocument } from './xml.ts';

const entryOf = (entry: FeedEntry) =>
  element(
    'entry',
    {},
    element('id', {}, entry.id),
    // An Atom title may not be empty to be of use; a source that gives none gets its address.
    element('title', { type: 'text' }, entry.title || entry.url),
    element('link', { rel: 'alternate', type: 'text/html', href: entry.url }),
    element('link', { rel: 'related', href: entry.arxivUrl }),
    element('published', {}, entry.at.toISOString()),
    element('updated', {}, entry.at.toISOString()),
    entry.authors.map((name) => element('author', {}, element('name', {}, name))),
    entry.keywords.map((keyword) => element('category', { term: keyword })),
    element('content', { type: 'html' }, entry.html),
  );

/** A feed as Atom 1.0 (RFC 4287). */
export const toAtom = (feed: Feed): string =>
  xmlDocument(
    element(
      'feed',
      { xmlns: 'http://www.w3.org/2005/Atom', 'xml:lang': 'en' },
      element('id', {}, feed.selfUrl),
      element('title', { type: 'text' }, feed.title),
      element('subtitle', { type: 'text' }, feed.description),
      element('link', { rel: 'self', type: 'application/atom+xml', href: feed.selfUrl }),
      element('link', { rel: 'alternate', type: 'text/html', href: feed.pageUrl }),
      element('updated', {}, feed.updatedAt.toISOString()),
      // For entries without a name of their own (RFC 4287 section 4.1.1).
      element('author', {}, element('name', {}, feed.siteName), element('uri', {}, feed.siteUrl)),
      element('generator', {}, 'Paperboy'),
      feed.entries.map(entryOf),
    ),
  );
