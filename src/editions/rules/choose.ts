import { addDays, type Cadence, type Day } from './dates.ts';

/** A paper may be carried late for so many days after its listing: re-listings and late additions come within a week. */
export const LATE_DAYS = 14;

/** What choosing looks at. */
export interface Candidate {
  id: string;
  upvotes: number;
  comments: number;
}

/** What a cadence knows of a paper that might be in a daily edition. */
export interface DailyCandidate extends Candidate {
  /** Days on which a source listed it. */
  listedOn: readonly Day[];
  /** The sources that did; none: a sample. */
  sources: readonly string[];
  /** A daily edition has carried it, as a card or among "N more". */
  carried: boolean;
}

/** Votes descending, then comments descending, then arXiv id by code units: total, so every machine prints the same order. */
export function byVotes(a: Candidate, b: Candidate): number {
  return b.upvotes - a.upvotes || b.comments - a.comments || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** The papers of an edition in order, cut into cards and "N more"; or why there is no edition. */
export type Choice<Paper> = { cards: Paper[]; more: Paper[] } | { nothing: 'unlisted' | 'carried' };

/** Puts papers in order; the first `editionSize` are cards. */
export function divide<Paper extends Candidate>(
  papers: readonly Paper[],
  editionSize: number,
): Choice<Paper> {
  if (papers.length === 0) return { nothing: 'unlisted' };
  const sorted = [...papers].sort(byVotes);
  return { cards: sorted.slice(0, editionSize), more: sorted.slice(editionSize) };
}

/**
 * The daily edition of `day`: what was listed on it and, with that, what came late: listed on an earlier day, at most
 * `LATE_DAYS` ago, that was closed already (an edition or a skip of that day or a later one exists). Never a paper
 * that a daily edition carried. Late papers alone make no edition; they wait for the next.
 *
 * @param closedDays - issue dates before `day` that have a daily edition or a skip
 */
export function chooseDaily<Paper extends DailyCandidate>(
  day: Day,
  papers: readonly Paper[],
  closedDays: readonly Day[],
  editionSize: number,
): Choice<Paper> {
  const listed = papers.filter((paper) => paper.listedOn.includes(day));
  if (listed.length === 0) return { nothing: 'unlisted' };
  const fresh = listed.filter((paper) => !paper.carried);
  if (fresh.length === 0) return { nothing: 'carried' };
  const oldest = addDays(day, -LATE_DAYS);
  const lastClosed = closedDays.reduce((last, closed) => (closed < day && closed > last ? closed : last), '');
  const late = papers.filter(
    (paper) =>
      !paper.carried &&
      !paper.listedOn.includes(day) &&
      paper.listedOn.some((on) => on >= oldest && on < day && on <= lastClosed),
  );
  return divide([...fresh, ...late], editionSize);
}

/** The weekly edition: what was listed in its week and no weekly edition carried. */
export function chooseWeekly<Paper extends DailyCandidate>(
  papers: readonly Paper[],
  editionSize: number,
): Choice<Paper> {
  const fresh = papers.filter((paper) => !paper.carried);
  return papers.length > 0 && fresh.length === 0 ? { nothing: 'carried' } : divide(fresh, editionSize);
}

/** All that an edition is chosen from. */
export interface Choosing<Paper extends DailyCandidate> {
  cadence: Cadence;
  /** Weekly: the Monday of its week. */
  date: Day;
  candidates: readonly Paper[];
  /** Issue dates before `date` that have a daily edition or a skip; only a daily edition asks. */
  closedDays: readonly Day[];
  editionSize: number;
}

/** The papers of an edition, and with them everything listed on its days, whoever carried it. */
export function chooseIssue<Paper extends DailyCandidate>({
  cadence,
  date,
  candidates,
  closedDays,
  editionSize,
}: Choosing<Paper>): { choice: Choice<Paper>; listed: Paper[] } {
  if (cadence === 'sample') return { choice: divide(candidates, editionSize), listed: [...candidates] };
  if (cadence === 'weekly') return { choice: chooseWeekly(candidates, editionSize), listed: [...candidates] };
  return {
    choice: chooseDaily(date, candidates, closedDays, editionSize),
    listed: candidates.filter((candidate) => candidate.listedOn.includes(date)),
  };
}
