import type { Cadence } from '../../editions/rules/dates.ts';
import { dayInShort, today as dayOf } from './calendar.ts';
import { editionHref, editionInWords } from './edition-names.ts';

/** What the stores know of a paper's life. */
interface History {
  firstSeenAt: Date;
  listings: readonly { source: string; listedOn: string }[];
  versions: readonly { version: number; seenAt: Date }[];
  counts: readonly { day: string; upvotes: number; comments: number }[];
}

const SOURCES: Readonly<Record<string, string>> = {
  huggingface: 'Hugging Face',
  arxiv: 'arXiv',
  sample: 'the samples',
};

/** A source's name for people; of a file's, nothing of its path. */
const sourceInWords = (source: string) => SOURCES[source] ?? (source.startsWith('file') ? 'a file' : source);

/** A paper's life as its page shows it. */
export function viewHistory(
  listedOn: readonly string[],
  history: History | null,
  carriers: readonly { cadence: Cadence; issueDate: string; rank: number }[],
) {
  const most = Math.max(1, ...(history?.counts ?? []).map(({ upvotes }) => upvotes));
  return {
    listed: listedOn.map((day) => ({ href: `/papers?date=${day}`, words: dayInShort(day) })),
    firstSeen: history && {
      iso: history.firstSeenAt.toISOString(),
      words: `${dayInShort(dayOf(history.firstSeenAt))} at ${history.firstSeenAt.toISOString().slice(11, 16)} UTC`,
    },
    listings: (history?.listings ?? []).map(({ source, listedOn: day }) => ({
      source: sourceInWords(source),
      href: `/papers?date=${day}`,
      words: dayInShort(day),
    })),
    versions: (history?.versions ?? []).map(({ version, seenAt }) => ({
      number: version,
      iso: seenAt.toISOString(),
      words: dayInShort(dayOf(seenAt)),
    })),
    counts: (history?.counts ?? []).map(({ day, upvotes, comments }) => ({
      day,
      words: dayInShort(day),
      upvotes,
      comments,
      max: most,
    })),
    carriers: carriers.map((carrier) => {
      const { kind, name } = editionInWords(carrier);
      return { href: editionHref(carrier), words: `${kind} edition, ${name}`, rank: carrier.rank };
    }),
  };
}
