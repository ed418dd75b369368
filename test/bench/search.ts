// `npm run bench:search`: searches, similar papers and lists at 100,000 papers on an embedded Postgres.
// `npm run bench:search -- --help` lists the flags.

import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  findPaper,
  listSitemapPapers,
  listTrending,
  parseQuery,
  searchPapers,
  similarPapers,
} from '../../src/papers/index.ts';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts';
import { createLog, type Db, openDatabase } from '../../src/platform/index.ts';
import { migrate } from '../../src/platform/migrate.ts';
import { sharedPath } from '../support/shared-data.ts';

const { values: flags } = parseArgs({
  options: {
    papers: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    all: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log('npm run bench:search -- [--papers 100000] [--rounds 5] [--all (a line for each query)]');
  process.exit(0);
}

/** A paper to mix others from. */
interface Seed {
  title: string;
  sentences: string[];
  authors: string[];
  organisation: string | null;
  keywords: string[];
}

/** The same numbers each time: a small linear congruence is random enough to mix texts. */
let state = 42;
const random = (below: number) => {
  state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
  return Math.floor((state / 4_294_967_296) * below);
};

const pick = <Value>(values: readonly Value[]): Value => {
  const value = values[random(values.length)];
  if (value === undefined) throw new Error('Nothing to pick from.');
  return value;
};

// Words that occur as words do: the n-th one n times less often than the first (Zipf).
function syntheticSeeds(): Seed[] {
  const known =
    'model language large attention diffusion vision learning image reasoning agent video training'.split(
      ' ',
    );
  const vocabulary = Array.from(
    { length: 30_000 },
    (_, n) => known[n] ?? `w${((n * 7919) % 30_011).toString(36)}x`,
  );
  const word = () => vocabulary[Math.floor(30_000 ** (random(100_000) / 100_000)) - 1] ?? 'model';
  const words = (count: number) => Array.from({ length: count }, word).join(' ');
  return Array.from({ length: 5000 }, () => ({
    title: words(9),
    sentences: Array.from({ length: 8 }, () => `${words(20)}.`),
    authors: Array.from({ length: 6 }, () => `${pick(vocabulary)} ${pick(vocabulary)}`),
    organisation: random(3) === 0 ? null : pick(['Google', 'Meta', 'Qwen', 'Tsinghua University', words(2)]),
    keywords: Array.from({ length: 4 }, () => words(2)),
  }));
}

function readSeeds(): Seed[] {
  const path = sharedPath('interests', 'papers.ndjson');
  if (path === undefined) return syntheticSeeds();
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const paper = JSON.parse(line) as {
        title: string;
        summary?: string;
        authors?: string[];
        organization?: string;
        keywords?: string[];
      };
      return {
        title: paper.title,
        sentences: (paper.summary ?? '').split(/(?<=\.)\s+/),
        authors: paper.authors ?? [],
        organisation: paper.organization ?? null,
        keywords: paper.keywords ?? [],
      };
    });
}

const seeds = readSeeds();
// A name in three belongs to nobody else, so that there are as many names as 100,000 papers have.
const syllables = 'ka lo mi ne ru sa to vi wen xu yan zhi bre dor fel gan hul jor ket lin mar nov'.split(' ');
const newName = () =>
  `${pick(syllables)}${pick(syllables)} ${pick(syllables)}${pick(syllables)}${pick(syllables)}`;

/** Half of each of two titles, sentences of three abstracts, authors of two papers. */
function mix(number: number) {
  const [first, second, third] = [pick(seeds), pick(seeds), pick(seeds)];
  const half = (text: string, end: boolean) => {
    const words = text.split(' ');
    return (end ? words.slice(words.length / 2) : words.slice(0, words.length / 2)).join(' ');
  };
  const year = 15 + (number % 12);
  return {
    id: `${String(year * 100 + 1 + (number % 12)).padStart(4, '0')}.${String(number % 100_000).padStart(5, '0')}`,
    title: number % 10 === 0 ? first.title : `${half(first.title, false)} ${half(second.title, true)}`,
    abstract: [first, second, third].flatMap(({ sentences }) => sentences.slice(0, 4)).join(' '),
    authors: [...first.authors.slice(0, 4), ...second.authors.slice(0, 2)].map((name) =>
      random(3) === 0 ? newName() : name,
    ),
    organisation: first.organisation,
    keywords: [...first.keywords.slice(0, 3), ...second.keywords.slice(0, 3)],
    upvotes: Math.floor(400 ** (random(1000) / 1000)) - 1,
    day: new Date(Date.UTC(2015 + (number % 12), random(12), 1 + random(28))).toISOString().slice(0, 10),
  };
}

async function fill(db: Db, count: number): Promise<void> {
  for (let from = 0; from < count; from += 2000) {
    const papers = Array.from({ length: Math.min(2000, count - from) }, (_, index) => mix(from + index));
    await db.transaction(async (tx) => {
      await tx.query(
        'bench: papers',
        `insert into papers (id, title, abstract, authors, organisation, keywords, published_on, upvotes, first_seen_at, updated_at)
         select i.id, i.title, i.abstract, i.authors, i.organisation, i.keywords, i.day, i.upvotes, i.day, i.day
         from jsonb_to_recordset($1::jsonb) as i (id text, title text, abstract text, authors text[], organisation text,
           keywords text[], day date, upvotes int)
         on conflict do nothing`,
        [JSON.stringify(papers)],
      );
      await tx.query(
        'bench: listings',
        `insert into listings select 'bench', i.id, i.day, i.day
         from jsonb_to_recordset($1::jsonb) as i (id text, day date) on conflict do nothing`,
        [JSON.stringify(papers)],
      );
    });
  }
}

