import type { Db } from '../platform/index.ts';
import type { Interest } from './rules/interest.ts';

/** A row may become visible this long after the moment that it carries. */
export const COMMIT_MARGIN = "interval '5 minutes'";

/**
 * Each thing that somebody follows or does not want, once, in pieces by id.
 *
 * @param since - only what came after it, or may have (see `MatchingRow`); null: all
 */
export const readFollowed = (
  db: Db,
  piece: { since: Date | null; after: number; limit: number },
): Promise<(Interest & { id: number })[]> =>
  db.query<Interest & { id: number }>(
    'interests.followed',
    `select id, kind, value from followed
     where id > $1 and ($3::timestamptz is null or since > $3::timestamptz - ${COMMIT_MARGIN}) order by id limit $2`,
    [piece.after, piece.limit, piece.since],
  );

/** Adds what somebody follows and `followed` lacks: a reader came while the last follower's row was pruned. */
export async function healFollowed(db: Db): Promise<void> {
  await db.query(
    'interests.heal-followed',
    `insert into followed (kind, key, value)
     select distinct on (i.kind, i.key) i.kind, i.key, i.value
     from interests i left join followed f on f.kind = i.kind and f.key = i.key where f.id is null
     order by i.kind, i.key, i.value
     on conflict (kind, key) do nothing`,
  );
}

/** Forgets what nobody follows any more. */
export async function pruneFollowed(db: Db): Promise<number> {
  const rows = await db.query<{ id: number }>(
    'interests.prune-followed',
    // One pass over the readers' interests, which may be millions.
    `delete from followed f using (
       select f.id from followed f
       left join (select kind, key from interests union select 'author', key from unwanted_authors) i using (kind, key)
       where i.key is null
     ) gone where f.id = gone.id returning f.id`,
  );
  return rows.length;
}
