import { addDays, coverOf, type Day, isWeekday, startOfDay } from './dates.ts';
import type { Issue } from './due.ts';
import { issueName } from './edition.ts';
import { sourceName } from './origins.ts';

/**
 * A list is whole when it has not grown for so long before the source's last answer: two of the clock's fetches.
 * Measured on lists of 2025: nine of ten papers are listed before 06:00 UTC, so at closing time most lists are long still.
 */
export const SETTLE_MS = 30 * 60_000;

/** With no papers at all, sources are waited for so long after closing: one may be down for a night, not for a day. */
export const PATIENCE_MS = 12 * 3_600_000;

/** With papers, but perhaps not the day's last: readers' mornings begin soon, and what comes late is carried next. */
export const PATIENCE_WITH_PAPERS_MS = 3_600_000;

/** Where a source stands with one day: what it answered, and what it has listed. */
export interface SourceDay {
  source: string;
  listedOn: Day;
  etag: string | null;
  answeredAt: Date | null;
  failedAt: Date | null;
  /** Papers that it has listed on the day. */
  papers: number;
  /** When we first saw any of them; null where there are none. */
  firstSeenAt: Date | null;
  /** When we last saw one that was new. */
  grewAt: Date | null;
}

/** What keeps a source's list from being whole. */
export type Lack = 'silent' | 'unannounced' | 'growing';

/** Where each configured source stands with an issue. */
export interface SourceState {
  source: string;
  state: 'ready' | Lack;
  /** When it was last asked, in vain or not; null: never. */
  askedAt: Date | null;
}

const latest = (times: readonly (Date | null)[]) =>
  times.reduce((last, time) => (time !== null && (last === null || time > last) ? time : last), null);

/** A source that is waited for. */
export interface AskedSource {
  name: string;
  /** It announces a day's papers at once, from Monday to Friday, as arXiv does (default: its list grows over the day). */
  announces?: boolean;
}

/** The days of an issue on which a source that announces does so; on a weekend alone, the issue's own days. */
function announcedDays({ cadence, date }: Issue): Day[] {
  const { from, to } = coverOf(cadence, date);
  const days: Day[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days.some(isWeekday) ? days.filter(isWeekday) : days;
}

/**
 * Where one source stands with an issue:
 * - `silent`: it has not answered since the issue's last day ended; or, if it announces, not for each of its weekdays.
 * - `unannounced`: one that announces says that a day from Monday to Friday has no papers. That is a holiday, or an
 *   announcement that is very late; no answer tells which.
 * - `growing`: new papers came within the half hour before its last answer. A list that we saw for the first time,
 *   all at once, has not grown; nor has what is announced; nor do we know of growth that we first see after patience
 *   is over, as after a stop of this service.
 *
 * A file holds Hugging Face's list, so it may answer in its place.
 */
export function readSource(
  { name, announces = false }: AskedSource,
  issue: Issue,
  days: readonly SourceDay[],
  closesAt: Date,
): SourceState {
  const { cadence, date } = issue;
  const own = days.filter((day) => day.source === name || (name === 'huggingface' && day.source === 'file'));
  const answeredAt = latest(own.map((day) => day.answeredAt));
  const askedAt = latest([answeredAt, ...own.map((day) => day.failedAt)]);
  const stateOf = (state: SourceState['state']): SourceState => ({ source: name, state, askedAt });
  if (announces) {
    const answered = new Set(own.filter((day) => day.answeredAt !== null).map((day) => day.listedOn));
    if (announcedDays(issue).some((day) => !answered.has(day))) return stateOf('silent');
    const isEmpty = cadence === 'daily' && isWeekday(date) && own.every((day) => day.papers === 0);
    return stateOf(isEmpty ? 'unannounced' : 'ready');
  }
  const over = startOfDay(addDays(coverOf(cadence, date).to, 1));
  if (answeredAt === null || answeredAt < over) return stateOf('silent');
  const patienceEnds = closesAt.getTime() + PATIENCE_WITH_PAPERS_MS;
  const isGrowing = own.some(
    ({ firstSeenAt, grewAt }) =>
      grewAt !== null &&
      firstSeenAt !== null &&
      firstSeenAt < grewAt &&
      grewAt.getTime() < patienceEnds &&
      answeredAt.getTime() < grewAt.getTime() + SETTLE_MS,
  );
  return stateOf(isGrowing ? 'growing' : 'ready');
}

/** What `readReadiness` looks at. */
export interface Waiting {
  now: Date;
  closesAt: Date;
  /** Whether any papers are listed. */
  hasPapers: boolean;
  sources: readonly SourceState[];
}

/**
 * Whether an issue that has reached its time is made now. `ready`: every source's list is whole. `deadline`: one is
 * not, and patience is over: an hour after closing, 12 hours where there are no papers. `waiting`: until then; and
 * after a start for as long as nobody has been asked since closing.
 */
export function readReadiness({
  now,
  closesAt,
  hasPapers,
  sources,
}: Waiting): 'ready' | 'waiting' | 'deadline' {
  if (sources.every(({ state }) => state === 'ready')) return 'ready';
  const isOver = now.getTime() >= closesAt.getTime() + (hasPapers ? PATIENCE_WITH_PAPERS_MS : PATIENCE_MS);
  const isAsked = sources.some(({ askedAt }) => askedAt !== null && askedAt >= closesAt);
  return isOver && isAsked ? 'deadline' : 'waiting';
}

/** What is said of a source that is not ready. */
function lackOf({ source, state }: SourceState, issue: Issue, tense: 'has' | 'had'): string {
  const name = sourceName(source);
  const what = issueName(issue.cadence, issue.date);
  if (state === 'growing') return `${name} ${tense === 'has' ? 'is' : 'was'} still adding papers to ${what}`;
  if (state === 'unannounced') return `${name} ${tense} announced nothing for ${what}`;
  return `${name} ${tense} not answered for all of ${what}`;
}

const lacking = (sources: readonly SourceState[]) => sources.filter(({ state }) => state !== 'ready');

/** What readers are told in an edition that was made before its sources were ready; null where nothing is missing. */
export function noteOf(sources: readonly SourceState[], issue: Issue): string | null {
  const sentences = lacking(sources).map((source) => {
    const next =
      issue.cadence === 'weekly'
        ? '; what is missing is on the pages of its days.'
        : source.state === 'unannounced'
          ? ': a holiday there, or its papers come in the next one.'
          : '; what is missing comes in the next one.';
    return `${lackOf(source, issue, 'had')} when this edition was closed${next}`;
  });
  return sentences.length === 0 ? null : sentences.join(' ');
}

/** Why an issue is waited for; a sentence. */
export function whyWaiting(sources: readonly SourceState[], issue: Issue): string {
  const lacks = lacking(sources).map((source) => lackOf(source, issue, 'has'));
  return `${lacks.join(', and ')}, so the list may not be whole.`;
}

/** Why an issue without papers was given up; two sentences. */
export function whyGivenUp(sources: readonly SourceState[], issue: Issue): string {
  const lacks = lacking(sources).map((source) => lackOf(source, issue, 'had'));
  const hours = PATIENCE_MS / 3_600_000;
  return `${lacks.join(', and ')} ${hours} hours after its closing. What is listed later comes in the next edition.`;
}
