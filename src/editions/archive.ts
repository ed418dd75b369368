import type { Paper } from '../papers/index.ts';
import type { Db } from '../platform/index.ts';
import type { Pieces } from './compile.ts';
import type { Cadence, Day } from './rules/dates.ts';
import { issueName, subjectOf } from './rules/edition.ts';
import type { LayOutEdition } from './rules/lay-out.ts';
import { PAPER_COLUMNS, type StoredSkeleton } from './store.ts';

/** An edition as a list shows it. */
export interface EditionSummary {
  id: number;
  cadence: Cadence;
  /** Weekly: the Monday of its week. */
  issueDate: Day;
  openedAt: Date;
  subject: string;
  cards: number;
  more: number;
  /** What was missing when it was closed, as its readers are told; null: nothing. */
  note: string | null;
}

/** A paper's card, cut, as the sender joins it. */
export interface EditionCard extends Pieces {
  paperId: string;
  /** As printed. */
  title: string;
}

/** All of an edition that a mail is joined from. Never changes once made, so it may be kept. */
export interface Edition extends LayOutEdition {
  id: number;
  cadence: Cadence;
  issueDate: Day;
  openedAt: Date;
  head: Pieces;
  /** All that may be a card in some reader's digest. */
  papers: EditionCard[];
  /** How many of the first are the edition's own: what a reader without interests gets. */
  cards: number;
  /** Has the slot `more_count`: the papers that this reader does not get; left out where that is 0. */
  more: Pieces;
  foot: Pieces;
  /** The page with all of them. */
  dayUrl: string;
}

/** A paper of an edition, with its votes and comments as printed. */
export interface EditionPaper extends Paper {
  rank: number;
  card: boolean;
}

const SUMMARY_COLUMNS = `e.id, e.cadence, e.issue_date as "issueDate", e.opened_at as "openedAt", e.subject, e.note,
  (select count(*) from edition_papers ep where ep.edition_id = e.id and ep.card) as cards,
  (select count(*) from edition_papers ep where ep.edition_id = e.id and not ep.card) as more`;

/** What a sender needs of an edition; null when there is none with this id. */
export async function loadEdition(db: Db, id: number): Promise<Edition | null> {
  const [row] = await db.query<EditionSummary & { skeleton: StoredSkeleton }>(
    'editions.load',
    `select ${SUMMARY_COLUMNS}, e.skeleton from editions e where e.id = $1`,
    [id],
  );
  if (!row) return null;
  const papers = await db.query<EditionCard>(
    'editions.load-cards',
    // In editions from before digests of one's own only the cards have pieces, and no titles.
    `select ep.paper_id as "paperId", coalesce(ep.title, p.title) as title, ep.html, ep.text
     from edition_papers ep join papers p on p.id = ep.paper_id
     where ep.edition_id = $1 and ep.html is not null order by ep.rank`,
    [id],
  );
  const { skeleton, more, note: _, ...summary } = row;
  return {
    ...summary,
    count: '',
    preheader: '',
    ...skeleton,
    issue: issueName(summary.cadence, summary.issueDate),
    subjects: papers.map(({ title }) => subjectOf(summary.cadence, summary.issueDate, title)),
    papers,
    placeOf: new Map(papers.map(({ paperId }, place) => [paperId, place])),
    total: summary.cards + more,
  };
}

/** The newest edition of a cadence that is open at `now` (default: of all); null when there is none. */
export async function latestEdition(db: Db, cadence: Cadence, now?: Date): Promise<EditionSummary | null> {
  const [row] = await db.query<EditionSummary>(
    'editions.latest',
    `select ${SUMMARY_COLUMNS} from editions e
     where e.cadence = $1 and e.state = 'ready' and ($2::timestamptz is null or e.opened_at <= $2)
     order by e.issue_date desc limit 1`,
    [cadence, now ?? null],
  );
  return row ?? null;
}

/** Which editions `listEditions` gives. */
export interface EditionFilter {
  /** Default: daily and weekly. */
  cadence?: Cadence;
  /** Only issues before this day, for the next page of a list. */
  before?: Day;
  /** At most so many (default: 30). */
  limit?: number;
}

/** Editions, newest issue first. */
export async function listEditions(db: Db, filter: EditionFilter = {}): Promise<EditionSummary[]> {
  return db.query<EditionSummary>(
    'editions.list',
    `select ${SUMMARY_COLUMNS} from editions e
     where e.cadence = any ($1) and e.state = 'ready' and ($2::date is null or e.issue_date < $2)
     order by e.issue_date desc, e.cadence limit $3`,
    [filter.cadence ? [filter.cadence] : ['daily', 'weekly'], filter.before ?? null, filter.limit ?? 30],
  );
}

/** An edition by name with its papers in order, for the archive; null when there is none. */
export async function findEdition(
  db: Db,
  cadence: Cadence,
  issueDate: Day,
): Promise<(EditionSummary & { papers: EditionPaper[] }) | null> {
  const [summary] = await db.query<EditionSummary>(
    'editions.find',
    `select ${SUMMARY_COLUMNS} from editions e where e.cadence = $1 and e.issue_date = $2 and e.state = 'ready'`,
    [cadence, issueDate],
  );
  if (!summary) return null;
  const papers = await db.query<EditionPaper>(
    'editions.find-papers',
    // The later columns win: votes as printed, not as they are today.
    `select ${PAPER_COLUMNS}, ep.rank, ep.card, ep.upvotes, ep.comments
     from edition_papers ep join papers p on p.id = ep.paper_id where ep.edition_id = $1 order by ep.rank`,
    [summary.id],
  );
  return { ...summary, papers };
}
