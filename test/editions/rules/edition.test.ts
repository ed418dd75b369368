import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { viewCard } from '../../../src/editions/rules/card.ts';
import {
  editionTitle,
  issueUrl,
  preheaderOf,
  reasons,
  subjectOf,
} from '../../../src/editions/rules/edition.ts';
import { originOf } from '../../../src/editions/rules/origins.ts';
import { paper } from '../fixtures.ts';

describe('subjectOf', () => {
  it('names the issue and the first paper', () => {
    expect(subjectOf('daily', '2026-06-10', 'A Study')).toBe('Daily papers, 10 June 2026: A Study');
    expect(subjectOf('weekly', '2026-06-08', 'A Study')).toBe('Weekly papers, week 24 of 2026: A Study');
    expect(subjectOf('sample', '2026-06-10', 'A Study')).toMatch(/^Sample papers/);
    expect(subjectOf('daily', '2026-06-10', ' \u0000')).toBe('Daily papers, 10 June 2026');
  });

  it('is one line of at most 120 characters, whatever the title', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constant('x'.repeat(10_000)),
      fc.constant('A\r\nBcc: everyone@example.org\r\n\r\n\u202eB\u2028C'),
    );
    fc.assert(
      fc.property(hostile, (title) => {
        const subject = subjectOf('daily', '2026-06-10', title);
        expect(subject.length).toBeLessThanOrEqual(120);
        expect(subject).not.toMatch(/[\p{Cc}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});

describe('preheaderOf', () => {
  it('is 35 to 90 characters and does not repeat the first title', () => {
    const titles = fc.array(fc.string({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(titles, (list) => {
        const cards = list.map((title) => ({ ...viewCard(paper({ title }), ''), abstract: '' }));
        const preheader = preheaderOf(cards, '10 June 2026');
        expect(preheader.length).toBeGreaterThanOrEqual(35);
        expect(preheader.length).toBeLessThanOrEqual(90);
      }),
    );
    const two = ['First', 'Imagen 3'].map((title) => ({ title, abstract: 'We study how studies are made.' }));
    expect(preheaderOf(two, '10 June 2026')).toMatch(/^Also: Imagen 3; We study/);
  });
});

describe('reasons', () => {
  const listed = [3, 9, 5].map((upvotes, index) => ({
    id: `2606.${index}`,
    upvotes,
    comments: 0,
    sources: ['huggingface'],
  }));

  it("gives a paper's place in the source's list, carried ones counted, or its lateness", () => {
    const why = reasons('daily', listed);
    expect(why({ id: '2606.2', listedOn: ['2026-06-10'] })).toBe('2nd on Hugging Face');
    expect(why({ id: '2606.9', listedOn: ['2026-06-08', '2026-06-09'] })).toBe('Late from 9 June 2026');
    expect(reasons('weekly', listed)({ id: '2606.0', listedOn: [] })).toBe('3rd of the week on Hugging Face');
    expect(reasons('sample', listed)({ id: '2606.0', listedOn: [] })).toMatch(/sample/);
  });
});

describe('viewCard', () => {
  it('links only to https, and not to links that no person would follow', () => {
    const linksOf = (codeUrl: string) => viewCard(paper({ codeUrl }), '').links.map(({ name }) => name);
    expect(linksOf('https://github.com/a/b')).toEqual(['arXiv', 'PDF', 'Code']);
    for (const url of [
      'javascript:alert(1)',
      'http://github.com/a/b',
      'https://a b',
      `https://a.example/${'x'.repeat(9000)}`,
    ])
      expect(linksOf(url)).toEqual(['arXiv', 'PDF']);
  });

  it('copes with papers that have nothing but an id and a title', () => {
    const bare = paper({
      abstract: '',
      authors: [],
      publishedOn: null,
      codeUrl: null,
      upvotes: 0,
      comments: 0,
    });
    expect(viewCard(bare, 'why')).toMatchObject({
      byline: null,
      published: null,
      abstract: null,
      votes: '0 votes',
    });
  });
});

describe('titles and pages', () => {
  it('name the issue', () => {
    expect(editionTitle('daily', '2026-06-10')).toBe('Daily papers · 10 June 2026');
    expect(issueUrl('https://p.example', 'daily', '2026-06-10')).toBe(
      'https://p.example/papers?date=2026-06-10',
    );
    expect(issueUrl('https://p.example', 'weekly', '2026-06-08')).toBe(
      'https://p.example/editions/week/2026-W24',
    );
  });
});

describe('originOf', () => {
  const from = (...sources: string[]) => ({ id: '2606.1', upvotes: 0, comments: 0, sources });

  it('names each source once, and a ranked paper as of Hugging Face alone', () => {
    expect(originOf([from('huggingface'), from('arxiv', 'huggingface'), from('file')])).toBe('Hugging Face');
    expect(originOf([from('club'), from('arxiv'), from('huggingface')])).toBe(
      'Hugging Face and arXiv and club',
    );
    expect(originOf([from('arxiv')])).toBe('arXiv');
    expect(originOf([])).toBe('');
  });

  it('gives no place to what Hugging Face did not list', () => {
    const listed = [{ ...from('arxiv'), id: '2606.2' }, from('huggingface')];
    const why = reasons('daily', listed);
    expect(why({ id: '2606.1', listedOn: [] })).toBe('1st on Hugging Face');
    expect(why({ id: '2606.2', listedOn: [] })).toBe('New on arXiv');
  });
});
