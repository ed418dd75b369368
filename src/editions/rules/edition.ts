import type { Paper } from '../../papers/rules/paper.ts';
import { type CardView, viewCard } from './card.ts';
import { byVotes } from './choose.ts';
import { type Cadence, type Day, isoWeekOf, longDate, weekName } from './dates.ts';
import { isRanked, type Placed, sourceName } from './origins.ts';
import { cleanLine, count, ordinal, shorten } from './words.ts';

/** What the mails say of the site. */
export interface Site {
  /** Without a slash at its end. */
  publicUrl: string;
  name: string;
  postalAddress: string;
}

/** A subject of about this length is shown whole on a desktop; phones show the date and the first words. */
const SUBJECT_LIMIT = 120;
const PREHEADER_MIN = 35;
const PREHEADER_MAX = 90;

/** `10 June 2026`, or `week 24 of 2026`. */
export function issueName(cadence: Cadence, issueDate: Day): string {
  if (cadence !== 'weekly') return longDate(issueDate);
  const { year, week } = isoWeekOf(issueDate);
  return `week ${week} of ${year}`;
}

/** The page that shows every paper of the edition. */
export function issueUrl(publicUrl: string, cadence: Cadence, issueDate: Day): string {
  if (cadence === 'weekly') return `${publicUrl}/editions/week/${weekName(issueDate)}`;
  return `${publicUrl}/papers?date=${issueDate}`;
}

const KIND = { daily: 'Daily papers', weekly: 'Weekly papers', sample: 'Sample papers' } as const;

/** `Daily papers · 10 June 2026`. */
export function editionTitle(cadence: Cadence, issueDate: Day): string {
  return `${KIND[cadence]} · ${issueName(cadence, issueDate)}`;
}

/** One line of at most 120 characters without controls or bidi overrides, whatever the title holds. */
export function subjectOf(cadence: Cadence, issueDate: Day, firstTitle: string): string {
  const opening = `${KIND[cadence]}, ${issueName(cadence, issueDate)}`;
  const title = shorten(cleanLine(firstTitle), SUBJECT_LIMIT - opening.length - 2);
  return title === '' ? opening : `${opening}: ${title}`;
}

/** What `preheaderOf` reads of a card. */
export interface PreheaderCard {
  title: string;
  /** Short; '' where there is none. */
  abstract: string;
}

/** What an inbox shows beside the subject: 35 to 90 characters that do not repeat it. */
export function preheaderOf(cards: readonly PreheaderCard[], issue: string): string {
  const [first, ...others] = cards;
  let text = '';
  for (const card of others) {
    if (text.length >= PREHEADER_MIN) break;
    text = text === '' ? `Also: ${card.title}` : `${text}; ${card.title}`;
  }
  if (text.length < PREHEADER_MIN && first && first.abstract !== '')
    text = [text, first.abstract].filter(Boolean).join('; ');
  if (text.length < PREHEADER_MIN) text = `${text === '' ? '' : `${text}; `}the research papers of ${issue}`;
  return shorten(text, PREHEADER_MAX);
}

/**
 * Why each paper is in the edition: its place in Hugging Face's list, counted over all that the list held; or that
 * another source has it; or that it came late.
 *
 * @param listed - everything listed on the issue's days, papers that an earlier edition carried included
 */
export function reasons(cadence: Cadence, listed: readonly Placed[]): (paper: LateOrListed) => string {
  const ranked = listed.filter(isRanked).sort(byVotes);
  const places = new Map(ranked.map((paper, index) => [paper.id, index + 1]));
  const others = new Map(listed.map((paper) => [paper.id, paper.sources]));
  return (paper) => {
    if (cadence === 'sample') return 'A sample: the votes are invented';
    const place = places.get(paper.id);
    if (place !== undefined)
      return `${ordinal(place)} ${cadence === 'weekly' ? 'of the week ' : ''}on Hugging Face`;
    const [source] = others.get(paper.id) ?? [];
    if (source !== undefined) return `New on ${sourceName(source)}`;
    return `Late from ${longDate(paper.listedOn.at(-1) ?? '')}`;
  };
}

/** What `reasons` looks at. */
export interface LateOrListed {
  id: string;
  listedOn: readonly Day[];
}

/** A digest as the templates see it. */
export interface DigestView {
  title: string;
  issue_name: string;
  cadence_name: Cadence;
  /** Null: not a sample. */
  sample_note: string | null;
  /** What was missing when the edition was closed; null: nothing. */
  note: string | null;
  day_url: string;
  site: Site;
  cards: CardView[];
}

/** A paper chosen as a card. */
export interface ChosenCard {
  paper: Paper;
  why: string;
}

/** What a digest is dressed from, beside its cards. */
export interface Dressing {
  cadence: Cadence;
  date: Day;
  /** Cards and the rest. */
  total: number;
  /** See `originOf`. */
  origin: string;
  /** See `noteOf`. */
  note: string | null;
}

/** Dresses an edition for the templates. */
export function viewDigest(site: Site, dressing: Dressing, chosen: readonly ChosenCard[]): DigestView {
  const { cadence, date, note } = dressing;
  return {
    title: editionTitle(cadence, date),
    issue_name: issueName(cadence, date),
    cadence_name: cadence,
    sample_note:
      cadence === 'sample' ? 'A sample edition: real papers of the past, with invented votes.' : null,
    note,
    day_url: issueUrl(site.publicUrl, cadence, date),
    site,
    cards: chosen.map(({ paper, why }) => viewCard(paper, why)),
  };
}

/** `38 new papers on Hugging Face`. */
export function countOf({ cadence, total, origin }: Pick<Dressing, 'cadence' | 'total' | 'origin'>): string {
  if (cadence === 'sample') return count(total, 'sample paper');
  return `${count(total, 'new paper')}${origin === '' ? '' : ` on ${origin}`}`;
}
