import { describe, expect, test } from 'vitest';
import type { Paper } from '../../../src/papers/index.ts';
import { shortCount, toCard, viewPaper } from '../../../src/web/rules/card.ts';
import { cutEditions } from '../../../src/web/rules/edition-names.ts';
import { isDatabaseAway, loggable } from '../../../src/web/rules/faults.ts';
import { faultsInWords, pageField } from '../../../src/web/rules/forms.ts';
import { countParameter } from '../../../src/web/rules/json.ts';
import { isPageForm } from '../../../src/web/rules/one-click.ts';

const paper: Paper = {
  id: 'cs/0112017',
  title: 'A title',
  abstract: 'An abstract.',
  summary: null,
  authors: ['A'],
  organisation: null,
  keywords: [],
  categories: [],
  version: null,
  publishedOn: '2001-12-10',
  codeUrl: null,
  codeStars: null,
  projectUrl: null,
  upvotes: 3,
  comments: 0,
  sample: false,
};

test('a fault in a list of faults says what it is about, once', () => {
  const tooLong = 'Keep each entry to 200 characters.';
  expect(
    faultsInWords([
      { field: 'searches/3', message: tooLong },
      { field: 'organisations/0', message: tooLong },
      { field: 'categories', message: 'Keep to 50 entries.' },
      { field: 'authors/1', message: '“%%”: A name needs a letter.' },
      { field: '', message: 'Keep to 50 interests.' },
      { field: 'topics/0', message: 'This topic is not known.' },
    ]),
  ).toEqual([
    `Searches: ${tooLong}`,
    `Organisations: ${tooLong}`,
    'arXiv categories: Keep to 50 entries.',
    '“%%”: A name needs a letter.',
    'Keep to 50 interests.',
  ]);
});

describe('cards', () => {
  test('an id with a slash stays a path of two segments', () => {
    expect(toCard(paper).href).toBe('/papers/cs/0112017');
  });

  test('long texts are cut between words on a card and whole on the own page', () => {
    const abstract = 'word '.repeat(400).trim();
    const title = '😀'.repeat(5000);
    const card = toCard({ ...paper, abstract, title });
    expect(card.excerpt.length).toBeLessThanOrEqual(600);
    expect(card.excerpt).toMatch(/word…$/);
    expect(card.cut).toBe(true);
    expect(card.title.length).toBeLessThanOrEqual(300);
    expect(card.title).toMatch(/😀…$/u);
    expect(card.title.isWellFormed?.() ?? true).toBe(true);
    expect(viewPaper({ ...paper, abstract }).abstract).toBe(abstract);
  });

  test('of 573 authors 20 are shown at once', () => {
    const authors = Array.from({ length: 573 }, (_, index) => `Author ${index}`);
    const view = viewPaper({ ...paper, authors });
    expect([view.authors.length, view.otherAuthors.length]).toEqual([20, 553]);
  });

  test.each(['javascript:alert(1)', 'data:text/html,x', 'ftp://example.org/x', 'not a link', ''])(
    '%j is never a link',
    (url) => {
      const card = toCard({ ...paper, codeUrl: url, projectUrl: url });
      expect(card.code || null).toBeNull();
      expect(card.project || null).toBeNull();
    },
  );

  test('counts are short', () => {
    expect([0, 950, 1000, 3449, 9960, 120_400].map(shortCount)).toEqual([
      '0',
      '950',
      '1k',
      '3.4k',
      '10k',
      '120k',
    ]);
  });
});

describe('one-click bodies', () => {
  const form = 'application/x-www-form-urlencoded';
  test.each([
    [form, 'via=page', true],
    [`${form}; charset=utf-8`, 'via=page&reason=x', true],
    [form, 'List-Unsubscribe=One-Click', false],
    [form, 'via=page&List-Unsubscribe=One-Click', false],
    [form, '', false],
    ['text/plain', 'via=page', false],
    ['multipart/form-data; boundary=x', '--x\r\n\r\nvia=page', false],
    [undefined, 'via=page', false],
    [form, undefined, false],
  ])('%s %j: from our page is %s', (type, body, expected) => {
    expect(isPageForm(type, body)).toBe(expected);
  });
});

describe('faults', () => {
  const coded = (code: string) => Object.assign(new Error('x'), { code });
  test.each([
    coded('ECONNREFUSED'),
    coded('57P01'),
    coded('08006'),
    coded('53300'),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
    new Error('outer', { cause: coded('57P03') }),
    new AggregateError([coded('ECONNREFUSED')]),
  ])('away: %s', (error) => {
    expect(isDatabaseAway(error)).toBe(true);
  });

  test.each([coded('23505'), new Error('a bug'), 'text', null, coded('42601')])('not away: %s', (error) => {
    expect(isDatabaseAway(error)).toBe(false);
  });

  test('what is logged holds no address and no token', () => {
    const cause = new Error('key (email)=(reader@example.org) exists');
    const error = new Error('/unsubscribe/AAAAAAG58ZcDYrl0NvUkhBQj8stT failed', { cause });
    expect(loggable(error)).not.toMatch(/example\.org|AAAAAAG58/);
  });
});

describe('small things', () => {
  test('the page that a form names is one of ours or /subscribe', () => {
    expect(pageField({ page: '/papers/:id' })).toBe('/papers/:id');
    for (const page of ['https://evil.example/', '/<script>', '', `/${'a'.repeat(100)}`])
      expect(pageField({ page })).toBe('/subscribe');
  });

  test('a list of editions never splits a date', () => {
    const edition = (issueDate: string) => ({ cadence: 'daily' as const, issueDate });
    const found = ['2026-06-10', '2026-06-09', '2026-06-08', '2026-06-08'].map(edition);
    expect(cutEditions(found.slice(0, 3), 2)).toEqual({ shown: found.slice(0, 2), before: '2026-06-09' });
    expect(cutEditions(found, 3)).toEqual({ shown: found, before: '2026-06-08' });
    expect(cutEditions(found.slice(0, 2), 2)).toEqual({ shown: found.slice(0, 2), before: null });
    expect(cutEditions([], 2)).toEqual({ shown: [], before: null });
  });

  test('counts in a query are whole and within bounds', () => {
    expect(countParameter(undefined, 100, 30)).toBe(30);
    expect(countParameter('100', 100, 30)).toBe(100);
    for (const value of ['0', '101', '-1', '1.5', 'x', '', ['1', '2'], '9999999'])
      expect(countParameter(value, 100, 30)).toBeUndefined();
  });
});
