import type { Db } from '../platform/index.ts';

/** A paper of a reader's own list, as it is kept. */
export interface LibraryPaper {
  /** The folded title. */
  key: string;
  title: string;
  abstract: string;
  authors: string[];
  keywords: string[];
}

/** Keeps others from writing this reader's library till the transaction ends. False: there is no such reader. */
export async function lockLibrary(db: Db, subscriberId: number): Promise<boolean> {
  const rows = await db.query(
    'interests.lock-library',
    'select from subscribers where id = $1 for no key update',
    [subscriberId],
  );
  return rows.length > 0;
}

export async function countLibrary(db: Db, subscriberId: number): Promise<number> {
  const [row] = await db.query<{ papers: number }>(
    'interests.count-library',
    'select count(*) as papers from library where subscriber_id = $1',
    [subscriberId],
  );
  return row?.papers ?? 0;
}

/** Which of these papers are collected here. */
export async function readKnownIds(db: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    'interests.known-papers',
    'select id from papers where id = any ($1::text[])',
    [ids],
  );
  return rows.map(({ id }) => id);
}

/** Which of these folded titles are in the reader's library. */
export async function readListedKeys(
  db: Db,
  subscriberId: number,
  keys: readonly string[],
): Promise<string[]> {
  const rows = await db.query<{ key: string }>(
    'interests.listed-keys',
    'select key from library where subscriber_id = $1 and key = any ($2::text[])',
    [subscriberId, keys],
  );
  return rows.map(({ key }) => key);
}

/** Adds those that are not there yet, in the order given, up to `room`. How many it added. */
export async function writeLibrary(
  db: Db,
  subscriberId: number,
  papers: readonly LibraryPaper[],
  { at, room }: { at: Date; room: number },
): Promise<number> {
  const rows = await db.query(
    'interests.write-library',
    `insert into library (subscriber_id, key, title, abstract, authors, keywords, at)
     select $1, e.entry->>'key', e.entry->>'title', e.entry->>'abstract',
       array(select jsonb_array_elements_text(e.entry->'authors')),
       array(select jsonb_array_elements_text(e.entry->'keywords')), $3
     from jsonb_array_elements($2::jsonb) with ordinality as e (entry, place)
     where not exists (select from library l where l.subscriber_id = $1 and l.key = e.entry->>'key')
     order by e.place limit $4
     on conflict do nothing returning 1`,
    [subscriberId, JSON.stringify(papers), at, Math.max(room, 0)],
  );
  return rows.length;
}

/** Records `more` for papers that the reader said nothing of yet; the ids that are new. */
export async function writeLikes(
  db: Db,
  subscriberId: number,
  paperIds: readonly string[],
  at: Date,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    'interests.like-papers',
    `insert into votes (subscriber_id, paper_id, vote, at)
     select s.id, p.id, 'more', $3 from subscribers s, papers p where s.id = $1 and p.id = any ($2::text[]) order by p.id
     on conflict do nothing returning paper_id as id`,
    [subscriberId, paperIds, at],
  );
  return rows.map(({ id }) => id);
}

/** Marks a reader's profile for learning. */
export async function markProfile(db: Db, subscriberId: number, at: Date): Promise<void> {
  await db.query(
    'interests.mark-profile',
    `insert into profiles (subscriber_id, updated_at) select id, $2 from subscribers where id = $1
     on conflict (subscriber_id) do update set stale = true`,
    [subscriberId, at],
  );
}

/** Takes these `more` votes back; those that were there. */
export async function deleteLikes(
  db: Db,
  subscriberId: number,
  paperIds: readonly string[],
): Promise<number> {
  const rows = await db.query(
    'interests.unlike-papers',
    `delete from votes where subscriber_id = $1 and paper_id = any ($2::text[]) and vote = 'more' returning 1`,
    [subscriberId, paperIds],
  );
  return rows.length;
}

/** Takes back what one list added: votes and papers of that moment. */
export async function deleteAddedAt(db: Db, subscriberId: number, at: Date): Promise<number> {
  const rows = await db.query(
    'interests.undo-library',
    `with votes_gone as (
       delete from votes where subscriber_id = $1 and at = $2 and vote = 'more' returning 1),
          library_gone as (delete from library where subscriber_id = $1 and at = $2 returning 1)
     select 1 from votes_gone union all select 1 from library_gone`,
    [subscriberId, at],
  );
  return rows.length;
}

export async function deleteLibrary(db: Db, subscriberId: number): Promise<number> {
  const rows = await db.query(
    'interests.remove-library',
    'delete from library where subscriber_id = $1 returning 1',
    [subscriberId],
  );
  return rows.length;
}

/** The libraries of these readers, to learn from or to export. */
export const readLibraries = (db: Db, subscriberIds: readonly number[]) =>
  db.query<Omit<LibraryPaper, 'key'> & { subscriberId: number; at: Date }>(
    'interests.libraries',
    `select subscriber_id as "subscriberId", title, abstract, authors, keywords, at from library
     where subscriber_id = any ($1::bigint[]) order by subscriber_id, key collate "C"`,
    [subscriberIds],
  );
