import { readDay } from './day.ts';
import { type ItemFault, type ListedPaper, readArxivId, readArxivVersion, readCategories } from './paper.ts';
import { decodeTexProse, splitCreators } from './parse-tex.ts';
import { childOf, childrenOf, parseXml, textOf, type XmlElement } from './parse-xml.ts';
import { LIMITS, tidyText } from './text.ts';

const ATOM = 'http://www.w3.org/2005/Atom';
const ARXIV = 'http://arxiv.org/schemas/atom';
const DUBLIN_CORE = 'http://purl.org/dc/elements/1.1/';
const OPENSEARCH = 'http://a9.com/-/spec/opensearch/1.1/';

/** What an answer of arXiv's RSS feed or API holds. */
export interface ArxivList {
  /** Papers to be listed: new ones and those new to a category (`new`, `cross`). */
  papers: ListedPaper[];
  /** Known papers in a new version (`replace`, `replace-cross`): described anew, not listed. */
  updates: ListedPaper[];
  withdrawn: string[];
  faults: ItemFault[];
  /** Entries that belong to another day or category. */
  strays: number;
  /** All entries, usable or not. */
  count: number;
}

/** The list, or what came instead, in words that end the sentence "arXiv answered with …". */
export type ArxivAnswer<List> = { ok: true; list: List } | { ok: false; fault: string };

const emptyList = (): ArxivList => ({
  papers: [],
  updates: [],
  withdrawn: [],
  faults: [],
  strays: 0,
  count: 0,
});

const WITHDRAWN =
  /^\W*(?:this|the) (?:paper|article|submission|manuscript|work) (?:has been|is|was) withdrawn/i;

interface Told {
  id: string;
  title: string;
  abstract: string;
  authors: readonly string[];
  categories: readonly string[];
  version: number | null;
  publishedOn: string | null;
  listedOn: string;
}

/** arXiv counts no votes: 0 stands for "none told", and the store never takes it for a count. */
function paperOf(told: Told): ListedPaper {
  const { id, version, publishedOn, listedOn } = told;
  const authors = told.authors.map((name) => tidyText(name, LIMITS.name)).filter((name) => name !== '');
  return {
    id,
    title: tidyText(decodeTexProse(told.title), LIMITS.title),
    abstract: tidyText(decodeTexProse(told.abstract), LIMITS.abstract),
    summary: null,
    authors: authors.slice(0, LIMITS.authors),
    organisation: null,
    keywords: [],
    categories: readCategories(told.categories),
    version,
    publishedOn,
    codeUrl: null,
    codeStars: null,
    projectUrl: null,
    upvotes: 0,
    comments: 0,
    listedOn,
  };
}

/** Why an item could not be used, and what it calls itself. */
type Unusable = { id: string; reason: string } | undefined;

function noteFault(list: ArxivList, index: number, unusable: Unusable): void {
  if (unusable === undefined) return;
  const id = tidyText(unusable.id, 40);
  list.faults.push({ place: `item ${index + 1}${id === '' ? '' : ` (${id})`}`, reason: unusable.reason });
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The day of an RSS date as it is written (`Wed, 05 Aug 2026 00:00:00 -0400`): arXiv writes midnight in New York. */
export function readFeedDay(text: string): string | null {
  const match = /^\s*(?:[A-Za-z]{3},\s*)?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})\b/.exec(text);
  const [, date = '', name = '', year = ''] = match ?? [];
  const month = MONTHS.indexOf(name) + 1;
  return month === 0 ? null : readDay(`${year}-${String(month).padStart(2, '0')}-${date.padStart(2, '0')}`);
}

/** A day's feed. */
export interface ArxivFeed extends ArxivList {
  /** The day that arXiv dates it with. */
  day: string;
}

// `arXiv:2608.03094v1 Announce Type: new \nAbstract: We present …`
const DESCRIPTION = /^\s*arXiv:\s*(\S+)\s+Announce Type:\s*([a-z-]+)\s*(?:Abstract:\s*)?/i;

