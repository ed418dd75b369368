import type { Contents } from '../../editions/rules/lay-out.ts';

const BETWEEN = ' · ';

/** A card's reasons as the ledger keeps them: as they stand in the mail. */
export const joinReasons = (reasons: readonly string[]): string => reasons.join(BETWEEN);

/** What the ledger says that a digest held, as it is composed. */
export function readContents({
  papers,
  reasons,
  fullAbstracts,
}: {
  papers: readonly string[];
  reasons: readonly string[] | null;
  fullAbstracts: number;
}): Contents {
  return {
    papers,
    // One by one, for each is encoded by itself: so the bytes are those of the first time.
    reasons: reasons?.map((joined) => (joined === '' ? [] : joined.split(BETWEEN))) ?? null,
    fullAbstracts,
  };
}
