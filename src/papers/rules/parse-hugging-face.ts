import { z } from 'zod';
import { readDay } from './day.ts';
import { type ItemFault, type ListedPaper, readArxivId } from './paper.ts';
import { LIMITS, tidyText, tidyUrl } from './text.ts';

/** What an answer of `/api/daily_papers` holds. */
export interface ParsedList {
  papers: ListedPaper[];
  faults: ItemFault[];
  /** Items that belong to another day than the one asked for. */
  strays: number;
  /** Ids of papers that were withdrawn: not to be listed. */
  withdrawn: string[];
  /** What stands as `paper.id` in each item that has one, as sent: to see whether a page brought anything new. */
  rawIds: string[];
}

// The fullest of 580 days had 82; a month has about 700.
const ITEMS_MAX = 10_000;
const INT4_MAX = 2_147_483_647;

// Fields come and go (more than 15 in two years), so only what a card cannot do without may fail: the id, a title,
// and the numbers that decide the order. An absent number is 0 (early days have none); one that is negative,
// fractional or no number makes the item a fault, since a paper in the wrong place would look right.
const maybe = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().catch(null);
const text = z.string();
const count = z.number().int().min(0).max(INT4_MAX).nullish();
const things = z.array(z.unknown()).nullish().catch(null);
const organization = maybe(z.union([z.object({ fullname: maybe(text), name: maybe(text) }), text]));

const itemSchema = z.object({
  paper: z.object({
    id: text,
    title: maybe(text),
    summary: maybe(text),
    authors: things,
    publishedAt: maybe(text),
    submittedOnDailyAt: text.nullish(),
    upvotes: count,
    ai_summary: maybe(text),
    ai_keywords: things,
    githubRepo: maybe(text),
    githubStars: maybe(count),
    projectPage: maybe(text),
    organization,
    withdrawnAt: z.unknown().optional(),
  }),
  title: maybe(text),
  summary: maybe(text),
  numComments: count,
  organization,
});

// The name stays when the entry is `hidden`: that hides it from the person's profile, not from the paper.
const authorSchema = z.union([text, z.object({ name: text }).transform(({ name }) => name)]);

function textsOf(values: unknown[] | null | undefined, schema: z.ZodType<string>, max: number): string[] {
  const texts: string[] = [];
  for (const value of values ?? []) {
    const parsed = schema.safeParse(value);
    const tidy = parsed.success ? tidyText(parsed.data, max) : '';
    if (tidy !== '') texts.push(tidy);
  }
  return texts;
}

function organisationOf(value: z.infer<typeof organization>): string | null {
  if (value === null || value === undefined) return null;
  const names = typeof value === 'string' ? [value] : [value.fullname, value.name];
  return names.map((name) => tidyText(name ?? '', LIMITS.name)).find((name) => name !== '') ?? null;
}

const textOrNull = (value: string | null | undefined, max: number) => tidyText(value ?? '', max) || null;
const urlOrNull = (value: string | null | undefined) => (value ? tidyUrl(value) : null);

/** The raw id, for places and page guards, whatever else is wrong with the item. */
function rawIdOf(item: unknown): string | undefined {
  const paper = typeof item === 'object' && item !== null && 'paper' in item ? item.paper : undefined;
  const id = typeof paper === 'object' && paper !== null && 'id' in paper ? paper.id : undefined;
  return typeof id === 'string' ? id.slice(0, 100) : undefined;
}

function reasonOf(error: z.ZodError): string {
  const issues = error.issues.slice(0, 3).map((issue) => {
    const where = issue.path.join('.');
    return `${where === '' ? '' : `${where}: `}${issue.message}`;
  });
  return tidyText(issues.join('; '), 300);
}

type Outcome =
  | { kind: 'paper'; paper: ListedPaper }
  | { kind: 'fault'; reason: string }
  | { kind: 'stray' }
  | { kind: 'withdrawn'; id: string };

