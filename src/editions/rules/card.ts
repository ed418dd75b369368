import { bylineOf, type Paper, paperLinks } from '../../papers/rules/paper.ts';
import { parseUrl } from '../../papers/rules/text.ts';
import { longDate } from './dates.ts';
import { Lengths } from './skeleton.ts';
import { cleanLine, count, shorten } from './words.ts';

/** Longest title printed: the longest real one has 175 characters, a hostile one 10,000. */
const TITLE_LIMIT = 240;
/** A short abstract: four lines on a desktop. Sources' own summaries are 206 characters at the median. */
const ABSTRACT_LIMIT = 280;
/** arXiv takes no abstract of more than 1,920 characters. */
const FULL_ABSTRACT_LIMIT = 2000;
const BYLINE_LIMIT = 120;
/** A longer link is no link that a person would follow; the longest real ones have about 120 characters. */
const LINK_LIMIT = 300;

/** A card as the templates see it. Absent things are null. */
export interface CardView {
  /** As a link's query has it. */
  id: string;
  title: string;
  url: string;
  /** Why it is in the edition; why a reader gets it stands before it, in a slot. */
  why: string;
  byline: string | null;
  published: string | null;
  votes: string;
  comments: string;
  abstract: Lengths | null;
  links: { name: string; url: string }[];
}

// A full stop, question or exclamation mark, perhaps a closing quote or bracket, then a new sentence; not after the
// abbreviations that papers are full of.
const SENTENCE_END = /(?<!\b(?:al|e\.g|i\.e|vs|cf|Fig|Eq|Sec|etc))[.!?]['")\]]?(?= +[\p{Lu}\d"'(])/gu;

/** The source's summary, or the abstract's first sentences; cut at a word with … where no sentence ends near the limit. */
export function shortAbstract(paper: Pick<Paper, 'summary' | 'abstract'>, limit = ABSTRACT_LIMIT): string {
  const text = cleanLine(paper.summary ?? '') || cleanLine(paper.abstract);
  if (text.length <= limit) return text;
  const ends = [...text.slice(0, limit + 2).matchAll(SENTENCE_END)].map(
    (match) => match.index + match[0].length,
  );
  const end = ends.filter((at) => at <= limit).at(-1) ?? 0;
  return end >= limit / 2 ? text.slice(0, end) : shorten(text, limit);
}

function httpsLink(url: string | null): string | null {
  const fits = url !== null && url.length <= LINK_LIMIT && /^https:\/\/[\x21-\x7e]+$/i.test(url);
  return fits && parseUrl(url) ? url : null;
}

/** Dresses a paper for the templates: every text cleaned to one line of bounded length. */
export function viewCard(paper: Paper, why: string): CardView {
  const links = paperLinks(paper);
  const codeUrl = httpsLink(paper.codeUrl);
  const full = shorten(cleanLine(paper.abstract) || cleanLine(paper.summary ?? ''), FULL_ABSTRACT_LIMIT);
  return {
    id: encodeURIComponent(paper.id),
    title: shorten(cleanLine(paper.title), TITLE_LIMIT) || paper.id,
    url: links.huggingFace,
    why,
    byline: shorten(cleanLine(bylineOf(paper)), BYLINE_LIMIT) || null,
    published: paper.publishedOn === null ? null : longDate(paper.publishedOn),
    votes: count(paper.upvotes, 'vote'),
    comments: count(paper.comments, 'comment'),
    abstract: full === '' ? null : new Lengths(shortAbstract(paper), full),
    links: [
      { name: 'arXiv', url: links.arxiv },
      { name: 'PDF', url: links.pdf },
      ...(codeUrl === null ? [] : [{ name: 'Code', url: codeUrl }]),
    ],
  };
}
