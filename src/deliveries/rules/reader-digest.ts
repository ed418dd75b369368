import type { State } from './states.ts';

/** One of a reader's digests, as the ledger knows it. */
export interface ReaderDigest {
  id: number;
  state: State;
  /** Why it ended so, in the ledger's words; of a failure it may quote a server. */
  reason: string | null;
  /** What the receiver's server told afterwards; null: nothing. */
  afterwards: 'delivered' | 'bounced' | 'complained' | null;
  dueAt: Date;
  settledAt: Date | null;
  /** Null: the edition was removed. */
  editionId: number | null;
  cadence: 'daily' | 'weekly' | 'sample' | null;
  issueDate: string | null;
  subject: string | null;
  /** What it held; null: it was not sent. */
  papers: string[] | null;
  /** Why each was in it; null: it was not chosen for this reader. */
  reasons: string[] | null;
}