function readItem(item: unknown, day: string | null): Outcome {
  const parsed = itemSchema.safeParse(item);
  if (!parsed.success) return { kind: 'fault', reason: reasonOf(parsed.error) };
  const { paper } = parsed.data;
  const id = readArxivId(paper.id);
  if (id === null) return { kind: 'fault', reason: 'paper.id: is not an arXiv id' };
  if (paper.withdrawnAt) return { kind: 'withdrawn', id };

  const own = paper.submittedOnDailyAt ? readDay(paper.submittedOnDailyAt) : undefined;
  if (own === null) return { kind: 'fault', reason: 'paper.submittedOnDailyAt: is not a date' };
  const listedOn = day ?? own;
  if (listedOn === undefined)
    return { kind: 'fault', reason: 'paper.submittedOnDailyAt: is missing, and nothing else names the day' };
  // The default list and the page snap back to the last listed day: printed under the day asked for, Friday's papers
  // would be mailed again on Sunday.
  if (own !== undefined && own !== listedOn) return { kind: 'stray' };

  // `paper.title` before the item's: there the source has flattened the LaTeX.
  const title = tidyText(paper.title ?? '', LIMITS.title) || tidyText(parsed.data.title ?? '', LIMITS.title);
  if (title === '') return { kind: 'fault', reason: 'paper.title: is missing or empty' };
  return {
    kind: 'paper',
    paper: {
      id,
      listedOn,
      title,
      abstract:
        tidyText(paper.summary ?? '', LIMITS.abstract) ||
        tidyText(parsed.data.summary ?? '', LIMITS.abstract),
      summary: textOrNull(paper.ai_summary, LIMITS.summary),
      authors: textsOf(paper.authors?.slice(0, LIMITS.authors), authorSchema, LIMITS.name),
      organisation: organisationOf(paper.organization) ?? organisationOf(parsed.data.organization),
      keywords: [...new Set(textsOf(paper.ai_keywords?.slice(0, LIMITS.keywords), text, LIMITS.keyword))],
      categories: [],
      version: null,
      publishedOn: readDay(paper.publishedAt ?? ''),
      codeUrl: urlOrNull(paper.githubRepo),
      codeStars: paper.githubStars ?? null,
      projectUrl: urlOrNull(paper.projectPage),
      upvotes: paper.upvotes ?? 0,
      comments: parsed.data.numComments ?? 0,
    },
  };
}

/**
 * Reads the items of one answer of the Hugging Face daily-papers API. Never throws; an item that cannot be used
 * becomes a fault and costs nothing but itself.
 *
 * @param day - the day that was asked for; null to take each item's own `submittedOnDailyAt`
 * @param firstPlace - the number of the first item in fault places (default: 1)
 */
export function parseDailyPapers(items: readonly unknown[], day: string | null, firstPlace = 1): ParsedList {
  const list: ParsedList = { papers: [], faults: [], strays: 0, withdrawn: [], rawIds: [] };
  for (const [index, item] of items.entries()) {
    const rawId = rawIdOf(item);
    if (rawId !== undefined) list.rawIds.push(rawId);
    const outcome = readItem(item, day);
    if (outcome.kind === 'paper') list.papers.push(outcome.paper);
    else if (outcome.kind === 'withdrawn') list.withdrawn.push(outcome.id);
    else if (outcome.kind === 'stray') list.strays += 1;
    else {
      const id = tidyText(rawId ?? '', 40);
      const place = `item ${firstPlace + index}${id === '' ? '' : ` (${id})`}`;
      list.faults.push({ place, reason: outcome.reason });
    }
  }
  return list;
}

/** A body that is no list of papers, in words that end the sentence "SOURCE answered with …"; or the list. */
export function readJsonList(body: string): { ok: true; items: unknown[] } | { ok: false; fault: string } {
  const start = body.trimStart();
  if (start === '') return { ok: false, fault: 'nothing' };
  if (start.startsWith('<')) return { ok: false, fault: 'a web page instead of JSON' };
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { ok: false, fault: 'broken or unfinished JSON' };
  }
  if (!Array.isArray(value)) return { ok: false, fault: 'JSON that is not a list of papers' };
  if (value.length > ITEMS_MAX)
    return { ok: false, fault: `${value.length} items, far more than any day has` };
  return { ok: true, items: value };
}
