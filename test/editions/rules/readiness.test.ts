import { describe, expect, it } from 'vitest';
import { closingTime } from '../../../src/editions/rules/dates.ts';
import type { Issue } from '../../../src/editions/rules/due.ts';
import {
  noteOf,
  readReadiness,
  readSource,
  type SourceDay,
  type SourceState,
  whyGivenUp,
  whyWaiting,
} from '../../../src/editions/rules/readiness.ts';

const at = (time: string | null | undefined) => (time ? new Date(`2026-06-${time}:00Z`) : null);

/** `10T23:59` is a moment of June 2026. */
interface Told {
  source?: string;
  on?: string;
  answered?: string;
  failed?: string;
  papers?: number;
  first?: string;
  grew?: string;
}

const day = (told: Told): SourceDay => ({
  source: told.source ?? 'huggingface',
  listedOn: told.on ?? '2026-06-10',
  etag: null,
  answeredAt: at(told.answered),
  failedAt: at(told.failed),
  papers: told.papers ?? 0,
  firstSeenAt: at(told.first),
  grewAt: at(told.grew),
});

const wednesday: Issue = { cadence: 'daily', date: '2026-06-10' };
const stateOf = (source: string, days: Told[], issue = wednesday) =>
  readSource(
    { name: source, announces: source === 'arxiv' },
    issue,
    days.map(day),
    closingTime(issue.cadence, issue.date, 120),
  ).state;

describe('readSource', () => {
  it('hears an answer from after the day, and not one from within it', () => {
    expect(stateOf('huggingface', [])).toBe('silent');
    expect(stateOf('huggingface', [{ failed: '11T01:00' }])).toBe('silent');
    expect(stateOf('huggingface', [{ answered: '10T23:59', papers: 20 }])).toBe('silent');
    expect(stateOf('huggingface', [{ answered: '11T00:00' }])).toBe('ready');
    expect(stateOf('huggingface', [{ source: 'arxiv', answered: '11T00:00', papers: 3 }])).toBe('silent');
  });

  it('takes a file for the list of Hugging Face, and not for that of arXiv', () => {
    expect(stateOf('huggingface', [{ source: 'file', answered: '11T00:00' }])).toBe('ready');
    expect(stateOf('arxiv', [{ source: 'file', answered: '11T00:00' }])).toBe('silent');
  });

  it('holds a list for unfinished until it has not grown for half an hour', () => {
    const growing = { papers: 9, first: '10T06:00', grew: '11T01:45' };
    expect(stateOf('huggingface', [{ ...growing, answered: '11T01:45' }])).toBe('growing');
    expect(stateOf('huggingface', [{ ...growing, answered: '11T02:14' }])).toBe('growing');
    expect(stateOf('huggingface', [{ ...growing, answered: '11T02:15' }])).toBe('ready');
    const seenTooLate = { ...growing, grew: '11T10:00', answered: '11T10:00' };
    expect(stateOf('huggingface', [{ ...growing, grew: '11T02:59', answered: '11T02:59' }])).toBe('growing');
    expect(stateOf('huggingface', [seenTooLate]), 'the service was away').toBe('ready');
    const allAtOnce = { papers: 9, first: '11T10:00', grew: '11T10:00' };
    expect(stateOf('huggingface', [{ ...allAtOnce, answered: '11T10:00' }])).toBe('ready');
  });

  it('believes arXiv an empty weekend, not an empty Wednesday', () => {
    const empty = { source: 'arxiv', answered: '12T01:00' };
    expect(stateOf('arxiv', [empty])).toBe('unannounced');
    expect(stateOf('arxiv', [{ ...empty, papers: 100 }])).toBe('ready');
    const saturday: Issue = { cadence: 'daily', date: '2026-06-13' };
    expect(stateOf('arxiv', [{ ...empty, on: '2026-06-13', answered: '14T00:00' }], saturday)).toBe('ready');
    expect(stateOf('huggingface', [{ answered: '11T01:00' }])).toBe('ready');
  });

  it('needs no second answer from arXiv, which announces a day at once', () => {
    expect(stateOf('arxiv', [{ source: 'arxiv', answered: '10T05:00', papers: 80 }])).toBe('ready');
    expect(stateOf('arxiv', [{ source: 'arxiv', failed: '11T01:00' }])).toBe('silent');
  });

  it('hears a week when any of its days is answered for after it ended', () => {
    const week: Issue = { cadence: 'weekly', date: '2026-06-08' };
    expect(stateOf('huggingface', [{ on: '2026-06-10', answered: '14T23:59' }], week)).toBe('silent');
    expect(stateOf('huggingface', [{ on: '2026-06-14', answered: '15T00:00' }], week)).toBe('ready');
    const announced = ['08', '09', '10', '11'].map((on) => ({
      source: 'arxiv',
      on: `2026-06-${on}`,
      answered: `${on}T06:00`,
    }));
    expect(stateOf('arxiv', announced, week), 'Friday was not').toBe('silent');
    const friday = { source: 'arxiv', on: '2026-06-12', answered: '12T06:00' };
    expect(stateOf('arxiv', [...announced, friday], week)).toBe('ready');
  });
});

