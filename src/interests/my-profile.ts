import type { Db } from '../platform/index.ts';
import { type Description, describeParts, describeProfile as inWords } from './rules/describe.ts';
import type { Interest } from './rules/interest.ts';
import { type Profile, profileSchema } from './rules/profile.ts';
import { deleteProfile, readInterestRows, readProfile, readUnwantedAuthors, readVotes } from './store.ts';

/** What was learnt of a reader, in words; `waiting`: votes came that will be learnt soon. */
export type Described =
  | { outcome: 'learnt'; text: string; parts: Description; updatedAt: Date; waiting: boolean }
  | { outcome: 'nothing'; waiting: boolean };

const readModel = (model: unknown): Profile | null => profileSchema.safeParse(model).data ?? null;

/** What was learnt of a reader, in words. Plain text: names in it come from papers, so escape it. */
export async function describeProfile(db: Db, subscriberId: number): Promise<Described> {
  const row = await readProfile(db, subscriberId);
  const model = readModel(row?.model);
  if (!row || !model) return { outcome: 'nothing', waiting: row?.stale ?? false };
  return {
    outcome: 'learnt',
    text: inWords(model),
    parts: describeParts(model),
    updatedAt: row.updatedAt,
    waiting: row.stale,
  };
}

/** Forgets what was learnt, and the votes it came from; interests and unwanted authors stay. */
export const resetProfile = async (db: Db, subscriberId: number): Promise<'reset' | 'nothing'> =>
  (await deleteProfile(db, subscriberId)) ? 'reset' : 'nothing';

/** Everything that this room knows of a reader, as plain JSON. */
export interface ProfileExport {
  interests: Interest[];
  votes: { paperId: string; title: string; vote: 'more' | 'less'; at: Date }[];
  unwantedAuthors: string[];
  /** Null: nothing was learnt. */
  model: Profile | null;
}

export async function exportProfile(db: Db, subscriberId: number): Promise<ProfileExport> {
  const row = await readProfile(db, subscriberId);
  return {
    interests: await readInterestRows(db, subscriberId),
    votes: await readVotes(db, subscriberId),
    unwantedAuthors: await readUnwantedAuthors(db, subscriberId),
    model: readModel(row?.model),
  };
}
