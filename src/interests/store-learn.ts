import type { Db } from '../platform/index.ts';
import type { Profile } from './rules/profile.ts';
import type { ModelPaper } from './rules/terms.ts';
import type { Vocabulary } from './rules/vocabulary.ts';

/**
 * Takes readers whose votes wait to be learnt, or whose weights are of another vocabulary; oldest first. In a transaction:
 * a vote that comes meanwhile waits for its end, and marks the reader again.
 */
export async function takeStale(db: Db, vocabularyId: number, limit: number): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    'interests.take-stale',
    `update profiles p set stale = false
     from (select subscriber_id from profiles where stale or vocabulary_id is distinct from $1
           order by updated_at, subscriber_id limit $2 for update skip locked) s
     where p.subscriber_id = s.subscriber_id returning p.subscriber_id as id`,
    [vocabularyId, limit],
  );
  return rows.map(({ id }) => id).sort((a, b) => a - b);
}

/** The newest votes of these readers with their papers; at most `perReader` each. */
export const readVotedPapers = (db: Db, subscriberIds: readonly number[], perReader: number) =>
  db.query<{ subscriberId: number; vote: 'more' | 'less' } & ModelPaper>(
    'interests.voted-papers',
    `select r.id as "subscriberId", v.vote, p.title, p.abstract, p.keywords, p.authors, p.organisation
     from unnest($1::bigint[]) as r (id), lateral (
       select paper_id, vote from votes where subscriber_id = r.id order by at desc, paper_id collate "C" limit $2
     ) v join papers p on p.id = v.paper_id
     order by r.id, p.id collate "C"`,
    [subscriberIds, perReader],
  );

/** Stores what was learnt; null: no vote is left. */
export async function writeProfiles(
  db: Db,
  profiles: readonly { subscriberId: number; model: Profile | null }[],
  { vocabularyId, now }: { vocabularyId: number; now: Date },
): Promise<void> {
  await db.query(
    'interests.write-profiles',
    `update profiles p set model = w.model, vocabulary_id = $3, updated_at = $4
     from unnest($1::bigint[], $2::jsonb[]) as w (id, model) where p.subscriber_id = w.id`,
    [
      profiles.map(({ subscriberId }) => subscriberId),
      profiles.map(({ model }) => (model === null ? null : JSON.stringify(model))),
      vocabularyId,
      now,
    ],
  );
}

/** A vocabulary, and which it is. */
export interface StoredVocabulary extends Vocabulary {
  id: number;
  madeAt: Date;
}

interface VocabularyRow {
  id: number;
  madeAt: Date;
  papers: number;
  counts: Buffer;
  mean: Buffer;
}

// A driver's buffer may begin anywhere; typed arrays must begin at a whole cell.
const aligned = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;

/** The newest vocabulary (6 MB), or null. */
export async function readVocabulary(db: Db): Promise<StoredVocabulary | null> {
  const [row] = await db.query<VocabularyRow>(
    'interests.vocabulary',
    `select id, made_at as "madeAt", papers, counts, mean from vocabularies order by id desc limit 1`,
  );
  if (!row) return null;
  return { ...row, counts: new Uint16Array(aligned(row.counts)), mean: new Float32Array(aligned(row.mean)) };
}

/** How old the newest vocabulary is and what it was made of, without reading it. */
export async function peekVocabulary(db: Db): Promise<{ id: number; madeAt: Date; papers: number } | null> {
  const [row] = await db.query<{ id: number; madeAt: Date; papers: number }>(
    'interests.peek-vocabulary',
    `select id, made_at as "madeAt", papers from vocabularies order by id desc limit 1`,
  );
  return row ?? null;
}

/** Stores a vocabulary, and drops all but it and the one before. */
export async function writeVocabulary(
  db: Db,
  { papers, counts, mean }: Vocabulary,
  now: Date,
): Promise<number> {
  const bytes = (array: Uint16Array | Float32Array) =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  const [row] = await db.query<{ id: number }>(
    'interests.write-vocabulary',
    `insert into vocabularies (made_at, papers, counts, mean) values ($1, $2, $3, $4) returning id`,
    [now, papers, bytes(counts), bytes(mean)],
  );
  if (!row) throw new Error('The vocabulary was not stored.');
  await db.query(
    'interests.drop-vocabularies',
    `delete from vocabularies where id < (select max(id) from vocabularies where id < $1)`,
    [row.id],
  );
  return row.id;
}

/** How many real papers had been seen before a moment, no further than `max`. */
export async function countPapersBefore(db: Db, before: Date, max: number): Promise<number> {
  const [row] = await db.query<{ papers: number }>(
    'interests.count-papers',
    `select count(*) as papers from (select 1 from papers where first_seen_at < $1 and not sample limit $2) p`,
    [before, max],
  );
  return row?.papers ?? 0;
}

/** The newest real papers seen before a moment, from the `offset`th on. */
export const readPapersBefore = (
  db: Db,
  before: Date,
  { limit, offset }: { limit: number; offset: number },
) =>
  db.query<ModelPaper>(
    'interests.papers-before',
    `select title, abstract, keywords, authors, organisation from papers
     where first_seen_at < $1 and not sample
     order by first_seen_at desc, id collate "C" desc limit $2 offset $3`,
    [before, limit, offset],
  );

/** Whether there is something to learn: votes and the like that came since, or a newer vocabulary. */
export async function hasStale(db: Db): Promise<boolean> {
  const [row] = await db.query<{ stale: boolean }>(
    'interests.has-stale',
    `select exists (select from profiles where stale)
       or exists (select from profiles
                  where model is not null and vocabulary_id is distinct from (select max(id) from vocabularies)) as stale`,
  );
  return row?.stale ?? false;
}
