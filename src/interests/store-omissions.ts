import type { Db } from '../platform/index.ts';
import type { Feature } from './rules/omissions.ts';

/** A feature that a reader had forgotten, as it was said to them. */
export interface Omission extends Feature {
  said: string;
}

/** What these readers had forgotten. */
export const readOmissions = (db: Db, subscriberIds: readonly number[]) =>
  db.query<Omission & { subscriberId: number; at: Date }>(
    'interests.omissions',
    `select subscriber_id as "subscriberId", kind, key, said, at from profile_omissions
     where subscriber_id = any ($1::bigint[]) order by subscriber_id, at, kind, key collate "C"`,
    [subscriberIds],
  );

/** Has a feature forgotten, and marks the profile for learning. */
export async function writeOmission(
  db: Db,
  subscriberId: number,
  { kind, key, said }: Omission,
  at: Date,
): Promise<void> {
  await db.query(
    'interests.omit',
    `with written as (
       insert into profile_omissions (subscriber_id, kind, key, said, at)
       select id, $2, $3, $4, $5 from subscribers where id = $1
       on conflict do nothing returning subscriber_id)
     update profiles p set stale = true from written w where p.subscriber_id = w.subscriber_id`,
    [subscriberId, kind, key, said, at],
  );
}

/** Takes that back. Null: it was not forgotten. */
export async function deleteOmission(
  db: Db,
  subscriberId: number,
  { kind, key }: Feature,
): Promise<Omission | null> {
  const [row] = await db.query<Omission>(
    'interests.remember',
    `with gone as (
       delete from profile_omissions where subscriber_id = $1 and kind = $2 and key = $3 returning subscriber_id, kind, key, said),
          marked as (
       update profiles p set stale = true from gone g where p.subscriber_id = g.subscriber_id)
     select kind, key, said from gone`,
    [subscriberId, kind, key],
  );
  return row ?? null;
}
