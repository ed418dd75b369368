import { describe, expect, it } from 'vitest';
import { sayProfile } from '../../src/interests/rules/describe.ts';
import type { Feature } from '../../src/interests/rules/omissions.ts';
import {
  learnProfile,
  leaveOut,
  type Profile,
  profileSchema,
  readyPapers,
  scorePapers,
  TERMS_MAX,
  type VotedPaper,
} from '../../src/interests/rules/profile.ts';
import { termsOf } from '../../src/interests/rules/terms.ts';
import { buildVocabulary, commonness, vectorOf } from '../../src/interests/rules/vocabulary.ts';
import { fieldPapers, paper } from './papers.ts';

const earlier = fieldPapers(120);
const vocabulary = buildVocabulary(earlier);
const today = fieldPapers(30, 9);
const ready = readyPapers(today, vocabulary);
const inField = (list: typeof earlier, field: number) => list.filter((_, at) => at % 3 === field);
const votesFor = (field: number, vote: VotedPaper['vote'], count = 4): VotedPaper[] =>
  inField(earlier, field)
    .slice(0, count)
    .map((one) => ({ paper: one, vote }));
const order = (scores: Float64Array) =>
  [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));

describe('a profile', () => {
  it('puts the papers of its field first, by the text alone', () => {
    const profile = learnProfile(votesFor(1, 'more'), vocabulary);
    const first = order(scorePapers(profile, ready, 'text')).slice(0, 10);
    expect(first.map((at) => at % 3)).toEqual(new Array(10).fill(1));
  });

  it('puts what was disliked last', () => {
    const profile = learnProfile([...votesFor(1, 'more'), ...votesFor(2, 'less')], vocabulary);
    const last = order(scorePapers(profile, ready, 'text')).slice(-10);
    // Papers of the third field, of which nothing was said, may fall among them.
    expect(last.filter((at) => at % 3 === 2).length).toBeGreaterThanOrEqual(8);
    expect(last.filter((at) => at % 3 === 1)).toEqual([]);
  });

  it('knows authors and organisations where the text says nothing', () => {
    const liked = paper({ title: 'robot arm', authors: ['Ada Lovelace'], organisation: 'Mila' });
    const profile = learnProfile([{ paper: liked, vote: 'more' }], vocabulary);
    const some = readyPapers(
      [
        paper({ title: 'robot arm grasps' }),
        paper({ title: 'protein', authors: ['ADA LOVELACE', 'Bo Kim'] }),
        paper({ title: 'protein', organisation: 'MILA' }),
        paper({ title: 'protein' }),
      ],
      vocabulary,
    );
    const scores = scorePapers(profile, some);
    expect(scores[1]).toBeGreaterThan((scores[3] ?? 0) + 0.5);
    expect([...scorePapers(profile, some, 'text')].slice(2)).toEqual([scores[3], scores[3]]);
    expect(scores[2]).toBeCloseTo((scores[3] ?? 0) + 0.3, 6);
  });

  it('is the same in whatever order votes come, and after a trip through JSON', () => {
    const votes = [...votesFor(0, 'more'), ...votesFor(2, 'less')];
    const profile = learnProfile(votes, vocabulary);
    const back = profileSchema.parse(JSON.parse(JSON.stringify(profile)));
    expect(back).toEqual(profile);
    const turned = learnProfile([...votes].reverse(), vocabulary);
    expect(turned.terms.map(([term]) => term).sort()).toEqual(profile.terms.map(([term]) => term).sort());
    const [a, b] = [scorePapers(profile, ready), scorePapers(turned, ready)];
    a.forEach((score, at) => {
      expect(b[at]).toBeCloseTo(score, 4);
    });
  });

  it('stays small, whatever was voted on', () => {
    const long = (n: number) => Array.from({ length: 3000 }, (_, at) => `w${n}x${at}`).join(' ');
    const papers = Array.from({ length: 4 }, (_, n) =>
      paper({
        title: 'T',
        abstract: long(n),
        authors: Array.from({ length: 600 }, (_, at) => `Name${n} N${at}`),
      }),
    );
    const profile = learnProfile(
      papers.map((one) => ({ paper: one, vote: 'more' })),
      buildVocabulary([...papers, ...earlier]),
    );
    expect(profile.terms).toHaveLength(TERMS_MAX);
    expect(profile.authors.length).toBeLessThanOrEqual(300);
    expect(JSON.stringify(profile).length).toBeLessThan(100_000);
  });

  it('leaves out what its reader had forgotten, and pairs with a forgotten word', () => {
    const liked = paper({
      title: 'robot arm grasps',
      authors: ['Ada Lovelace', 'Bo Kim'],
      organisation: 'Mila',
    });
    const votes: VotedPaper[] = [...votesFor(0, 'more'), { paper: liked, vote: 'more' }];
    const omissions: Feature[] = [
      { kind: 'term', key: 'robot' },
      { kind: 'author', key: 'ada lovelace' },
      { kind: 'organisation', key: 'mila' },
    ];
    const before = learnProfile(votes, vocabulary);
    const profile = learnProfile(votes, vocabulary, omissions);
    expect(before.terms.some(([term]) => /^robot .|. robot$/.test(term))).toBe(true);
    expect(profile.terms.filter(([term]) => term.split(' ').includes('robot'))).toEqual([]);
    expect(profile.authors.map(([name]) => name)).not.toContain('ada lovelace');
    expect(profile.authors.map(([name]) => name)).toContain('bo kim');
    expect(profile.organisations).toEqual([]);
    // What is left keeps its length of 1, or as near to it as six digits are.
    expect(Math.hypot(...profile.terms.map(([, weight]) => weight))).toBeCloseTo(1, 4);
    const names = (list: Profile['terms']) => new Set(list.map(([key]) => key));
    expect(names(leaveOut(before, omissions).terms)).toEqual(names(profile.terms));
    expect(learnProfile(votes, vocabulary, [])).toEqual(before);
  });

  it('of no votes says nothing of any paper', () => {
    expect([...scorePapers(learnProfile([], vocabulary), ready)]).toEqual(new Array(30).fill(0));
  });

  it('is told in words', () => {
    const profile = learnProfile(
      [
        {
          paper: paper({
            title: 'Robots: Diffusion policies',
            authors: ['Ada Lovelace'],
            organisation: 'Mila',
          }),
          vote: 'more',
        },
        { paper: paper({ title: 'Protein folding' }), vote: 'less' },
      ],
      vocabulary,
    );
    const { more, less, authors, organisations } = sayProfile(profile);
    expect(more.map(({ said }) => said)).toEqual(['robots diffusion', 'policies']);
    expect(less.map(({ said }) => said).join(' ')).toMatch(/protein/);
    expect(authors).toEqual([{ kind: 'author', key: 'ada lovelace', said: 'Ada Lovelace' }]);
    expect(organisations).toEqual([{ kind: 'organisation', key: 'mila', said: 'Mila' }]);
  });
});

