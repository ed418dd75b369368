// `npm run eval:ranking -- FILE`: how well the order of the morning finds what is settled weeks later. FILE is JSON:
// [{ "day", "id", "early", "final", "earlyComments", "finalComments" }, …], votes and comments of one paper each. A rule
// with a parameter gets it on the earlier half of the days and is judged on the later half. Ends with 1 on a bad file,
// and where the order that editions use is worse than plain votes; with 2 on wrong usage.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { byVotes } from '../../src/editions/rules/choose.ts';
import { type Compared, compare, recallAt, spearman } from './measures.ts';

const count = z.number().int().min(0);
const pairsSchema = z
  .array(
    z.object({
      day: z.iso.date(),
      id: z.string().min(1),
      early: count,
      final: count,
      earlyComments: count,
      finalComments: count,
    }),
  )
  .min(1);

/** A paper of a day: what the morning showed, and what had become of it weeks later. */
type Pair = z.infer<typeof pairsSchema>[number];
type Day = readonly Pair[];

/** The days of a file, oldest first, each in order of ids. @throws Error whose message is a sentence for the person */
function readDays(path: string): Day[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} cannot be read as JSON: ${(error as Error).message}.`);
  }
  const parsed = pairsSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join('.') || 'the top';
    throw new Error(`${path} is no list of pairs of votes: at ${place}, ${issue?.message}.`);
  }
  const days = new Map<string, Pair[]>();
  for (const pair of parsed.data.sort((a, b) => (a.id < b.id ? -1 : 1)))
    days.set(pair.day, [...(days.get(pair.day) ?? []), pair]);
  return [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, day]) => day);
}

/**
 * Scores for the papers of a day, in their order; a higher one is earlier in the list. A list has no ties, so equal
 * scores become places in order of ids, for every rule alike: ties shared would give plain votes a head start.
 */
interface Rule {
  name: string;
  /** Equal scores share a place all the same. */
  sharesTies?: boolean;
  score(day: Day, parameter: number): number[];
  /** What is tried on the days for tuning; none: there is nothing to tune. */
  parameters?: readonly number[];
}

const votes: Rule = { name: 'plain votes', score: (day) => day.map(({ early }) => early) };
// The figure that textbooks give; no list can be printed so.
const votesShared: Rule = { ...votes, name: 'plain votes, ties shared', sharesTies: true };

const used: Rule = {
  name: 'used: votes, comments, id',
  score(day) {
    const printed = day
      .map(({ id, early, earlyComments }) => ({ id, upvotes: early, comments: earlyComments }))
      .sort(byVotes);
    const places = new Map(printed.map(({ id }, place) => [id, place]));
    return day.map(({ id }) => -(places.get(id) ?? 0));
  },
};

const WEIGHTS = [0.1, 0.25, 0.5, 1, 2, 3];
const candidates: Rule[] = [
  {
    name: 'votes + w comments',
    score: (day, weight) => day.map(({ early, earlyComments }) => early + weight * earlyComments),
    parameters: WEIGHTS,
  },
  {
    name: 'log votes + w log comments',
    score: (day, weight) =>
      day.map(({ early, earlyComments }) => Math.log1p(early) + weight * Math.log1p(earlyComments)),
    parameters: WEIGHTS,
  },
  { name: 'comments alone', score: (day) => day.map(({ earlyComments }) => earlyComments) },
];

const finals = (day: Day) => day.map(({ final }) => final);
const measures = {
  Spearman: (day: Day, scores: number[]) => spearman(scores, finals(day)),
  'recall@5': (day: Day, scores: number[]) => recallAt(5, scores, finals(day)),
  'recall@12': (day: Day, scores: number[]) => recallAt(12, scores, finals(day)),
};
type Measure = keyof typeof measures;
const MEASURES = Object.keys(measures) as Measure[];

/** Places as scores: the first of the list has the highest. */
function asList(scores: readonly number[]): number[] {
  const order = scores.map((score, index) => ({ score, index })).sort((a, b) => b.score - a.score);
  const places = new Map(order.map(({ index }, place) => [index, place]));
  return scores.map((_, index) => -(places.get(index) ?? 0));
}

function measure(name: Measure, days: readonly Day[], rule: Rule, parameter: number) {
  const scores = (day: Day) => rule.score(day, parameter);
  return days.map((day) => measures[name](day, rule.sharesTies ? scores(day) : asList(scores(day))));
}

const meanOf = (values: readonly (number | undefined)[]) => {
  const known = values.filter((value) => value !== undefined);
  return known.reduce((sum, value) => sum + value, 0) / Math.max(known.length, 1);
};

/** The parameter with the best mean of the three measures. */
function tune(rule: Rule, days: readonly Day[]): number {
  const quality = (parameter: number) =>
    meanOf(MEASURES.map((name) => meanOf(measure(name, days, rule, parameter))));
  return (rule.parameters ?? []).reduce(
    (best, one) => (quality(one) > quality(best) ? one : best),
    rule.parameters?.[0] ?? 0,
  );
}

interface Options {
  seed: number;
  resamples: number;
}

const against = (days: readonly Day[], rule: Rule, parameter: number, options: Options) =>
  Object.fromEntries(
    MEASURES.map((name) => [
      name,
      compare(measure(name, days, rule, parameter), measure(name, days, votes, 0), options),
    ]),
  ) as Record<Measure, Compared>;

const signed = (value: number) => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;

function line(name: string, row: Record<Measure, Compared>): string {
  const cells = MEASURES.map((key) => {
    const { mean, more, low, high } = row[key];
    return `${mean.toFixed(3)} ${signed(more)} [${signed(low)}, ${signed(high)}]`.padEnd(32);
  });
  return `${name.padEnd(36)}${cells.join('')}`.trimEnd();
}

function header(title: string, days: readonly Day[], row: Record<Measure, Compared>): string {
  const papers = days.reduce((sum, day) => sum + day.length, 0);
  const counted = MEASURES.map((name) => `${name} (${row[name].days} days)`.padEnd(32)).join('');
  return `\n${title}: ${days.length} days, ${papers} papers\n${'rule'.padEnd(36)}${counted}`.trimEnd();
}

/** Better: more by some measure, and less by none, as sure as the interval is. */
const isBetter = (row: Record<Measure, Compared>) =>
  MEASURES.some((name) => row[name].low > 0) && MEASURES.every((name) => row[name].high >= 0);
const isWorse = (row: Record<Measure, Compared>) => MEASURES.some((name) => row[name].high < 0);

function report(days: Day[], options: Options): number {
  const middle = Math.floor(days.length / 2);
  const [tuning, heldOut] = [days.slice(0, middle), days.slice(middle)];
  const all = against(days, used, 0, options);
  console.log(
    `Means over days; after each, how much more than plain votes (equal votes by id), with its 95 % interval: paired bootstrap over days, ${options.resamples} resamples, seed ${options.seed}.`,
  );
  console.log(header('All days', days, all));
  for (const rule of [votesShared, votes]) console.log(line(rule.name, against(days, rule, 0, options)));
  console.log(line(used.name, all));
  console.log(header('Held-out days (the later half)', heldOut, against(heldOut, used, 0, options)));
  const better: string[] = [];
  for (const rule of [votes, used, ...candidates]) {
    const parameter = tune(rule, tuning);
    const row = against(heldOut, rule, parameter, options);
    console.log(line(`${rule.name}${rule.parameters ? `, w = ${parameter}` : ''}`, row));
    if (candidates.includes(rule) && isBetter(row)) better.push(rule.name);
  }
  console.log(
    better.length === 0
      ? `\nNo candidate is better than plain votes on days it was not tuned on; none is used.`
      : `\nBetter than plain votes on days they were not tuned on: ${better.join('; ')}. Think of using one.`,
  );
  if (!isWorse(all)) return 0;
  console.log('The order that editions use is WORSE than plain votes.');
  return 1;
}

const USAGE = 'Usage: npm run eval:ranking -- FILE [--seed N (default 1)] [--resamples N (default 2000)]';

function main(): number {
  let parsed: { values: { seed: string; resamples: string; help?: boolean }; positionals: string[] };
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        seed: { type: 'string', default: '1' },
        resamples: { type: 'string', default: '2000' },
        help: { type: 'boolean' },
      },
    }) as typeof parsed;
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [file] = positionals;
  const options = { seed: Number(values.seed), resamples: Number(values.resamples) };
  const isRight = Number.isInteger(options.seed) && Number.isInteger(options.resamples);
  if (file === undefined || positionals.length > 1 || !isRight || options.resamples < 100) {
    console.error(`Name one file; the seed is a whole number, resamples at least 100.\n${USAGE}`);
    return 2;
  }
  try {
    const days = readDays(file);
    if (days.length < 4)
      throw new Error(`${file} has ${days.length} days; at least 4 are needed to judge by.`);
    return report(days, options);
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

process.exitCode = main();
