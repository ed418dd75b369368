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
