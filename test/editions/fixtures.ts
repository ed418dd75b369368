import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileDigest, type Pieces, type Skeleton } from '../../src/editions/compile.ts';
import { byVotes, type DailyCandidate } from '../../src/editions/rules/choose.ts';
import type { Cadence } from '../../src/editions/rules/dates.ts';
import {
  countOf,
  type DigestView,
  issueName,
  preheaderOf,
  reasons,
  viewDigest,
} from '../../src/editions/rules/edition.ts';
import {
  type Abstracts,
  fillPiece,
  type SlotName,
  type SlotValues,
} from '../../src/editions/rules/skeleton.ts';
import type { Paper } from '../../src/papers/index.ts';

export const site = {
  publicUrl: 'https://papers.example.org',
  name: 'Paperboy',
  postalAddress: 'Paperboy Society, 12 Example Street, 12345 Exampleton',
};

const token = 'AQIDBAUGBwgJCgsMDQ4PEBESExQV';

/** A reader's values, with every slot. */
export const reader: Record<SlotName, string | number> = {
  unsubscribe_url: `https://papers.example.org/unsubscribe/${token}`,
  preferences_url: `https://papers.example.org/preferences/${token}`,
  read_url: `https://papers.example.org/read/${token}`,
  vote_url: `https://papers.example.org/vote/${token}`,
  confirm_url: `https://papers.example.org/confirm/${token}`,
  proof_url: `https://papers.example.org/proof/${token}`,
  preheader: 'Also: a title that stands in an inbox beside the subject',
  count_line: '38 new papers on Hugging Face, most votes first',
  number: 1,
  reason: '',
  more_count: 26,
  email: 'ada@example.org',
};

/** A paper with everything that a source can know of it, changed as the test wants. */
export function paper(changes: Partial<Paper> = {}): Paper {
  return {
    id: '2606.00001',
    title: 'A Careful Study of Careful Studies',
    abstract: 'We study how studies are studied. The result is a study. It is careful.',
    summary: null,
    authors: ['Ada Example', 'Ben Sample'],
    organisation: null,
    keywords: [],
    categories: [],
    version: null,
    publishedOn: '2026-06-09',
    codeUrl: 'https://github.com/example/careful',
    codeStars: 12,
    projectUrl: null,
    upvotes: 128,
    comments: 5,
    sample: false,
    ...changes,
  };
}

/** Papers with abstracts of 1,900 characters and everything else as long as it usually gets. */
export function longPapers(count: number): Paper[] {
  const sentence =
    'We present a method that learns to rank long documents by what readers did with them, and ';
  return Array.from({ length: count }, (_, index) =>
    paper({
      id: `2606.${String(index + 10_000)}`,
      title: `${index + 1}-fold Ways of Looking at Long Documents: Towards Honest Ranking with Patient Readers and Models`,
      abstract: sentence.repeat(22).slice(0, 1900),
      authors: ['Alexandra Exampleton', 'Bartholomew Samplesworth', 'Chrysanthemum Fixture', 'Dee Mo'],
      codeUrl: `https://github.com/example-laboratory/long-documents-${index}`,
      upvotes: 1000 - index,
    }),
  );
}

/** The view of an edition whose cards are all of these papers, in order of votes. */
export function viewOf(
  papers: readonly Paper[],
  cadence: Cadence = 'daily',
  more = 26,
  note: string | null = null,
): DigestView {
  const sorted = [...papers].sort(byVotes);
  const listed: DailyCandidate[] = sorted.map((one) => ({
    ...one,
    listedOn: ['2026-06-10'],
    sources: ['huggingface'],
    carried: false,
  }));
  const why = reasons(cadence, listed);
  const date = cadence === 'weekly' ? '2026-06-08' : '2026-06-10';
  return viewDigest(
    site,
    { cadence, date, total: sorted.length + more, origin: 'Hugging Face', note },
    sorted.map((one) => ({ paper: one, why: why({ id: one.id, listedOn: ['2026-06-10'] }) })),
  );
}

/** A whole digest of one format as the reader gets it. */
export function joinDigest(
  { head, cards, more, foot }: Skeleton,
  format: 'html' | 'text',
  own: SlotValues = {},
  abstracts: Abstracts = 'short',
): string {
  const fill = (pieces: Pieces, number = 0) =>
    fillPiece(pieces[format], { ...reader, ...own, number }, abstracts);
  return [fill(head), ...cards.map((card, at) => fill(card, at + 1)), fill(more), fill(foot)].join('');
}

/** What the edition says above its cards. */
export function headingOf(view: DigestView, total = view.cards.length + 26): SlotValues {
  const cadence = view.cadence_name;
  return {
    count_line: `${countOf({ cadence, total, origin: 'Hugging Face' })}${total === 1 ? '' : ', most votes first'}`,
    preheader: preheaderOf(
      view.cards.map(({ title, abstract }) => ({ title, abstract: abstract?.short ?? '' })),
      issueName(cadence, '2026-06-10'),
    ),
  };
}

export async function digestOf(
  papers: readonly Paper[],
  cadence?: Cadence,
): Promise<{ html: string; text: string }> {
  const view = viewOf(papers, cadence);
  const skeleton = await compileDigest(view);
  const heading = headingOf(view);
  return { html: joinDigest(skeleton, 'html', heading), text: joinDigest(skeleton, 'text', heading) };
}

interface RealItem {
  numComments: number;
  paper: {
    id: string;
    title: string;
    summary: string;
    ai_summary?: string;
    authors: { name: string }[];
    organization?: { fullname: string };
    publishedAt: string;
    githubRepo?: string;
    upvotes: number;
  };
}

/** Real days, where they stand beside the project; elsewhere none, and tests do with the hand-made papers. */
export function realDays(): { day: string; papers: Paper[] }[] {
  const folder = join(import.meta.dirname, '../../../shared/data/huggingface/days');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const items: RealItem[] = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      const papers = items.map(({ paper: real, numComments }) =>
        paper({
          id: real.id,
          title: real.title,
          abstract: real.summary,
          summary: real.ai_summary ?? null,
          authors: real.authors.map((author) => author.name),
          organisation: real.organization?.fullname ?? null,
          publishedOn: real.publishedAt.slice(0, 10),
          codeUrl: real.githubRepo ?? null,
          upvotes: real.upvotes,
          comments: numComments,
        }),
      );
      return { day: file.slice(0, 10), papers };
    });
}
