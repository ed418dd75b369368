import { shorten } from '../../editions/rules/words.ts';
import { bylineOf, type Paper, paperLinks } from '../../papers/rules/paper.ts';
import { tidyUrl } from '../../papers/rules/text.ts';
import { wordsOf } from '../../papers/rules/words.ts';
import { dayInShort } from './calendar.ts';

export { shorten };

/** A description in a list of search results or a link's preview: what they show at most. */
export const DESCRIPTION_LENGTH = 200;

/** Cards show the beginning of an abstract; the paper's page shows all. About six lines of a wide screen. */
const EXCERPT_LENGTH = 600;
/** The longest of 9,881 titles seen had 175 characters; more than this is a broken or hostile one. */
const TITLE_LENGTH = 300;

/** A longer name makes a search that is too long to be read. */
const NAME_LENGTH = 150;

/** A paper as the pages show it: plain texts (templates escape) and links that are safe to follow. */
export interface Card {
  id: string;
  href: string;
  title: string;
  byline: string;
  published: { day: string; words: string } | null;
  excerpt: string;
  cut: boolean;
  upvotes: number;
  comments: number;
  huggingFace: string;
  arxiv: string;
  pdf: string;
  code: string | null;
  stars: string | null;
  project: string | null;
}

/** `950`, `3.4k`, `120k`. */
export function shortCount(count: number): string {
  if (count < 1000) return String(count);
  const thousands = count / 1000;
  return `${thousands < 9.95 ? thousands.toFixed(1).replace('.0', '') : Math.round(thousands)}k`;
}

/** The path of a paper's page. Ids are arXiv's, old ones with a slash (`cs/0112017`). */
export const paperHref = (id: string) => `/papers/${id.split('/').map(encodeURIComponent).join('/')}`;

/** The path of a keyword's page: its words with hyphens, `/keywords/large-language-models`; null where it has none. */
export function keywordHref(keyword: string): string | null {
  const words = wordsOf(keyword);
  return words.length === 0 ? null : `/keywords/${encodeURIComponent(words.join('-'))}`;
}

/** The search for the papers of an author or organisation. */
export const nameHref = (field: 'author' | 'org', name: string) =>
  `/search?${new URLSearchParams({ q: `${field}:"${name.replaceAll('"', ' ')}"` })}`;

/** A name with the search for its papers; null where nothing can be searched for. */
const linkName = (field: 'author' | 'org') => (name: string) => ({
  name,
  href: wordsOf(name).length > 0 && name.length <= NAME_LENGTH ? nameHref(field, name) : null,
});

/** What a card shows of a paper. Texts of papers are stored tidy; only their length is cut here. */
export function toCard(paper: Paper): Card {
  const text = paper.abstract || (paper.summary ?? '');
  const excerpt = shorten(text, EXCERPT_LENGTH);
  return {
    id: paper.id,
    href: paperHref(paper.id),
    title: shorten(paper.title, TITLE_LENGTH),
    byline: bylineOf(paper),
    published:
      paper.publishedOn === null ? null : { day: paper.publishedOn, words: dayInShort(paper.publishedOn) },
    excerpt,
    cut: excerpt !== text,
    upvotes: paper.upvotes,
    comments: paper.comments,
    ...paperLinks(paper),
    // Checked again though the sources check: these are links.
    code: paper.codeUrl && tidyUrl(paper.codeUrl),
    stars: paper.codeStars === null ? null : shortCount(paper.codeStars),
    project: paper.projectUrl && tidyUrl(paper.projectUrl),
  };
}

/** Names shown at once on a paper's page; the rest unfolds. The median paper has 7 authors, one in a hundred over 53. */
const AUTHORS_SHOWN = 20;

/** A paper as its own page shows it. */
export function viewPaper(paper: Paper) {
  return {
    ...toCard(paper),
    title: paper.title,
    organisation: paper.organisation === null ? null : linkName('org')(paper.organisation),
    authors: paper.authors.slice(0, AUTHORS_SHOWN).map(linkName('author')),
    otherAuthors: paper.authors.slice(AUTHORS_SHOWN).map(linkName('author')),
    abstract: paper.abstract,
    summary: paper.summary,
    categories: paper.categories,
    keywords: paper.keywords.map((name) => ({ name, href: keywordHref(name) })),
  };
}
