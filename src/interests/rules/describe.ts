import type { Feature } from './omissions.ts';
import type { Profile } from './profile.ts';

/** Names and terms said of each kind. */
const SAID_MAX = 8;
/** A word of three letters or fewer, or one that only a pair explains, is no help to a person. */
const LETTERS = /\p{L}{4,}/u;
/** Words that models may weigh and that tell a person nothing. */
const SILENT = new Set(
  `about above across after also among based because been before being between both could does each existing finally first
   from further have however into less many more moreover most much novel only other over propose proposed recent same
   several should show shown shows some such than that their them then there these they this those through thus toward
   towards under upon using very well were what when where whether which while will with within without would`.split(
    /\s+/,
  ),
);
const isTelling = (word: string) => LETTERS.test(word) && !SILENT.has(word);

/** A feature of a profile as people read it. */
export interface SaidFeature extends Feature {
  said: string;
}

/** What a profile has learnt, feature by feature. */
export type SaidProfile = Record<'more' | 'less' | 'authors' | 'organisations', SaidFeature[]>;

const capital = (name: string) => name.replace(/(^|\s)\p{L}/gu, (letter) => letter.toUpperCase());

function sayTerms(profile: Profile, sign: 1 | -1): SaidFeature[] {
  const words: SaidFeature[] = [];
  for (const [key, weight] of profile.terms) {
    const said = Object.hasOwn(profile.spelled, key) ? profile.spelled[key] : undefined;
    if (said === undefined || weight * sign <= 0 || !said.split(' ').every(isTelling)) continue;
    if (words.some((other) => other.said.split(' ').includes(said))) continue;
    words.push({ kind: 'term', key, said });
    if (words.length === SAID_MAX) break;
  }
  return words;
}

const sayNames = (kind: Feature['kind'], list: Profile['authors']): SaidFeature[] =>
  list
    .filter(([, weight]) => weight > 0)
    .slice(0, SAID_MAX)
    .map(([key]) => ({ kind, key, said: capital(key) }));

/** What a profile has learnt, the strongest first; pairs of words before the single words that they hold. */
export const sayProfile = (profile: Profile): SaidProfile => ({
  more: sayTerms(profile, 1),
  less: sayTerms(profile, -1),
  authors: sayNames('author', profile.authors),
  organisations: sayNames('organisation', profile.organisations),
});
