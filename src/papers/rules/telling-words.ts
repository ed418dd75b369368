/** A word of a paper, as the index has it. */
export interface PaperWord {
  /** Its stem. */
  word: string;
  /** Where it stands: A title, B keywords, C names, D abstract; one for each time. */
  weights: string[];
  times: number;
  /** Share of all papers that have it, from 0 to 1; null where it is rare, or where that is not known. */
  share: number | null;
}

/** How much more a word tells for standing in the title or the keywords. */
const PLACES: Readonly<Record<string, number>> = { A: 3, B: 2, C: 0, D: 1 };
/** Words by which similar papers are sought: as many as say what a paper is about. */
const WORDS_MAX = 16;
/** A share that Postgres does not list is lower than the least that it lists; about this, at 1,000 words listed. */
const RARE_SHARE = 0.001;

/**
 * The words that tell most of a paper, with their TF-IDF weights (sublinear: the logarithm of how often).
 *
 * @param papers - how many there are, about; 0 where that is not known
 * @param common - a word that more papers have than this is left out
 */
export function tellingWords(
  words: readonly PaperWord[],
  { papers, common }: { papers: number; common: number },
): { word: string; weight: number }[] {
  return words
    .filter(({ word, share }) => word.length > 2 && !/^\d+$/.test(word) && (share ?? 0) * papers <= common)
    .map(({ word, weights, times, share }) => {
      const place = Math.max(...weights.map((weight) => PLACES[weight] ?? 1));
      return { word, weight: place * (1 + Math.log(times)) * Math.log(1 / (share ?? RARE_SHARE)) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || (a.word < b.word ? -1 : 1))
    .slice(0, WORDS_MAX);
}
