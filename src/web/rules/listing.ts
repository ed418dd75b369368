import {
  dayInShort,
  dayInWords,
  monthInWords,
  monthOf,
  parseDay,
  parseMonth,
  parseWeek,
  type Span,
  spanInWords,
  weekInWords,
  weekOf,
} from './calendar.ts';

/** What a page of papers shows: a day, a week or a month. */
export interface Period extends Span {
  kind: 'day' | 'week' | 'month';
  /** As in the URL: `2026-06-10`, `2026-W24`, `2026-06`. */
  name: string;
}

/** A query's texts; a repeated one is a list and is not understood. */
export type Query = Readonly<Record<string, unknown>>;

const READERS = {
  date: { kind: 'day', read: (text: string) => (parseDay(text) ? { from: text, to: text } : undefined) },
  week: { kind: 'week', read: parseWeek },
  month: { kind: 'month', read: parseMonth },
} as const;

/** The period that a day, week or month names; undefined for what is none. */
export function periodOf(kind: Period['kind'], name: string): Period | undefined {
  const span = READERS[kind === 'day' ? 'date' : kind].read(name);
  return span && { kind, name, ...span };
}

/** What `?date=`, `?week=` or `?month=` asks for; `latest` where none of them is given, else a sentence that says what is wrong. */
export function readPeriod(query: Query): Period | 'latest' | { fault: string } {
  const given = (['date', 'week', 'month'] as const).filter(
    (key) => query[key] !== undefined && query[key] !== '',
  );
  const [key, second] = given;
  if (key === undefined) return 'latest';
  if (second !== undefined) return { fault: 'Ask for a date, a week or a month, not for several at once.' };
  const value = query[key];
  const period = typeof value === 'string' ? periodOf(READERS[key].kind, value) : undefined;
  return (
    period ?? {
      fault:
        'A date is written like 2026-06-10, a week like 2026-W24, a month like 2026-06; and it must exist.',
    }
  );
}

/** Names of a period for people. */
export function periodInWords(period: Period): { title: string; detail: string } {
  if (period.kind === 'day') return { title: dayInWords(period.from), detail: '' };
  if (period.kind === 'week') return { title: weekInWords(period.name), detail: spanInWords(period) };
  return { title: monthInWords(period.name), detail: '' };
}

/** A link of the navigation. */
export interface PeriodLink {
  href: string;
  label: string;
}

const KEY = { day: 'date', week: 'week', month: 'month' } as const;

/** The period of a kind that holds `day`, as a link. */
export function periodLink(kind: Period['kind'], day: string): PeriodLink {
  const name = kind === 'day' ? day : kind === 'week' ? weekOf(day) : monthOf(day);
  const label = kind === 'day' ? dayInShort(day) : kind === 'week' ? weekInWords(name) : monthInWords(name);
  return { href: `/papers?${KEY[kind]}=${name}`, label };
}

/** The last day of a period that is not after `latest`, so that going from a month to a day lands on papers. */
export const lastDayWithin = (period: Period, latest: string | null) =>
  latest !== null && latest >= period.from && latest < period.to ? latest : period.to;

/** The tabs above every list: the three kinds of period and what is trending. */
export function viewTabs(
  current: Period['kind'] | 'trending',
  dayOfKind: (kind: Period['kind']) => string,
): { href: string; name: string; current: boolean }[] {
  const periods = (['day', 'week', 'month'] as const).map((kind) => ({
    href: periodLink(kind, dayOfKind(kind)).href,
    name: { day: 'Daily', week: 'Weekly', month: 'Monthly' }[kind],
    current: kind === current,
  }));
  return [...periods, { href: '/papers/trending', name: 'Trending', current: current === 'trending' }];
}
