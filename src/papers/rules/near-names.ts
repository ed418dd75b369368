/** The least length of a word that may be mistyped: of shorter ones (Li, Wu, Lee) the nearest are other people. */
const TYPO_FROM = 4;

/** What is left of a word when one letter is missing, and the word: two words that share one are a slip of the finger apart. */
export function nearWords(word: string): string[] {
  const letters = Array.from(word);
  const near = letters.map((_, at) => letters.filter((__, index) => index !== at).join(''));
  return [...new Set([...near, word])];
}

/** Can this folded word be put right where nobody has that name? */
export const mayBeMistyped = (word: string) => Array.from(word).length >= TYPO_FROM;

/** One letter missing, added or wrong, or two neighbours swapped. */
function isOneSlip(a: readonly string[], b: readonly string[]): boolean {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  let end = 0;
  while (end < a.length - at && end < b.length - at && a[a.length - 1 - end] === b[b.length - 1 - end])
    end += 1;
  const [left, right] = [a.slice(at, a.length - end), b.slice(at, b.length - end)];
  if (Math.max(left.length, right.length) <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}

/** Names taken for one that was mistyped. */
const TAKEN_MAX = 4;

/** Of words that share something with a mistyped one, those that were most likely meant. */
export function chooseNear(typed: string, candidates: readonly string[]): string[] {
  const letters = Array.from(typed);
  const one = candidates.filter((word) => isOneSlip(letters, Array.from(word)));
  // Two slips in a long word are still more likely a mistake than another name.
  const chosen = one.length > 0 || letters.length < 8 ? one : [...candidates];
  return chosen.sort().slice(0, TAKEN_MAX);
}
