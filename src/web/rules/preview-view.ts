import { addDays } from '../../editions/rules/dates.ts';
import { findTopic, type Interest } from '../../interests/rules/interest.ts';
import type { Preferences } from '../../subscribers/rules/preferences.ts';
import { dayInWords, today, weekInWords, weekOf } from './calendar.ts';
import { paperHref } from './card.ts';

/** What of `previewDigest` is shown. */
export interface Tried {
  issueDate: string;
  papers: number;
  cards: readonly { paperId: string; title: string; part: string; reasons: readonly string[]; why: string }[];
  matched: number;
  personal: boolean;
  found: readonly (Interest & { papers: number })[];
}

/** A preview as the pages show it: plain texts. */
export interface PreviewView {
  /** `Yesterday this would have sent you these 9 papers.` */
  line: string;
  /** What is odd about some interests, a sentence each. */
  hints: string[];
  cards: { href: string; title: string; reason: string; why: string }[];
  href: string | null;
  /** The button was pressed: say that nothing was saved. */
  asked: boolean;
}

/** Interests of which something is said; a wall of hints helps nobody. */
const HINTS_MAX = 5;
/** Below so few papers, finding all of them is no sign of a loose search. */
const ALL_FROM = 4;

const papersInWords = (count: number) => (count === 1 ? 'one paper' : `${count} papers`);

/** `Yesterday` and `yesterday's papers`; `On Wednesday, 10 June 2026`; `In week 24 of 2026`. */
function issueInWords(cadence: Preferences['cadence'], issueDate: string, now: Date) {
  const near = (word: string) => ({ when: word, papers: `${word.toLowerCase()}'s papers` });
  if (cadence === 'weekly') {
    const week = weekOf(issueDate);
    if (weekOf(addDays(today(now), -7)) === week) return near('Last week');
    const name = weekInWords(week).toLowerCase();
    return { when: `In ${name}`, papers: `the papers of ${name}` };
  }
  if (issueDate === today(now)) return near('Today');
  if (issueDate === addDays(today(now), -1)) return near('Yesterday');
  const name = dayInWords(issueDate);
  return { when: `On ${name},`, papers: `the papers of ${name}` };
}

const nameOf = ({ kind, value }: Interest) =>
  `“${kind === 'topic' ? (findTopic(value)?.name ?? value) : value}”`;

const listing = new Intl.ListFormat('en-GB', { type: 'conjunction' });

function hintsOf({ found, papers }: Tried, issue: string): string[] {
  const hints = found
    .filter((one) => one.papers === papers && papers >= ALL_FROM)
    .slice(0, HINTS_MAX)
    .map((one) => `${nameOf(one)} finds all ${papers} papers: as good as no filter.`);
  const none = found.filter((one) => one.papers === 0);
  const named = none.slice(0, HINTS_MAX).map(nameOf);
  const rest = none.length - named.length;
  const names = listing.format(rest > 0 ? [...named, `${rest} more`] : named);
  if (none.length > 0) hints.push(`${names} ${none.length === 1 ? 'finds' : 'find'} none of ${issue}.`);
  return hints;
}

/**
 * A digest that was tried, in words.
 *
 * @param tried - null: there is no edition yet; `away`: the database cannot be asked
 */
export function viewPreview(
  tried: Tried | 'away' | null,
  { cadence, minMatches }: Pick<Preferences, 'cadence' | 'minMatches'>,
  { now, asked, faults }: { now: Date; asked: boolean; faults: readonly string[] },
): PreviewView {
  const nothing = { hints: [...faults], cards: [], href: null, asked };
  if (tried === 'away') return { ...nothing, line: 'It cannot be tried just now.' };
  if (tried === null) return { ...nothing, line: `There is no ${cadence} edition yet to try this on.` };
  const { when, papers } = issueInWords(cadence, tried.issueDate, now);
  const hints = [...faults, ...hintsOf(tried, papers)];
  const href =
    cadence === 'weekly' ? `/editions/week/${weekOf(tried.issueDate)}` : `/editions/${tried.issueDate}`;
  if (tried.personal && minMatches !== null && tried.matched < minMatches) {
    const only = tried.matched === 0 ? 'none' : `only ${tried.matched}`;
    return {
      ...nothing,
      hints,
      href,
      line: `${when} there would have been no mail, since ${only} of at least ${minMatches} matched.`,
    };
  }
  const count = tried.cards.length;
  if (count === 0)
    return { ...nothing, hints, href, line: `${when} there would have been no mail: nothing new for you.` };
  const chosen = tried.cards.filter(({ part }) => part === 'followed' || part === 'near').length;
  const share = !tried.personal
    ? ', those with most votes'
    : chosen === count
      ? ', by your choices'
      : `, ${chosen === 0 ? 'none' : chosen} of them by your choices`;
  return {
    line: `${when} this would have sent you ${count === 1 ? 'this one paper' : `these ${papersInWords(count)}`}${share}.`,
    hints,
    href,
    asked,
    cards: tried.cards.map(({ paperId, title, reasons, why }) => ({
      href: paperHref(paperId),
      title,
      reason: reasons.join(' · '),
      why,
    })),
  };
}
