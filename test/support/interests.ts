import type { Interest, InterestKind } from '../../src/interests/index.ts';
import type { Db } from '../../src/platform/index.ts';
import { defaultPreferences } from '../../src/subscribers/index.ts';
import { replaceInterests } from '../../src/subscribers/store.ts';

/** Makes what a reader follows exactly this, as a change of preferences does. */
export async function setInterests(
  db: Db,
  subscriberId: number,
  interests: readonly Interest[],
): Promise<void> {
  const of = (wanted: InterestKind) =>
    interests.filter(({ kind }) => kind === wanted).map(({ value }) => value);
  await replaceInterests(db, subscriberId, {
    ...defaultPreferences,
    topics: of('topic'),
    searches: of('search'),
    authors: of('author'),
    organisations: of('organisation'),
    categories: of('category'),
  });
}
