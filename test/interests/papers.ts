import type { MatchPaper } from '../../src/interests/rules/candidates.ts';

/** A paper for a test; whatever is not said is empty. */
export const paper = (over: Partial<MatchPaper> = {}): MatchPaper => ({
  title: '',
  abstract: '',
  authors: [],
  organisation: null,
  keywords: [],
  publishedOn: null,
  categories: [],
  ...over,
});

/** Whole numbers below a bound, the same in each run: mulberry32. */
export function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Three fields of work, each with its own words: papers that a model can tell apart. */
export const FIELDS = [
  'robot arm grasps objects by diffusion policy and tactile control',
  'protein folding structure predicts molecule binding energy',
  'speech audio recognition transcribes spoken voices in noise',
] as const;

/** `count` papers, each about one of the fields in turn, with filler words of no field. */
export function fieldPapers(count: number, seed = 1): MatchPaper[] {
  const below = numbers(seed);
  return Array.from({ length: count }, (_, at) => {
    const words = (FIELDS[at % FIELDS.length] ?? '').split(' ');
    const pick = () => words[below(words.length)] ?? '';
    const filler = () => `filler${below(400)}`;
    return paper({
      title: `${pick()} ${pick()} ${filler()}`,
      abstract: Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? pick() : filler())).join(' '),
      authors: [`Author ${at % 3} Number${below(20)}`],
    });
  });
}
