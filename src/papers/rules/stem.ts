// The stemmer: Porter's second for English (https://snowballstem.org/algorithms/english/stemmer.html), written from
// its description; what Postgres calls `english_stem`. Y is a y that is a consonant.

const V = '[aeiouy]';
const R_SPECIAL = /^(?:gener|commun|arsen)/;
const AFTER_VC = new RegExp(`${V}[^aeiouy]`);
const SHORT_END = new RegExp(`(?:[^aeiouy]${V}[^aeiouywxY]|^${V}[^aeiouy])$`);
const DOUBLE = /(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/;
const HAS_VOWEL = new RegExp(V);

const WHOLE: Readonly<Record<string, string>> = {
  skis: 'ski',
  skies: 'sky',
  idly: 'idl',
  gently: 'gentl',
  ugly: 'ugli',
  early: 'earli',
  only: 'onli',
  singly: 'singl',
};
const KEPT = new Set(['sky', 'news', 'howe', 'atlas', 'cosmos', 'bias', 'andes']);
const KEPT_AFTER_1A = new Set([
  'inning',
  'outing',
  'canning',
  'herring',
  'earring',
  'evening',
  'proceed',
  'exceed',
  'succeed',
]);

const STEP_2: readonly [string, string][] = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['ization', 'ize'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['iveness', 'ive'],
  ['biliti', 'ble'],
  ['lessli', 'less'],
  ['ation', 'ate'],
  ['alism', 'al'],
  ['aliti', 'al'],
  ['ousli', 'ous'],
  ['entli', 'ent'],
  ['fulli', 'ful'],
  ['iviti', 'ive'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['abli', 'able'],
  ['izer', 'ize'],
  ['ator', 'ate'],
  ['alli', 'al'],
  ['bli', 'ble'],
  ['ogi', 'og'],
  ['li', ''],
];
const STEP_3: readonly [string, string][] = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['alize', 'al'],
  ['icate', 'ic'],
  ['iciti', 'ic'],
  ['ative', ''],
  ['ical', 'ic'],
  ['ness', ''],
  ['ful', ''],
];
const STEP_4 = /(?:ement|ance|ence|able|ible|ment|ion|ant|ent|ism|ate|iti|ous|ive|ize|al|er|ic)$/;

/** Where the region after the first vowel and consonant begins. */
function regionOne(word: string): number {
  const special = R_SPECIAL.exec(word);
  if (special) return special[0].length;
  const match = AFTER_VC.exec(word);
  return match ? match.index + match[0].length : word.length;
}

function regionTwo(word: string, one: number): number {
  const match = AFTER_VC.exec(word.slice(one));
  return match ? one + match.index + match[0].length : word.length;
}

function stepOneA(word: string): string {
  if (word.endsWith('sses')) return word.slice(0, -2);
  if (/ie[ds]$/.test(word)) return word.length > 4 ? word.slice(0, -2) : word.slice(0, -1);
  if (/[us]s$/.test(word)) return word;
  if (word.endsWith('s') && HAS_VOWEL.test(word.slice(0, -2))) return word.slice(0, -1);
  return word;
}

function stepOneB(word: string, one: number): string {
  const eed = /eed(?:ly)?$/.exec(word);
  if (eed) return eed.index >= one ? word.slice(0, eed.index + 2) : word;
  const suffix = /(?:ingly|edly|ing|ed)$/.exec(word);
  if (!suffix) return word;
  const stem = word.slice(0, suffix.index);
  // dying, lying, tying
  if (suffix[0] === 'ing' && /^[^aeiouy][yY]$/.test(stem)) return `${stem.slice(0, -1)}ie`;
  if (!HAS_VOWEL.test(stem)) return word;
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (DOUBLE.test(stem)) return /^[aeo](?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(stem) ? stem : stem.slice(0, -1);
  return stem.length <= one && SHORT_END.test(stem) ? `${stem}e` : stem;
}

function replaceSuffix(word: string, one: number, two: number, table: typeof STEP_2): string {
  const found = table.find(([suffix]) => word.endsWith(suffix));
  if (!found) return word;
  const [suffix, by] = found;
  const at = word.length - suffix.length;
  const before = word.slice(0, at);
  if (at < one) return word;
  if (suffix === 'ogi' && !before.endsWith('l')) return word;
  if (suffix === 'li' && !/[cdeghkmnrt]$/.test(before)) return word;
  if (suffix === 'ative' && at < two) return word;
  return before + by;
}

function stepFour(word: string, two: number): string {
  const found = STEP_4.exec(word);
  if (!found || found.index < two) return word;
  const before = word.slice(0, found.index);
  return found[0] === 'ion' && !/[st]$/.test(before) ? word : before;
}

function stepFive(word: string, one: number, two: number): string {
  const at = word.length - 1;
  const before = word.slice(0, at);
  if (word.endsWith('e')) return at >= two || (at >= one && !SHORT_END.test(before)) ? before : word;
  return word.endsWith('l') && before.endsWith('l') && at >= two ? before : word;
}

/**
 * The stem of a folded word: `models` and `modelling` give `model`. Words with digits, and words of other scripts, are
 * their own stems.
 */
export function stemOf(folded: string): string {
  if (folded.length <= 2 || !/^[^\d]+$/.test(folded)) return folded;
  const whole = WHOLE[folded];
  if (whole !== undefined && Object.hasOwn(WHOLE, folded)) return whole;
  if (KEPT.has(folded)) return folded;
  const marked = folded.replace(/^y/, 'Y').replace(/(?<=[aeiouy])y/g, 'Y');
  const one = regionOne(marked);
  const two = regionTwo(marked, one);
  let word = stepOneA(marked);
  if (KEPT_AFTER_1A.has(word)) return word;
  word = stepOneB(word, one);
  word = word.replace(/(?<=.[^aeiouy])[yY]$/, 'i');
  word = replaceSuffix(word, one, two, STEP_2);
  word = replaceSuffix(word, one, two, STEP_3);
  word = stepFour(word, two);
  return stepFive(word, one, two).toLowerCase();
}
