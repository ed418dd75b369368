// `npm run bench:match`: what personal digests cost. A million readers with five interests each, drawn by Zipf's law from
// 20,000 distinct ones, against a day's 500 candidates: matching each distinct interest once, then choosing for each
// reader. Ends with 1 where choosing takes 0.2 ms a reader or more, or matching more than 10 s.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadPool, matchEdition, readChoices, toReader } from '../../src/interests/index.ts';
import { type MatchPaper, matchInterest, readyCandidates } from '../../src/interests/rules/candidates.ts';
import {
  composeSelection,
  draw,
  type MatchedInterest,
  type Pool,
} from '../../src/interests/rules/compose-selection.ts';
import { type Interest, wantedOf, whyInterest } from '../../src/interests/rules/interest.ts';
import { learnProfile, readyPapers, scorePapers } from '../../src/interests/rules/profile.ts';
import { TOPICS } from '../../src/interests/rules/topics.ts';
import { buildVocabulary } from '../../src/interests/rules/vocabulary.ts';
import {
  createLog,
  migrate,
  openDatabase,
  startEmbeddedPostgres,
  stoppedClock,
} from '../../src/platform/index.ts';

const { values: flags } = parseArgs({
  options: {
    readers: { type: 'string', default: '1000000' },
    interests: { type: 'string', default: '20000' },
    candidates: { type: 'string', default: '500' },
    stored: { type: 'string', default: '100000' },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log(
    'npm run bench:match -- [--readers 1000000] [--interests 20000] [--candidates 500] [--stored 100000 (readers in a database; 0: none)]',
  );
  process.exit(0);
}
const readers = Number(flags.readers);
const distinct = Number(flags.interests);
const candidates = Number(flags.candidates);
const stored = Number(flags.stored);
if (!readers || !Number.isInteger(stored) || !distinct || !candidates) {
  console.error(
    'Give whole numbers above 0. Usage: npm run bench:match -- [--readers N] [--interests N] [--candidates N]',
  );
  process.exit(2);
}

/** A number from 0 to 1 that only depends on two others. */
const chance = (a: number, b: number) => draw(a, b, 2 ** 32) / 2 ** 32;
/** A place in a list of `size` by Zipf's law, exponent 1: the first is drawn about as often as the next two. */
const zipf = (size: number, luck: number) => Math.min(Math.floor(size ** luck) - 1, size - 1);

// Words as texts have them: a few everywhere, most hardly anywhere; the phrases of topics among them.
const phrases = TOPICS.flatMap((topic) => topic.phrases);
const wordAt = (n: number) =>
  n % 40 === 39 ? (phrases[Math.floor(n / 40) % phrases.length] ?? '') : `word${n}`;
const text = (seed: number, count: number) =>
  Array.from({ length: count }, (_, at) => wordAt(zipf(30_000, chance(seed, at)))).join(' ');
const nameAt = (n: number) => `Given${n % 997} Family${n}`;
const papers: MatchPaper[] = Array.from({ length: candidates }, (_, n) => ({
  title: text(n + 1, 9),
  abstract: text(n + 100_001, 190),
  authors: Array.from({ length: 7 }, (_, at) => nameAt(zipf(12_000, chance(n + 200_001, at)))),
  organisation: n % 3 === 0 ? null : `Organisation ${zipf(800, chance(n + 300_001, 0))}`,
  keywords: Array.from({ length: 8 }, (_, at) => text(n * 8 + at + 400_001, 2)),
  publishedOn: '2026-06-10',
  categories: ['cs.LG'],
}));

/** The nth distinct interest; topics are the commonest, then authors, searches and organisations in turn. */
function interestAt(n: number): Interest {
  const topic = TOPICS[n];
  if (topic) return { kind: 'topic', value: topic.id };
  if (n % 4 === 0) return { kind: 'organisation', value: `Organisation ${n % 800}` };
  if (n % 4 === 1) return { kind: 'author', value: nameAt(n) };
  const words = [0, 1].map((at) => wordAt(zipf(30_000, 0.4 + 0.6 * chance(n + 500_001, at))).split(' ')[0]);
  return { kind: 'search', value: n % 4 === 2 ? words.join(' ') : `"${words.join(' ')}" OR ${words[0]}` };
}

const time = <T>(work: () => T): [T, number] => {
  const from = performance.now();
  return [work(), performance.now() - from];
};
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

const [ready, readyMs] = time(() => readyCandidates(papers));
const [found, matchMs] = time(() =>
  Array.from({ length: distinct }, (_, n): MatchedInterest | null => {
    const interest = interestAt(n);
    const wanted = wantedOf(interest);
    const places = wanted === null ? [] : matchInterest(ready, wanted);
    return places.length === 0 ? null : { kind: interest.kind, label: whyInterest(interest), places };
  }),
);
const pairs = found.reduce((sum, one) => sum + (one?.places.length ?? 0), 0);
console.log(
  `${distinct} distinct interests against ${candidates} candidates: ready in ${seconds(readyMs)}, matched in ${seconds(matchMs)};`,
);
console.log(
  `${found.filter((one) => one !== null).length} found something, ${(pairs / distinct).toFixed(1)} papers on average.`,
);

const pool: Pool = {
  editionId: 1,
  cards: 12,
  papers: papers.map((_, n) => ({
    id: `2606.${10_000 + n}`,
    title: `Paper ${n + 1}`,
    why: `${n + 1} on Hugging Face`,
  })),
};
// A tenth of the readers have voted; what is near to them comes with the reader, as a list.
let cards = 0;
let matched = 0;
let peak = 0;
const [, chooseMs] = time(() => {
  for (let reader = 0; reader < readers; reader += 1) {
    const interests = new Set<MatchedInterest>();
    for (let at = 0; at < 5; at += 1) {
      const one = found[zipf(distinct, chance(reader, at))];
      if (one) interests.add(one);
    }
    const near =
      reader % 10 === 0
        ? Array.from({ length: 30 }, (_, at) => ({ place: (reader + at * 7) % candidates, score: 0.3 }))
        : [];
    const had = new Set([reader % 20, reader % 30, reader % 500]);
    const selection = composeSelection(pool, {
      id: reader,
      maxPapers: null,
      personal: true,
      interests: [...interests],
      near,
      had,
      unwanted: new Set(),
    });
    cards += selection.cards.length;
    matched += selection.matched;
    if (reader % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
  }
});
const each = chooseMs / readers;
console.log(
  `${readers} readers with 5 interests each: chosen in ${seconds(chooseMs)}, ${each.toFixed(4)} ms a reader;`,
);
console.log(
  `${(cards / readers).toFixed(1)} cards each, ${(matched / readers).toFixed(1)} of them asked for; memory at most ${Math.round(peak / 2 ** 20)} MiB.`,
);

const timed = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
  const from = performance.now();
  return [await work(), performance.now() - from];
};
const [vocabulary, vocabularyMs] = time(() => buildVocabulary(papers));
const [near, nearMs] = time(() => readyPapers(papers, vocabulary));
const [profile, learnMs] = time(() =>
  learnProfile(
    papers.slice(0, 20).map((paper) => ({ paper, vote: 'more' })),
    vocabulary,
  ),
);
const ROUNDS = 200;
const [, scoreMs] = time(() => {
  for (let round = 0; round < ROUNDS; round += 1) scorePapers(profile, near);
});
console.log(
  `Learning, in the background: a vocabulary of ${candidates} papers ${seconds(vocabularyMs)}, ${candidates} candidates made ready ${seconds(nearMs)}, a profile of 20 votes ${learnMs.toFixed(0)} ms (${Math.round(JSON.stringify(profile).length / 1024)} kB), scored against all candidates ${(scoreMs / ROUNDS).toFixed(2)} ms.`,
);
/** The same through Postgres: what a sender does for each chunk of readers. */
async function measureStored(count: number): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'paperboy-match-'));
  const log = createLog('error');
  const server = await startEmbeddedPostgres({ dataDir, log, unsafe: true });
  const db = openDatabase({ url: server.url });
  try {
    await migrate(server.url, log);
    const now = new Date('2026-06-11T02:00Z');
    await db.query(
      'bench-papers',
      `insert into papers (id, title, abstract, authors, organisation, keywords, published_on, first_seen_at, updated_at)
       select '2606.' || 10000 + n, r->>'title', r->>'abstract', array(select jsonb_array_elements_text(r->'authors')),
         r->>'organisation', array(select jsonb_array_elements_text(r->'keywords')), '2026-06-10', $2::timestamptz, $2::timestamptz
       from jsonb_array_elements($1::jsonb) with ordinality as p (r, n)`,
      [JSON.stringify(papers), new Date('2026-06-10T02:00Z')],
    );
    await db.query(
      'bench-edition',
      `insert into editions (cadence, issue_date, opened_at, assembled_at, subject, skeleton)
       values ('daily', '2026-06-10', $1, $1, 'S', '{}'), ('daily', '2026-06-09', $1, $1, 'S', '{}')`,
      [now],
    );
    await db.query(
      'bench-edition-papers',
      `insert into edition_papers (edition_id, paper_id, rank, card, upvotes, comments, html, text)
       select 1, id, row_number() over (order by id), row_number() over (order by id) <= 12, 7, 0, '{}', '{}' from papers`,
    );
    await db.query(
      'bench-readers',
      `insert into subscribers (email, email_key, state, created_at, changed_at)
       select n || '@example.org', n || '@example.org', 'active', $2, $2 from generate_series(1, $1) as n`,
      [count, now],
    );
    const all = Array.from({ length: distinct }, (_, n) => interestAt(n));
    const [, followMs] = await timed(async () => {
      for (let from = 1; from <= count; from += 10_000) {
        const ids: number[] = [];
        const interests: Interest[] = [];
        for (let id = from; id < Math.min(from + 10_000, count + 1); id += 1)
          for (let at = 0; at < 5; at += 1) {
            ids.push(id);
            interests.push(all[zipf(distinct, chance(id, at))] ?? { kind: 'category', value: 'cs' });
          }
        await db.query(
          'bench-interests',
          `insert into interests (subscriber_id, kind, value)
           select * from unnest($1::bigint[], $2::text[], $3::text[]) on conflict do nothing`,
          [ids, interests.map(({ kind }) => kind), interests.map(({ value }) => value)],
        );
      }
    });
    // Yesterday's digest, of which a few papers are here again.
    const HAD = ['2606.10001', '2606.10007', '2605.00001'];
    await db.query('bench-month', `select ensure_deliveries_month('2026-06-01')`);
    await db.query(
      'bench-ledger',
      `insert into deliveries (month, kind, subscriber_id, edition_id, state, due_at, expires_at, message_id, papers)
       select '2026-06-01', 'digest', n, 2, 'sent', $2, $2, n, array['2606.10001', '2606.10007', '2605.00001']
       from generate_series(1, $1) as n`,
      [count, now],
    );
    await db.query('bench-analyze', 'analyze');
    const clock = stoppedClock(now);
    const [, matchedMs] = await timed(() => matchEdition({ db, clock }, 1));
    const edition = await loadPool(db, 1);
    if (!edition) throw new Error('The edition is not there.');
    const [, sendMs] = await timed(async () => {
      for (let from = 1; from <= count; from += 500) {
        const ids = Array.from({ length: Math.min(500, count + 1 - from) }, (_, at) => from + at);
        for (const choice of await readChoices(db, ids, 1))
          composeSelection(edition.pool, toReader(choice, HAD, edition));
      }
    });
    console.log(
      `In Postgres, ${count} readers: interests stored in ${seconds(followMs)}, the edition matched in ${seconds(matchedMs)}, readers loaded and chosen for by 500s ${(sendMs / count).toFixed(4)} ms a reader.`,
    );
    return sendMs / count;
  } finally {
    await db.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const storedEach = stored > 0 ? await measureStored(stored) : 0;
if (storedEach >= 0.2 || each >= 0.2 || matchMs > 10_000) process.exitCode = 1;
