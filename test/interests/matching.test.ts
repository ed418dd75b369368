import { describe, expect, it } from 'vitest';
import { matchInterest, readyCandidates } from '../../src/interests/rules/candidates.ts';
import {
  type InterestKind,
  readInterests,
  wantedOf,
  whyInterest,
} from '../../src/interests/rules/interest.ts';
import { nameKey } from '../../src/interests/rules/terms.ts';
import { TOPICS } from '../../src/interests/rules/topics.ts';
import { matchesQuery, parseQuery } from '../../src/papers/rules/query.ts';
import { numbers, paper } from './papers.ts';

const papers = [
  paper({
    title: 'Diffusion Policies for Robots',
    abstract: 'We train a diffusion policy.',
    authors: ['Yoshua Bengio', 'Ada K. Lovelace'],
    organisation: 'Google DeepMind',
    categories: ['cs.RO', 'cs.LG'],
    publishedOn: '2026-06-10',
  }),
  paper({
    title: 'Proteins',
    authors: ['Y. Bengio', 'Samy Bengio'],
    organisation: 'Mila',
    keywords: ['protein folding'],
  }),
  paper({ title: 'Memory', abstract: 'A robot, once.', authors: ['Yann Bengio'], categories: ['cs.CL'] }),
];
const candidates = readyCandidates(papers);
const find = (kind: InterestKind, value: string) => {
  const wanted = wantedOf({ kind, value });
  return wanted === null ? 'nothing to look for' : matchInterest(candidates, wanted);
};

describe('matching', () => {
  it.each<[InterestKind, string, number[]]>([
    ['author', 'Yoshua Bengio', [0, 1]],
    ['author', 'yoshua bengió', [0, 1]],
    ['author', 'Ada Lovelace', [0]],
    ['author', 'Y. Bengio', [0, 1, 2]],
    ['author', 'Bengio', []],
    ['organisation', 'google', [0]],
    ['organisation', 'Mind', []],
    ['category', 'cs.LG', [0]],
    ['category', 'cs', [0, 2]],
    ['category', 'c', []],
    ['topic', 'robotics', [0]],
    ['topic', 'science', [1]],
    ['topic', 'protein folding', [1]],
    ['search', '"diffusion policy" -protein', [0]],
    ['search', 'robot OR protein', [0, 1, 2]],
  ])('%s %s', (kind, value, found) => {
    expect(find(kind, value)).toEqual(found);
  });

  it('finds nothing, and does not fail, for what cannot be understood', () => {
    expect(find('search', '"half')).toBe('nothing to look for');
    expect(find('author', '!!!')).toBe('nothing to look for');
    expect(find('topic', '')).toBe('nothing to look for');
  });

  it('says of a search what the search itself says', () => {
    const below = numbers(3);
    const words =
      'alpha beta gamma models modelling policy "alpha beta" "beta gamma policy" -gamma author:lee author:"kim lee" org:mila keyword:"alpha beta" since:2026-06-02 before:2026-06-04 OR'.split(
        / (?=(?:[^"]*"[^"]*")*[^"]*$)/,
      );
    const text = (count: number) =>
      Array.from({ length: count }, () => words[below(6)])
        .join(' ')
        .replaceAll('"', '');
    const many = Array.from({ length: 30 }, () =>
      paper({
        title: text(4),
        abstract: text(8),
        authors: ['Kim Lee', 'Lee Kim', 'Bo Kim'].slice(below(3)),
        organisation: below(2) === 0 ? 'Mila' : null,
        keywords: below(2) === 0 ? ['Alpha Beta'] : [],
        publishedOn: below(5) === 0 ? null : `2026-06-0${1 + below(5)}`,
      }),
    );
    const ready = readyCandidates(many);
    let compared = 0;
    let found = 0;
    for (let n = 0; n < 300; n += 1) {
      const typed = Array.from({ length: 1 + below(4) }, () => words[below(words.length)]).join(' ');
      const reading = parseQuery(typed);
      if (!reading.ok) continue;
      const ours = matchInterest(ready, { kind: 'search', query: reading.query });
      const theirs = many.flatMap((one, at) => (matchesQuery(reading.query, one) ? [at] : []));
      expect(ours, typed).toEqual(theirs);
      compared += 1;
      found += ours.length;
    }
    expect(compared).toBeGreaterThan(100);
    expect(found).toBeGreaterThan(100);
  });
});

describe('reading interests', () => {
  it('takes topics by id or name, and each thing once', () => {
    const reading = readInterests([
      { kind: 'topic', value: 'Robotics and embodied AI' },
      { kind: 'topic', value: 'robotics' },
      { kind: 'author', value: ' Ada   Lovelace ' },
      { kind: 'author', value: 'ADA LOVELACE' },
      { kind: 'category', value: 'cs.CL' },
    ]);
    expect(reading).toEqual({
      ok: true,
      interests: [
        { kind: 'topic', value: 'robotics' },
        { kind: 'author', value: 'Ada Lovelace' },
        { kind: 'category', value: 'cs.CL' },
      ],
    });
  });

  it('takes an unknown topic as what it says', () => {
    const topics = ['cs.CL', 'Quantum error-correction', 'LANGUAGE models'];
    expect(readInterests(topics.map((value) => ({ kind: 'topic', value })))).toEqual({
      ok: true,
      interests: [
        { kind: 'category', value: 'cs.CL' },
        { kind: 'search', value: '"Quantum error-correction"' },
        { kind: 'topic', value: 'language-models' },
      ],
    });
  });

  it.each([
    ['search', '"half a phrase', 'quotation mark'],
    ['search', '-only', 'what to look for'],
    ['topic', '<script>alert(1)</script>', 'not known'],
    ['category', 'cs.CL; drop table', 'arXiv category'],
    ['author', '…', 'letter'],
    ['author', 'x'.repeat(201), '200 characters'],
    ['organisation', ' ', 'empty'],
    ['wish', 'peace', 'one of topic'],
  ])('says what is wrong with %s %s', (kind, value, words) => {
    const reading = readInterests([
      { kind: 'author', value: 'Ada Lovelace' },
      { kind, value },
    ]);
    expect(reading).toMatchObject({
      ok: false,
      faults: [{ at: 1, message: expect.stringContaining(words) }],
    });
  });

  it('keeps to 50, with a sentence', () => {
    const list = Array.from({ length: 1000 }, (_, n) => ({ kind: 'search', value: `word${n}` }));
    expect(readInterests(list)).toMatchObject({
      ok: false,
      faults: [{ at: null, message: expect.stringMatching(/50 interests; these are 1000/) }],
    });
    expect(readInterests(list.slice(0, 50)).ok).toBe(true);
  });
});

describe('topics', () => {
  it('have ids of their own, and each is found by its id, its name and each of its phrases', () => {
    expect(new Set(TOPICS.map(({ id }) => id)).size).toBe(TOPICS.length);
    for (const topic of TOPICS) {
      expect(topic.id).toMatch(/^[a-z0-9-]+$/);
      expect(wantedOf({ kind: 'topic', value: nameKey(topic.name) })).toEqual({ kind: 'topic', topic });
      for (const phrase of topic.phrases)
        expect(
          matchInterest(
            readyCandidates([paper({ title: `On ${phrase}s and more` }), paper({ title: phrase })]),
            { kind: 'topic', topic },
          ),
          phrase,
        ).toContain(1);
      expect(whyInterest({ kind: 'topic', value: topic.id })).toBe(`Topic: ${topic.name}`);
    }
  });
});
