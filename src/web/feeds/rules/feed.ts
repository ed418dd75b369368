import { doiOf } from '../../../papers/rules/cite-facts.ts';
import { type Paper, paperLinks } from '../../../papers/rules/paper.ts';
import { paperHref } from '../../rules/card.ts';

/** What a feed is made of; each format writes the same. */
export interface Feed {
  title: string;
  description: string;
  /** Of this very feed, absolute. Also its identity: who moves a feed asks readers to subscribe again. */
  selfUrl: string;
  /** The page with the same papers, absolute. */
  pageUrl: string;
  siteName: string;
  siteUrl: string;
  /** When the newest entry came; with no entries, the beginning of the day. */
  updatedAt: Date;
  entries: FeedEntry[];
}

/** A paper that an edition carried. */
export interface FeedEntry {
  /**
   * `https://doi.org/10.48550/arXiv.1706.03762`: the paper's own name, which stays when the service moves to another address, and
   * is the same in all feeds, so that a reader of two of them sees it once.
   */
  id: string;
  /** The paper's page here. */
  url: string;
  arxivUrl: string;
  title: string;
  /** HTML, escaped. */
  html: string;
  authors: string[];
  keywords: string[];
  /** When the edition that carried it opened. */
  at: Date;
}

/** A paper with the edition that carried it. */
export interface CarriedPaper extends Paper {
  openedAt: Date;
}

// The median paper has 7 authors; 573 names help nobody in a feed reader.
const AUTHORS_SHOWN = 25;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeText = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);

const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

/** The body of an entry: what a card of the mail says. */
function htmlOf(paper: Paper): string {
  const links = paperLinks(paper);
  const text = paper.abstract || (paper.summary ?? '');
  const facts = [
    ...(paper.organisation ? [escapeText(paper.organisation)] : []),
    counted(paper.upvotes, 'vote', 'votes'),
    counted(paper.comments, 'comment', 'comments'),
    `<a href="${escapeText(links.arxiv)}">arXiv</a>`,
    `<a href="${escapeText(links.pdf)}">PDF</a>`,
  ];
  return `${text === '' ? '' : `<p>${escapeText(text)}</p>`}<p>${facts.join(' · ')}</p>`;
}

function toEntry(paper: CarriedPaper, publicUrl: string): FeedEntry {
  const hidden = paper.authors.length - AUTHORS_SHOWN;
  return {
    id: `https://doi.org/${doiOf(paper.id)}`,
    url: `${publicUrl}${paperHref(paper.id)}`,
    arxivUrl: paperLinks(paper).arxiv,
    title: paper.title,
    html: htmlOf(paper),
    authors: [...paper.authors.slice(0, AUTHORS_SHOWN), ...(hidden > 0 ? [`and ${hidden} more`] : [])].filter(
      (name) => name !== '',
    ),
    keywords: paper.keywords,
    at: paper.openedAt,
  };
}

/** What a feed is about: a title, and the paths of itself and of its page. */
export interface FeedSubject {
  title: string;
  description: string;
  selfPath: string;
  pagePath: string;
}

/** @param now - dates a feed without entries, by the day, so that it does not change with every look */
export function makeFeed(
  subject: FeedSubject,
  papers: readonly CarriedPaper[],
  site: { name: string; publicUrl: string },
  now: Date,
): Feed {
  const { publicUrl } = site;
  const times = papers.map(({ openedAt }) => openedAt.getTime());
  return {
    title: subject.title,
    description: subject.description,
    selfUrl: `${publicUrl}${subject.selfPath}`,
    pageUrl: `${publicUrl}${subject.pagePath}`,
    siteName: site.name,
    siteUrl: `${publicUrl}/`,
    updatedAt:
      times.length > 0 ? new Date(Math.max(...times)) : new Date(new Date(now).setUTCHours(0, 0, 0, 0)),
    entries: papers.map((paper) => toEntry(paper, publicUrl)),
  };
}
