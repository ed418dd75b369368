import { describe, expect, it } from 'vitest';
import { addDays, dayOf, isDay, readDay } from '../../../src/papers/rules/day.ts';
import { mergeSightings } from '../../../src/papers/rules/merge.ts';
import { bylineOf, type ListedPaper, paperLinks, readArxivId } from '../../../src/papers/rules/paper.ts';

describe('readArxivId', () => {
  it.each([
    ['2606.10651', '2606.10651'],
    ['2606.10651v2', '2606.10651'],
    [' 1412.6980v12 ', '1412.6980'],
    ['cs/0112017', 'cs/0112017'],
    ['math.GT/0309136v1', 'math/0309136'],
    ['cond-mat/9609089', 'cond-mat/9609089'],
    ['2606.1065', '2606.1065'],
    ['2606.106', null],
    ['2606.106512', null],
    ['2606.10651v', null],
    ['arXiv:2606.10651', null],
    ['../../etc/passwd', null],
    ['2606.10651\n<script>', null],
    ['', null],
  ])('%j gives %j', (text, expected) => {
    expect(readArxivId(text)).toBe(expected);
  });
});

describe('days', () => {
  it.each([
    ['2026-02-28', true],
    ['2024-02-29', true],
    ['2026-02-29', false],
    ['2026-13-01', false],
    ['2026-1-1', false],
    ['2026-01-01T00:00:00Z', false],
    ['', false],
  ])('isDay(%j) is %s', (text, expected) => {
    expect(isDay(text)).toBe(expected);
  });

  it.each([
    ['2026-06-10T00:00:00.000Z', '2026-06-10'],
    ['2026-06-10', '2026-06-10'],
    ['2026-06-10T23:59:59.999Z', '2026-06-10'],
    ['2026-06-10T23:30:00-04:00', '2026-06-11'],
    ['2026-06-10T00:30:00+0200', '2026-06-09'],
    ['2026-06-10T23:59:59', '2026-06-10'],
    ['2026-06-31T00:00:00Z', null],
    ['2026-06-10T25:00:00Z', null],
    ['0001-01-01', null],
    ['9999-12-31', null],
    ['June 10, 2026', null],
    ['1749513600', null],
    ['', null],
  ])('readDay(%j) is %j', (text, expected) => {
    expect(readDay(text)).toBe(expected);
  });

  it('reads the same day whatever zone the machine is in', () => {
    const zone = process.env.TZ;
    try {
      for (const far of ['Pacific/Kiritimati', 'Pacific/Niue', 'America/New_York']) {
        process.env.TZ = far;
        expect(readDay('2026-06-10T00:00:00.000Z')).toBe('2026-06-10');
        expect(readDay('2026-06-10T23:59:59')).toBe('2026-06-10');
        expect(dayOf(new Date('2026-03-08T23:59:59Z'))).toBe('2026-03-08');
        expect(addDays('2026-03-08', 1)).toBe('2026-03-09');
      }
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it('adds over ends of months and years', () => {
    expect(addDays('2025-12-31', 1)).toBe('2026-01-01');
    expect(addDays('2024-03-01', -1)).toBe('2024-02-29');
  });
});

describe('paperLinks', () => {
  it('leads to Hugging Face and arXiv', () => {
    expect(paperLinks({ id: '1706.03762' })).toEqual({
      huggingFace: 'https://huggingface.co/papers/1706.03762',
      arxiv: 'https://arxiv.org/abs/1706.03762',
      pdf: 'https://arxiv.org/pdf/1706.03762',
    });
    expect(paperLinks({ id: 'cs/0112017' }).arxiv).toBe('https://arxiv.org/abs/cs/0112017');
  });
});

describe('bylineOf', () => {
  it.each([
    ['Example Lab', ['Ada'], 'Example Lab'],
    [null, [], ''],
    [null, ['Ada'], 'Ada'],
    [null, ['Ada', 'Bo'], 'Ada and Bo'],
    [null, ['Ada', 'Bo', 'Cy'], 'Ada, Bo and Cy'],
    [null, ['Ada', 'Bo', 'Cy', 'Di'], 'Ada, Bo, Cy and 1 more'],
    ['', Array.from({ length: 573 }, (_, n) => `A${n}`), 'A0, A1, A2 and 570 more'],
  ])('%j, %j: %j', (organisation, authors, expected) => {
    expect(bylineOf({ organisation, authors })).toBe(expected);
  });
});

describe('mergeSightings', () => {
  it('keeps the later entry of a paper that two pages show, in the order of ids', () => {
    const entry = (id: string, upvotes: number, comments: number) =>
      ({ id, upvotes, comments, listedOn: '2026-06-10' }) as ListedPaper;
    const merged = mergeSightings([
      entry('2601.2', 5, 1),
      entry('2601.1', 3, 0),
      entry('2601.2', 6, 0),
      entry('2601.1', 3, 2),
      entry('2601.2', 4, 9),
    ]);
    expect(merged).toEqual([entry('2601.1', 3, 2), entry('2601.2', 6, 0)]);
  });
});
