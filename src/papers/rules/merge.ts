import type { ListedPaper } from './paper.ts';

/**
 * One entry a paper and day. An answer of several pages may show a paper twice, because its votes moved it from one
 * page to the next between two requests: the entry with more votes, then comments, is the later one and stays.
 *
 * @returns sorted by id, the order in which rows are locked
 */
export function mergeSightings(items: readonly ListedPaper[]): ListedPaper[] {
  const merged = new Map<string, ListedPaper>();
  for (const item of items) {
    const key = `${item.id} ${item.listedOn}`;
    const known = merged.get(key);
    if (
      !known ||
      item.upvotes > known.upvotes ||
      (item.upvotes === known.upvotes && item.comments > known.comments)
    )
      merged.set(key, item);
  }
  return [...merged.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** What a source showed of a paper. */
export type Shown = Pick<ListedPaper, 'id' | 'upvotes' | 'comments'>;

/**
 * Whether a day's list is an old copy (a stale cache's) of what the same source has shown before: it has nothing new,
 * no paper gained anything, and papers have lost votes or comments: two of them, or one where others are missing. People
 * take votes back and sources move papers to another day, so that neither alone is a sign.
 *
 * @param known - what was shown last, of the papers of the day
 */
export function isOldCopy(known: readonly Shown[], items: readonly Shown[]): boolean {
  const shown = new Map(known.map((paper) => [paper.id, paper]));
  let lost = 0;
  for (const item of items) {
    const before = shown.get(item.id);
    if (!before || item.upvotes > before.upvotes || item.comments > before.comments) return false;
    if (item.upvotes < before.upvotes || item.comments < before.comments) lost += 1;
  }
  const missing = shown.size - items.length;
  return lost >= 2 || (lost >= 1 && missing > 0);
}
