import type { LibraryReport } from '../../interests/index.ts';

/** Faults that are named on the page; the others are counted. */
const FAULTS_SHOWN = 50;
const KEY_SHOWN = 60;

/** What the page of a reader's own list says after a press. */
export interface LibraryAnswer {
  fault: string | null;
  said: string | null;
  /** What became of a list, a sentence each. */
  sentences: string[];
  faults: { place: string; key: string; reason: string }[];
  otherFaults: number;
  /** What the undo form carries. */
  undo: string | null;
}

export const NO_ANSWER: LibraryAnswer = {
  fault: null,
  said: null,
  sentences: [],
  faults: [],
  otherFaults: 0,
  undo: null,
};

/** The moment that an undo form carries; null for what no form of ours holds. Postgres takes no year below -4713. */
export function readAddedAt(text: string): Date | null {
  if (text.length > 40 || !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return null;
  const at = new Date(text);
  const year = at.getUTCFullYear();
  return year >= 2000 && year <= 2100 ? at : null;
}

const papers = (count: number, one: string, many: string) =>
  count === 1 ? `1 paper ${one}` : `${count} papers ${many}`;

/** What became of a list, in words. */
export function viewReport(report: LibraryReport): LibraryAnswer {
  const { read, known, voted, kept, full, faults, cut } = report;
  const others = read - known - kept - full;
  return {
    ...NO_ANSWER,
    sentences: [
      `${papers(read, 'was', 'were')} read.`,
      voted > 0 &&
        `${papers(voted, 'is', 'are')} known here and ${voted === 1 ? 'counts' : 'count'} as liked.`,
      known > voted &&
        `On ${known - voted === 1 ? '1 paper' : `${known - voted} papers`} you had voted before; that stays.`,
      kept > 0 && `${papers(kept, 'is', 'are')} kept, to learn from.`,
      others > 0 && `${papers(others, 'was', 'were')} in your list before.`,
      full > 0 &&
        `${papers(full, 'did', 'did')} not fit: 500 are kept at most. Remove your list and paste the best of it.`,
      cut && 'Only the first 500 entries were looked at; paste the rest by itself.',
    ].filter((sentence) => sentence !== false),
    faults: faults.slice(0, FAULTS_SHOWN).map(({ line, key, reason }) => ({
      place: `Line ${line}`,
      key: Array.from(key.replace(/\p{Cc}/gu, ''))
        .slice(0, KEY_SHOWN)
        .join(''),
      reason,
    })),
    otherFaults: Math.max(faults.length - FAULTS_SHOWN, 0),
    undo: report.addedAt?.toISOString() ?? null,
  };
}
