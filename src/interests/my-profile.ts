import type { Clock, Db } from '../platform/index.ts';
import { type SaidProfile, sayProfile } from './rules/describe.ts';
import { type Feature, OMISSIONS_MAX } from './rules/omissions.ts';
import { leaveOut, type Profile, profileSchema } from './rules/profile.ts';
import { deleteProfile, readProfile, readUnwantedAuthors, readVotes } from './store.ts';
import { type LibraryPaper, readLibraries } from './store-library.ts';
import { deleteOmission, type Omission, readOmissions, writeOmission } from './store-omissions.ts';

/** What was learnt of a reader, in words; `waiting`: votes or edits came that will be learnt soon. */
export type Described =
  | {
      outcome: 'learnt';
      /** Each with what `forgetFeature` takes. */
      said: SaidProfile;
      papers: { liked: number; disliked: number };
      updatedAt: Date;
      waiting: boolean;
      /** What the reader had forgotten. */
      forgotten: Omission[];
    }
  | { outcome: 'nothing'; waiting: boolean; forgotten: Omission[] };

const readModel = (model: unknown): Profile | null => profileSchema.safeParse(model).data ?? null;

async function forgottenOf(db: Db, subscriberId: number): Promise<Omission[]> {
  const rows = await readOmissions(db, [subscriberId]);
  return rows.map(({ kind, key, said }) => ({ kind, key, said }));
}

/**
 * What was learnt of a reader, in words, without what they had forgotten. Plain text: names in it come from papers, so escape
 * it.
 */
export async function describeProfile(db: Db, subscriberId: number): Promise<Described> {
  const row = await readProfile(db, subscriberId);
  const forgotten = await forgottenOf(db, subscriberId);
  const model = readModel(row?.model);
  if (!row || !model) return { outcome: 'nothing', waiting: row?.stale ?? false, forgotten };
  return {
    outcome: 'learnt',
    said: sayProfile(leaveOut(model, forgotten)),
    papers: { liked: model.likes, disliked: model.dislikes },
    updatedAt: row.updatedAt,
    waiting: row.stale,
    forgotten,
  };
}

/**
 * Has one thing that is said of a reader forgotten: it is left out from now on, and not learnt again.
 *
 * @returns `unknown` for what is not said of this reader; `many` beyond 500
 */
export async function forgetFeature(
  { db, clock }: { db: Db; clock: Clock },
  subscriberId: number,
  { kind, key }: Feature,
): Promise<{ forgotten: Omission } | 'unknown' | 'many'> {
  const isIt = (one: Feature) => one.kind === kind && one.key === key;
  const described = await describeProfile(db, subscriberId);
  const before = described.forgotten.find(isIt);
  if (before) return { forgotten: before };
  if (described.outcome === 'nothing') return 'unknown';
  const found = Object.values(described.said).flat().find(isIt);
  if (!found) return 'unknown';
  if (described.forgotten.length >= OMISSIONS_MAX) return 'many';
  await writeOmission(db, subscriberId, found, clock.now());
  return { forgotten: found };
}

/** The undo of `forgetFeature`: the next learning may find it again. */
export const rememberFeature = async (
  db: Db,
  subscriberId: number,
  feature: Feature,
): Promise<{ remembered: Omission } | 'unknown'> => {
  const gone = await deleteOmission(db, subscriberId, feature);
  return gone ? { remembered: gone } : 'unknown';
};

/**
 * Forgets what was learnt, and the votes, library and edits it came from; interests and unwanted authors stay. Cannot be undone.
 */
export const resetProfile = async (db: Db, subscriberId: number): Promise<'reset' | 'nothing'> =>
  (await deleteProfile(db, subscriberId)) ? 'reset' : 'nothing';

/** Authors that are left out of a reader's digests, by name. */
export const listUnwantedAuthors = async (db: Db, subscriberId: number): Promise<string[]> =>
  (await readUnwantedAuthors(db, subscriberId)).map(({ author }) => author);

/** A reader's votes, newest first. `limit`: at most. */
export const listVotes = (db: Db, subscriberId: number, limit: number) => readVotes(db, subscriberId, limit);

/** What a reader taught the service, as plain JSON. */
export interface ProfileExport {
  votes: { paperId: string; title: string; vote: 'more' | 'less'; at: Date }[];
  /** "Not this author". */
  unwantedAuthors: { author: string; at: Date }[];
  /** "Forget this": what is left out of the profile. */
  forgotten: Omission[];
  /** Papers of the reader's own list that are not collected here. */
  library: (Omit<LibraryPaper, 'key'> & { at: Date })[];
  /** What was learnt of it; null: nothing. */
  profile: Profile | null;
}

export async function exportProfile(db: Db, subscriberId: number): Promise<ProfileExport> {
  const row = await readProfile(db, subscriberId);
  const library = await readLibraries(db, [subscriberId]);
  return {
    votes: await readVotes(db, subscriberId),
    unwantedAuthors: await readUnwantedAuthors(db, subscriberId),
    forgotten: await forgottenOf(db, subscriberId),
    library: library.map(({ subscriberId: _, ...paper }) => paper),
    profile: readModel(row?.model),
  };
}
