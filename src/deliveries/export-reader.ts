import { exportProfile, type ProfileExport } from '../interests/index.ts';
import type { Db } from '../platform/index.ts';
import { exportSubscriber, type SubscriberExport } from '../subscribers/index.ts';
import { listReaderDigests } from './reader-history.ts';
import type { State } from './rules/states.ts';

/** Everything that is kept of a reader, for a download as JSON. */
export interface ReaderExport extends SubscriberExport, ProfileExport {
  exportedAt: Date;
  /** Newest first: all that the ledger still has. */
  deliveries: {
    edition: string | null;
    dueAt: Date;
    state: State;
    settledAt: Date | null;
    afterwards: string | null;
    papers: string[];
    /** Why each was in it; null: the digest was not chosen for this reader. */
    reasons: string[] | null;
  }[];
}

/** @returns null when there is no such reader */
export async function exportReader(db: Db, subscriberId: number, now: Date): Promise<ReaderExport | null> {
  const found = await exportSubscriber(db, subscriberId);
  if (!found) return null;
  const digests = await listReaderDigests(db, subscriberId, null);
  return {
    exportedAt: now,
    ...found,
    ...(await exportProfile(db, subscriberId)),
    deliveries: digests.map(
      ({ cadence, issueDate, dueAt, state, settledAt, afterwards, papers, reasons }) => ({
        edition: issueDate && `${cadence} ${issueDate}`,
        dueAt,
        state,
        settledAt,
        afterwards,
        papers: papers ?? [],
        reasons,
      }),
    ),
  };
}
