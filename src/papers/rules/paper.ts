/** A paper as it is stored. All texts are tidy (rules/text.ts) but not escaped: they are text, whatever they look like. */
export interface Paper {
  /** arXiv id without version: `2606.10651` or `cs/0112017`. */
  id: string;
  title: string;
  /** '' where the source has none. */
  abstract: string;
  /** A source's own one-sentence summary. */
  summary: string | null;
  /** In the order of the paper. */
  authors: string[];
  organisation: string | null;
  keywords: string[];
  /** Of arXiv, the primary one first (`cs.CL`); empty where arXiv has not told of it. */
  categories: string[];
  /** The newest version that arXiv told of; null: it told of none. */
  version: number | null;
  /** Day of the first version, in UTC. */
  publishedOn: string | null;
  codeUrl: string | null;
  codeStars: number | null;
  projectUrl: string | null;
  /** As last seen. */
  upvotes: number;
  comments: number;
  /** Ships with Paperboy: its votes are invented, and it is never shown among real papers. */
  sample: boolean;
}

// `cs.CL`, `math-ph`, `cond-mat.str-el`. The API has classes of other schemes beside them: `68T50`, `I.2.7`.
const CATEGORY = /^[a-z]{2,10}(?:-[a-z]{2,10})?(?:\.[A-Za-z]{2,5}(?:-[a-z]{2,5})?)?$/;
/** The most that a paper was seen to have is 11. */
const CATEGORIES_MAX = 20;

/** The arXiv categories among these names, each once, in their order. */
export const readCategories = (names: readonly string[]): string[] =>
  [...new Set(names.map((name) => name.trim()).filter((name) => CATEGORY.test(name)))].slice(
    0,
    CATEGORIES_MAX,
  );

/** The version that an arXiv id names: `2606.10651v2` gives 2; null where it names none. */
export function readArxivVersion(text: string): number | null {
  const [, version] = /v([1-9]\d{0,3})\s*$/.exec(text) ?? [];
  return version === undefined ? null : Number(version);
}

/** A paper as a source lists it on a day. */
export type ListedPaper = Omit<Paper, 'sample'> & { listedOn: string };

/** One item of a source's answer that could not be used: where it stood, and why. It costs nothing but itself. */
export interface ItemFault {
  /** `item 7 (2606.10651)`, counted from 1; without brackets where no id could be read. */
  place: string;
  reason: string;
}

const NEW_ID = /^(\d{4}\.\d{4,5})(?:v\d{1,4})?$/;
// Before April 2007: the archive, perhaps a subject class (`math.GT`), which is not part of the identity.
const OLD_ID = /^([a-z]{1,8}(?:-[a-z]{2,8})?)(?:\.[A-Z]{2})?\/(\d{7})(?:v\d{1,4})?$/;

/** The identity that an arXiv id names, without its version: `2606.10651v2` gives `2606.10651`; null where it is none. */
export function readArxivId(text: string): string | null {
  const trimmed = text.trim();
  const [, id] = NEW_ID.exec(trimmed) ?? [];
  if (id !== undefined) return id;
  const [, archive, number] = OLD_ID.exec(trimmed) ?? [];
  return archive !== undefined && number !== undefined ? `${archive}/${number}` : null;
}

/** Where a paper is found elsewhere. arXiv asks that the abstract page is linked. */
export function paperLinks(paper: Pick<Paper, 'id'>): { huggingFace: string; arxiv: string; pdf: string } {
  return {
    huggingFace: `https://huggingface.co/papers/${paper.id}`,
    arxiv: `https://arxiv.org/abs/${paper.id}`,
    pdf: `https://arxiv.org/pdf/${paper.id}`,
  };
}

// Three names fit on a line of a phone's card; 573 authors do not.
const BYLINE_NAMES = 3;

/** Who wrote it, on one line: the organisation, or the first authors and how many more, or ''. */
export function bylineOf(paper: Pick<Paper, 'organisation' | 'authors'>): string {
  if (paper.organisation !== null && paper.organisation !== '') return paper.organisation;
  const { authors } = paper;
  if (authors.length <= 1) return authors[0] ?? '';
  if (authors.length <= BYLINE_NAMES)
    return `${authors.slice(0, -1).join(', ')} and ${authors[authors.length - 1] ?? ''}`;
  return `${authors.slice(0, BYLINE_NAMES).join(', ')} and ${authors.length - BYLINE_NAMES} more`;
}
