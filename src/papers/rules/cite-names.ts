/** A name as reference managers take it: of a person in parts, or of a group as one text. */
export type CitedName = { family: string; given: string; suffix: string | null } | { literal: string };

const PARTICLES = new Set(
  'af al ap ben bin bint da das de del della den der des di do dos du el ibn la las le los san st. ten ter van vom von y zu zum zur'.split(
    ' ',
  ),
);
const SUFFIX = /^(?:jr|sr)\.?$|^(?:II|III|IV)$/i;
// What only groups are called. Whole words, so that Giovanni Inchiostro stays a person.
const GROUP_WORD =
  /^(?:team|group|lab|labs|laboratory|collaboration|consortium|project|research|university|institute|inc\.?|ltd\.?|llc|corp\.?|foundation|community|ai|the|and|et|others)$/i;

/** `AI` is a group's word, also in `DeepSeek-AI`; `Ai` is a name (Ai Weiwei). */
const isGroupWord = (part: string) => GROUP_WORD.test(part) && part !== 'Ai';

/**
 * Cuts a name as it stands on a paper. The rule: the last word is the family name, together with the particles before it
 * (`Katharina von der Wense` gives `von der Wense`); a last `Jr.`, `Sr.`, `II`, `III` or `IV` is the suffix. What cannot be
 * cut safely stays whole: one word (`OpenAI`), digits, a comma or another mark that no person's name has, or a word that
 * only groups have (`Gemma Team`, `Smith and Jones`).
 *
 * @param name - tidy text
 */
export function cutName(name: string): CitedName {
  const words = name.split(' ').filter((word) => word !== '');
  const literal = { literal: words.join(' ') };
  if (!/^[\p{L}\p{M} .'’‘ʼ\-‐·\u200c\u200d]+$/u.test(name)) return literal;
  if (words.some((word) => word.split(/[-‐]/u).some(isGroupWord))) return literal;
  const last = words.at(-1) ?? '';
  const suffix = words.length > 2 && SUFFIX.test(last) ? last : null;
  if (suffix !== null) words.pop();
  if (words.length < 2) return literal;
  let start = words.length - 1;
  while (start > 1 && PARTICLES.has(words[start - 1] ?? '')) start -= 1;
  return { family: words.slice(start).join(' '), given: words.slice(0, start).join(' '), suffix };
}