it('says no words that tell a person nothing', () => {
  const liked = paper({ title: 'Diving into robots that show such robots', abstract: 'An arm, a paw.' });
  const words = buildVocabulary([...earlier, liked, ...earlier]);
  const profile = learnProfile([{ paper: liked, vote: 'more' }], words);
  const more = sayProfile(profile).more.map(({ said }) => said);
  expect(more).toEqual(expect.arrayContaining(['diving']));
  expect(more.join(' ')).not.toMatch(/into|that|show|such|arm|paw/);
});

describe('a vocabulary', () => {
  it('knows nothing of words that came later, nor of words that all have', () => {
    const vector = vectorOf(vocabulary, termsOf(paper({ title: 'robot unheardof' })));
    expect([...vector.keys()]).toEqual(['robot']);
    const all = buildVocabulary(earlier.map((one) => ({ ...one, title: `common ${one.title}` })));
    expect(vectorOf(all, termsOf(paper({ title: 'common robot' }))).has('common')).toBe(false);
  });

  it('finds a usual paper more common than a rare one', () => {
    const of = (title: string) => commonness(vocabulary, vectorOf(vocabulary, termsOf(paper({ title }))));
    expect(of('robot arm grasps')).toBeGreaterThan(of('filler7 filler8'));
    expect(of('')).toBe(0);
  });
});
