import type { FeedSubject } from './feed.ts';

/** All papers that the daily editions show. */
export const subjectOfAll = (path: string, siteName: string): FeedSubject => ({
  title: siteName,
  description: 'The papers that readers voted for, day by day, as the daily editions carried them.',
  selfPath: path,
  pagePath: '/',
});

/** The papers of a topic. */
export const subjectOfTopic = (
  path: string,
  siteName: string,
  topic: { slug: string; keyword: string },
): FeedSubject => ({
  title: `${siteName}: ${topic.keyword}`,
  description: `Papers of the daily editions on ${topic.keyword}.`,
  selfPath: `${path}?${new URLSearchParams({ topic: topic.slug })}`,
  pagePath: `/keywords/${encodeURIComponent(topic.slug)}`,
});

/** What a search finds. */
export const subjectOfSearch = (path: string, siteName: string, q: string): FeedSubject => ({
  title: `${siteName}: ${q}`,
  description: `Papers of the daily editions that the search ${q} finds.`,
  selfPath: `${path}?${new URLSearchParams({ q })}`,
  pagePath: `/search?${new URLSearchParams({ q })}`,
});
