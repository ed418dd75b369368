import type { ReaderDigest } from '../../deliveries/rules/reader-digest.ts';
import { dayInShort, momentInWords } from './calendar.ts';
import { editionInWords } from './edition-names.ts';

/** One of a reader's digests, as the ledger tells it. */
export type LedgerLine = Omit<ReaderDigest, 'subject'>;

/** One of a reader's digests, for the reader. */
export interface HistoryLine {
  /** `Daily edition, Wednesday, 10 June 2026`. */
  name: string;
  /** What became of it, in a sentence, and nothing that a server said: that quotes addresses. */
  words: string;
  /** Its number, where it can be read as it was sent. */
  readId: number | null;
}

const BECAUSE: Readonly<Record<string, string>> = {
  unsubscribed: 'you had unsubscribed',
  paused: 'you had paused your digest',
  'the reader changed the cadence': 'you had changed how often it comes',
  'nothing to read': 'there was nothing for you in it',
  'too few papers match': 'fewer papers matched than you asked for',
  suppressed: 'mail to your address had come back, or had been reported as spam',
};

const NOT_SENT: Readonly<Record<string, string>> = {
  failed: 'Not delivered: your mail server did not take it.',
  uncertain: 'Perhaps delivered: the connection to your mail server broke off at the end.',
  expired: 'Not sent: its day had passed, or a later edition was out.',
  cancelled: 'Not sent: the edition was withdrawn.',
};

function wordsOf({ state, reason, afterwards, settledAt, dueAt }: LedgerLine, timezone: string): string {
  if (state === 'sent') {
    const at = settledAt ? ` on ${momentInWords(settledAt, timezone)}` : '';
    if (afterwards === 'bounced') return `Bounced: your mail server took it${at}, and sent it back.`;
    if (afterwards === 'complained') return `Delivered${at}, and reported as spam.`;
    return `Delivered to your mail server${at}.`;
  }
  if (state === 'skipped') {
    // The ledger's own words where there are no better ones; never an address.
    const own = reason !== null && !/[@<>\d]/.test(reason) ? reason : null;
    const because = BECAUSE[reason ?? ''] ?? own;
    return because === null ? 'Skipped.' : `Skipped because ${because}.`;
  }
  return NOT_SENT[state] ?? `Not sent yet: it is due on ${momentInWords(dueAt, timezone)}.`;
}

function nameOf({ cadence, issueDate }: LedgerLine): string {
  if (cadence === null || issueDate === null) return 'An edition that was removed';
  if (cadence === 'sample') return `Sample edition, ${dayInShort(issueDate)}`;
  const { kind, name } = editionInWords({ cadence, issueDate });
  return `${kind} edition, ${name}`;
}

/** @param timezone - the reader's */
export const viewHistoryLine = (digest: LedgerLine, timezone: string): HistoryLine => ({
  name: nameOf(digest),
  words: wordsOf(digest, timezone),
  readId: digest.papers !== null && digest.issueDate !== null ? digest.id : null,
});