const state = (source: string, lack: SourceState['state'], asked: string | null = '11T02:45') => ({
  source,
  state: lack,
  askedAt: at(asked),
});

describe('readReadiness', () => {
  const read = (now: string, sources: SourceState[], hasPapers = true) =>
    readReadiness({
      now: new Date(`2026-06-${now}:00Z`),
      closesAt: new Date('2026-06-11T02:00:00Z'),
      hasPapers,
      sources,
    });

  it('asks for every source', () => {
    expect(read('11T02:00', [state('huggingface', 'ready'), state('arxiv', 'ready')])).toBe('ready');
    expect(read('11T02:00', [state('huggingface', 'ready'), state('arxiv', 'silent')])).toBe('waiting');
    expect(read('11T02:00', [])).toBe('ready');
  });

  it('has patience for an hour with papers, for twelve without', () => {
    const sources = [state('huggingface', 'growing')];
    expect(read('11T02:59', sources)).toBe('waiting');
    expect(read('11T03:00', sources)).toBe('deadline');
    expect(read('11T13:59', sources, false)).toBe('waiting');
    expect(read('11T14:00', sources, false)).toBe('deadline');
  });

  it('waits after a long stop until somebody has been asked', () => {
    expect(read('14T12:00', [state('huggingface', 'silent', '10T20:00')])).toBe('waiting');
    expect(read('14T12:00', [state('huggingface', 'silent', null)])).toBe('waiting');
    expect(read('14T12:00', [state('huggingface', 'silent', '14T12:00')])).toBe('deadline');
  });
});

describe('the words', () => {
  it('name what is missing, and where it will be', () => {
    expect(noteOf([state('huggingface', 'ready'), state('arxiv', 'silent')], wednesday)).toBe(
      'arXiv had not answered for all of 10 June 2026 when this edition was closed; what is missing comes in the next one.',
    );
    expect(noteOf([state('huggingface', 'growing'), state('arxiv', 'unannounced')], wednesday)).toBe(
      'Hugging Face was still adding papers to 10 June 2026 when this edition was closed; what is missing comes in the next one. arXiv had announced nothing for 10 June 2026 when this edition was closed: a holiday there, or its papers come in the next one.',
    );
    expect(noteOf([state('club', 'silent')], { cadence: 'weekly', date: '2026-06-08' })).toBe(
      'club had not answered for all of week 24 of 2026 when this edition was closed; what is missing is on the pages of its days.',
    );
    expect(noteOf([state('huggingface', 'ready')], wednesday)).toBeNull();
  });

  it('say why an issue is waited for, and why it was given up', () => {
    expect(whyWaiting([state('huggingface', 'growing')], wednesday)).toBe(
      'Hugging Face is still adding papers to 10 June 2026, so the list may not be whole.',
    );
    expect(whyGivenUp([state('huggingface', 'silent'), state('arxiv', 'unannounced')], wednesday)).toBe(
      'Hugging Face had not answered for all of 10 June 2026, and arXiv had announced nothing for 10 June 2026 12 hours after its closing. What is listed later comes in the next edition.',
    );
  });
});