function readFeedItem(list: ArxivList, item: XmlElement, day: string): Unusable {
  const description = textOf(item, '', 'description');
  const [intro = '', named = '', told = ''] = DESCRIPTION.exec(description) ?? [];
  const guid = textOf(item, '', 'guid').replace(/^\s*oai:arXiv\.org:/i, '');
  const link = textOf(item, '', 'link').replace(/^.*\/abs\//s, '');
  const names = [guid, link, named].filter((text) => readArxivId(text) !== null);
  const [found] = names;
  const id = found === undefined ? null : readArxivId(found);
  if (found === undefined || id === null) return { id: guid, reason: 'names no arXiv id' };
  const dated = textOf(item, '', 'pubDate');
  if (dated !== '' && readFeedDay(dated) !== day) {
    list.strays += 1;
    return undefined;
  }
  const version = names.map(readArxivVersion).find((number) => number !== null) ?? null;
  const paper = paperOf({
    id,
    title: textOf(item, '', 'title'),
    abstract: description.slice(intro.length),
    authors: childrenOf(item, DUBLIN_CORE, 'creator').flatMap((creator) => splitCreators(creator.text)),
    categories: childrenOf(item, '', 'category').map((category) => category.text),
    version,
    publishedOn: null,
    listedOn: day,
  });
  if (paper.title === '') return { id: id, reason: 'has no title' };
  const assumed = (version ?? 1) > 1 ? 'replace' : 'new';
  const type = (textOf(item, ARXIV, 'announce_type').trim() || told || assumed).toLowerCase();
  if (WITHDRAWN.test(paper.abstract)) list.withdrawn.push(id);
  else if (type === 'new' || type === 'cross') list.papers.push(paper);
  else if (type.startsWith('replace')) list.updates.push(paper);
  else return { id, reason: `has the unknown announce type "${tidyText(type, 40)}"` };
  return undefined;
}

/** Reads arXiv's RSS 2.0 feed. A feed without items is an answer: nothing was announced, as on holidays. */
export function parseArxivFeed(body: string): ArxivAnswer<ArxivFeed> {
  const xml = parseXml(body);
  if (!xml.ok) return xml;
  const channel = xml.root.name === 'rss' ? childOf(xml.root, '', 'channel') : undefined;
  if (!channel) return { ok: false, fault: 'XML that is no RSS feed' };
  const title = tidyText(textOf(channel, '', 'title'), 200);
  if (/^feed error/i.test(title)) {
    const why = tidyText(textOf(channel, '', 'description'), 300);
    return { ok: false, fault: `the error "${title}${why === '' ? '' : `: ${why}`}"` };
  }
  const day =
    readFeedDay(textOf(channel, '', 'pubDate')) ?? readFeedDay(textOf(channel, '', 'lastBuildDate'));
  if (day === null) return { ok: false, fault: 'a feed without a date' };
  const list: ArxivFeed = { ...emptyList(), day };
  const items = childrenOf(channel, '', 'item');
  list.count = items.length;
  for (const [index, item] of items.entries()) noteFault(list, index, readFeedItem(list, item, day));
  return { ok: true, list };
}

/** What the API was asked for: entries outside it are strays, whatever the server made of the question. */
export interface ArxivQuestion {
  /** The day under which the papers are listed. */
  day: string;
  from: Date;
  /** Not included. */
  to: Date;
  /** `cs.CL`, or a whole archive: `cs`. */
  categories: readonly string[];
}

/** A page of the API's answer. */
export interface ArxivPage extends ArxivList {
  /** Entries on all pages together. */
  total: number;
}

const termsOf = (entry: XmlElement, uri: string, name: string) =>
  childrenOf(entry, uri, name).map((category) => category.attributes.get('term') ?? '');

function isAsked(entry: XmlElement, question: ArxivQuestion): boolean {
  const at = Date.parse(textOf(entry, ATOM, 'published'));
  if (!(at >= question.from.getTime() && at < question.to.getTime())) return false;
  const terms = termsOf(entry, ATOM, 'category');
  return question.categories.some((name) =>
    terms.some((term) => term === name || term.startsWith(`${name}.`)),
  );
}

function readEntry(list: ArxivList, entry: XmlElement, question: ArxivQuestion): Unusable {
  const rawId = textOf(entry, ATOM, 'id').replace(/^.*\/abs\//s, '');
  const id = readArxivId(rawId);
  if (id === null) return { id: rawId, reason: 'names no arXiv id' };
  const publishedOn = readDay(textOf(entry, ATOM, 'published'));
  if (publishedOn === null) return { id: id, reason: 'published: is not a date' };
  if (!isAsked(entry, question)) {
    list.strays += 1;
    return undefined;
  }
  const authors = childrenOf(entry, ATOM, 'author').map((author) => textOf(author, ATOM, 'name'));
  const paper = paperOf({
    id,
    title: textOf(entry, ATOM, 'title'),
    abstract: textOf(entry, ATOM, 'summary'),
    authors,
    categories: [...termsOf(entry, ARXIV, 'primary_category'), ...termsOf(entry, ATOM, 'category')],
    version: readArxivVersion(rawId),
    publishedOn,
    listedOn: question.day,
  });
  if (paper.title === '') return { id: id, reason: 'has no title' };
  const comment = textOf(entry, ARXIV, 'comment');
  if (WITHDRAWN.test(paper.abstract) || WITHDRAWN.test(comment)) list.withdrawn.push(id);
  else list.papers.push(paper);
  return undefined;
}

/** Reads a page of the API's Atom answer. An error comes as an entry titled "Error", with status 400 and also with 200. */
export function parseArxivPage(body: string, question: ArxivQuestion, first = 0): ArxivAnswer<ArxivPage> {
  const xml = parseXml(body);
  if (!xml.ok) return xml;
  const { root } = xml;
  if (root.name !== 'feed' || root.uri !== ATOM) return { ok: false, fault: 'XML that is no Atom feed' };
  const entries = childrenOf(root, ATOM, 'entry');
  const error = entries.find((entry) => {
    const id = textOf(entry, ATOM, 'id');
    return (
      /\/api\/errors\b/.test(id) || (textOf(entry, ATOM, 'title').trim() === 'Error' && !/\/abs\//.test(id))
    );
  });
  if (error) return { ok: false, fault: `the error "${tidyText(textOf(error, ATOM, 'summary'), 300)}"` };
  const total = Number(textOf(root, OPENSEARCH, 'totalResults').trim() || Number.NaN);
  if (!Number.isInteger(total) || total < 0)
    return { ok: false, fault: 'a feed that does not say how much there is' };
  const list: ArxivPage = { ...emptyList(), total, count: entries.length };
  for (const [index, entry] of entries.entries())
    noteFault(list, first + index, readEntry(list, entry, question));
  return { ok: true, list };
}
