import type { Profile } from './profile.ts';

/** Names and terms said of each kind. */
const SAID_MAX = 8;
/** A word of three letters or fewer, or one that only a pair explains, is no help to a person. */
const TELLING = /\p{L}{4,}/u;

/** A profile in words, plain text: one sentence a line; empty lists are left out. */
export interface Description {
  votes: string;
  more: string[];
  less: string[];
  authors: string[];
  organisations: string[];
}

const capital = (name: string) => name.replace(/(^|\s)\p{L}/gu, (letter) => letter.toUpperCase());

/** What a profile has learnt, the strongest first; pairs of words before the single words that they hold. */
export function describeParts(profile: Profile): Description {
  const said = (sign: 1 | -1) => {
    const words: string[] = [];
    for (const [term, weight] of profile.terms) {
      const spelled = profile.spelled[term];
      if (
        spelled === undefined ||
        weight * sign <= 0 ||
        !spelled.split(' ').every((word) => TELLING.test(word))
      )
        continue;
      if (words.some((other) => other.split(' ').includes(spelled))) continue;
      words.push(spelled);
      if (words.length === SAID_MAX) break;
    }
    return words;
  };
  const names = (list: Profile['authors']) =>
    list
      .filter(([, weight]) => weight > 0)
      .slice(0, SAID_MAX)
      .map(([name]) => capital(name));
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  return {
    votes: `${count(profile.likes, 'paper')} liked, ${profile.dislikes} not`,
    more: said(1),
    less: said(-1),
    authors: names(profile.authors),
    organisations: names(profile.organisations),
  };
}

/** `Learnt from 3 papers liked, 0 not: diffusion policy, robot. Authors: Ada Lovelace.` Plain text. */
export function describeProfile(profile: Profile): string {
  const { votes, more, less, authors, organisations } = describeParts(profile);
  const lists = [
    less.length > 0 && `Less of: ${less.join(', ')}.`,
    authors.length > 0 && `Authors: ${authors.join(', ')}.`,
    organisations.length > 0 && `Organisations: ${organisations.join(', ')}.`,
  ].filter((line) => line !== false);
  return [`Learnt from ${votes}${more.length > 0 ? `: ${more.join(', ')}` : ''}.`, ...lists].join(' ');
}