const NAMED =
  seeds.flatMap(({ authors }) => authors).find((name) => /^\p{L}+ \p{L}{7,}$/u.test(name)) ?? 'Ada Lovelace';
const surname = NAMED.split(' ').at(-1) ?? NAMED;

const QUERIES: readonly string[] = [
  'transformer',
  'model',
  'we',
  'the',
  'learning',
  'diffusion',
  'zero-shot',
  'GPT-4',
  'BERT',
  'mamba',
  'large language models',
  'diffusion models',
  'vision language action',
  'attention is all you need',
  'reinforcement learning from human feedback',
  'we propose a novel method',
  'image generation with text prompts',
  '"large language models"',
  '"chain of thought"',
  '"we propose"',
  '"state of the art"',
  '"in this paper"',
  'diffusion -image',
  'model -language',
  '"language model" -vision',
  'vision OR speech',
  'mamba OR rwkv OR hyena attention',
  `author:${surname}`,
  `author:"${NAMED}"`,
  `author:${surname.slice(0, -1)}`,
  `author:${surname.slice(0, 2)}x${surname.slice(2)}`,
  'org:google',
  'org:"Tsinghua University"',
  'keyword:"large language models"',
  'keyword:"reinforcement learning" agents',
  'model since:2025-01',
  'learning before:2017',
  'reasoning since:2024-06-01 before:2024-09-01',
  'asdfqwerzxcv',
  'transfromer efficiency',
]; // prettier-ignore

const percentile = (values: readonly number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
const ms = (value: number) => `${value.toFixed(1)} ms`;

/** Processor time of that process so far; NaN where the system does not tell (Linux does). */
async function cpuReader(): Promise<() => number> {
  const [row] = await db.query<{ pid: number }>('bench: process', 'select pg_backend_pid() as pid');
  const path = `/proc/${row?.pid}/schedstat`;
  return () => (existsSync(path) ? Number(readFileSync(path, 'utf8').split(' ')[0]) / 1e6 : Number.NaN);
}

const dataDir = await mkdtemp(join(tmpdir(), 'paperboy-bench-'));
const log = createLog('silent');
const server = await startEmbeddedPostgres({ dataDir, log, unsafe: true });
// One connection, so that one process of Postgres does all the work and its processor time can be read.
const db = openDatabase({ url: server.url, max: 1 });
try {
  await migrate(server.url, log);
  const count = Number(flags.papers);
  const startedAt = performance.now();
  await fill(db, count);
  const filledMs = performance.now() - startedAt;
  await db.query('bench: vacuum', 'vacuum analyze');
  const [size] = await db.query<{ papers: number; names: number; words: string; index: string }>(
    'bench: size',
    `select (select count(*) from paper_words) as papers, (select count(*) from name_words) as names,
       pg_size_pretty(pg_total_relation_size('paper_words')) as words,
       pg_size_pretty(pg_relation_size('paper_words_by_word')) as index`,
  );
  console.log(
    `${size?.papers} papers from ${seeds.length} texts in ${(filledMs / 1000).toFixed(0)} s; ${size?.names} words of names; search ${size?.words}, of which index ${size?.index}`,
  );
  const now = new Date('2026-12-20T12:00:00Z');
  const cpu = await cpuReader();
  const rounds = Number(flags.rounds);
  const walls: number[] = [];
  const cpus: number[] = [];

  async function measure(name: string, work: () => Promise<string>): Promise<void> {
    const [wall, used]: [number[], number[]] = [[], []];
    let found = '';
    // The first one finds the caches cold, as the first visitor does; it counts as well.
    for (let round = 0; round < rounds; round += 1) {
      const [at, before] = [performance.now(), cpu()];
      found = await work();
      wall.push(performance.now() - at);
      used.push(cpu() - before);
    }
    walls.push(...wall);
    cpus.push(...used);
    if (flags.all)
      console.log(
        `${name.padEnd(46)} ${found.padStart(16)}  clock p50 ${ms(percentile(wall, 0.5))} max ${ms(Math.max(...wall))}  processor p50 ${ms(percentile(used, 0.5))} max ${ms(Math.max(...used))}`,
      );
  }
  function sum(what: string): void {
    const line = (values: readonly number[]) =>
      `p50 ${ms(percentile(values, 0.5))}, p95 ${ms(percentile(values, 0.95))}, max ${ms(Math.max(...values))}`;
    console.log(`${what} (${walls.length} runs): by the clock ${line(walls)}; processor ${line(cpus)}`);
    walls.length = 0;
    cpus.length = 0;
  }

  for (const text of QUERIES) {
    const reading = parseQuery(text);
    if (!reading.ok) throw new Error(`${text}: ${reading.fault}`);
    await measure(text, async () => {
      const page = await searchPapers(db, reading.query, { sample: false, now });
      return `${page.total}${page.more ? '+' : ''}${page.corrections.length > 0 ? ' (corrected)' : ''}`;
    });
  }
  sum(`search, ${QUERIES.length} queries`);
  const ids = await db.query<{ id: string }>('bench: ids', 'select id from papers order by md5(id) limit 40');
  for (const { id } of ids) {
    const paper = await findPaper(db, id);
    if (paper) await measure(`similar to ${id}`, async () => String((await similarPapers(db, paper)).length));
  }
  sum('similar papers');
  await measure('trending', async () =>
    String((await listTrending(db, now, { sample: false, limit: 100 })).length),
  );
  sum('trending page');
  for (const offset of [0, 50_000, 90_000])
    await measure(`sitemap from ${offset}`, async () =>
      String((await listSitemapPapers(db, { limit: 10_000, offset })).length),
    );
  sum('sitemap page of 10,000');
} finally {
  await db.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
