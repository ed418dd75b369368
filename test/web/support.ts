import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { readConfig, type StoppedClock, stoppedClock } from '../../src/platform/index.ts';
import { createLinks, type Links } from '../../src/subscribers/index.ts';
import { startWeb, type WebContext, type WebServer } from '../../src/web/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

/** The site on a database of its own, over real HTTP, without the rest of the app. */
export interface TestWeb {
  url: string;
  context: WebContext;
  clock: StoppedClock;
  links: Links;
  database: TestDatabase;
  /** Lines that were logged, as JSON texts. */
  logged: string[];
  knocks(): number;
  close(): Promise<void>;
}

export const NOW = new Date('2026-06-11T09:00:00Z');

/** @param overrides - parts of the context that the test makes itself */
export async function startTestWeb(overrides: Partial<WebContext> = {}): Promise<TestWeb> {
  const database = await testDatabase();
  const config = readConfig({
    environment: {
      PORT: '0',
      HOST: '127.0.0.1',
      PUBLIC_URL: 'http://papers.test',
      POSTAL_ADDRESS: '1 Test Street',
      NODE_ENV: 'test',
    },
  });
  const clock = stoppedClock(NOW);
  const links = createLinks({ publicUrl: config.publicUrl, keys: ['k'.repeat(32)] });
  const logged: string[] = [];
  const log = pino({ level: 'debug', base: null }, { write: (line: string) => void logged.push(line) });
  let knocks = 0;
  const context: WebContext = {
    config,
    db: database.db,
    clock,
    log,
    links,
    site: { publicUrl: config.publicUrl, name: 'Paperboy', postalAddress: config.postalAddress },
    knock: () => {
      knocks += 1;
    },
    health: async () => ({ ready: true, checks: [{ name: 'database', ok: true, detail: 'answers' }] }),
    readDigest: async () => null,
    ...overrides,
  };
  let server: WebServer;
  try {
    server = await startWeb(context);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    url: server.url,
    context,
    clock,
    links,
    database,
    logged,
    knocks: () => knocks,
    async close() {
      await server.close();
      await database.close();
    },
  };
}

/** A paper to insert; the rest has defaults. */
export interface TestPaper {
  id: string;
  day: string;
  title?: string;
  abstract?: string;
  summary?: string | null;
  authors?: string[];
  organisation?: string | null;
  keywords?: string[];
  codeUrl?: string | null;
  codeStars?: number | null;
  projectUrl?: string | null;
  upvotes?: number;
  comments?: number;
  sample?: boolean;
}

/** Inserts a paper and its listing by SQL. */
export async function insertPaper({ database }: Pick<TestWeb, 'database'>, paper: TestPaper): Promise<void> {
  const { id, day, sample = false } = paper;
  await database.db.query(
    'test: insert paper',
    `insert into papers (id, title, abstract, summary, authors, organisation, keywords, published_on, code_url, code_stars,
       project_url, upvotes, comments, sample, first_seen_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, now(), now())`,
    [
      id,
      paper.title ?? `Paper ${id}`,
      paper.abstract ?? 'What it says, in a few words.',
      paper.summary ?? null,
      paper.authors ?? ['Ada Lovelace', 'Alan Turing'],
      paper.organisation ?? null,
      paper.keywords ?? [],
      '2026-06-04',
      paper.codeUrl ?? null,
      paper.codeStars ?? null,
      paper.projectUrl ?? null,
      paper.upvotes ?? 1,
      paper.comments ?? 0,
      sample,
    ],
  );
  await database.db.query(
    'test: insert listing',
    'insert into listings (source, paper_id, listed_on, first_seen_at) values ($1, $2, $3, now())',
    [sample ? 'sample' : 'huggingface', id, day],
  );
}

/** Inserts an edition of these papers, all of them cards but the last `more`. */
export async function insertEdition(
  { database }: Pick<TestWeb, 'database'>,
  edition: { cadence: 'daily' | 'weekly'; date: string; papers: string[]; more?: number; openedAt?: Date },
): Promise<void> {
  const [row] = await database.db.query<{ id: number }>(
    'test: insert edition',
    `insert into editions (cadence, issue_date, opened_at, assembled_at, subject, skeleton)
     values ($1, $2, $3, $3, 'A subject', '{}') returning id`,
    [edition.cadence, edition.date, edition.openedAt ?? NOW],
  );
  await database.db.query(
    'test: insert edition papers',
    `insert into edition_papers (edition_id, paper_id, rank, card, upvotes, comments, html, text)
     select $1, p.id, p.rank, p.rank <= cardinality($2::text[]) - $3, 7, 3, '{}', '{}'
     from unnest($2::text[]) with ordinality as p(id, rank)`,
    [row?.id, edition.papers, edition.more ?? 0],
  );
}

/** Every row of every table, as text: two equal dumps mean that nothing changed. */
export async function dumpTables({ database }: Pick<TestWeb, 'database'>): Promise<string> {
  const tables = await database.db.query<{ name: string }>(
    'test: tables',
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
  );
  const dumps = [];
  for (const { name } of tables) {
    const [row] = await database.db.query<{ rows: string | null }>(
      'test: dump',
      `select string_agg(t::text, E'\\n' order by t::text) as rows from "${name}" t`,
    );
    dumps.push(`${name}:\n${row?.rows ?? ''}`);
  }
  return dumps.join('\n');
}

/** A reader who confirmed, made by the pages themselves; and the tokens of the links that mails to them hold. */
export async function addReader(
  web: TestWeb,
  email = 'reader@example.org',
  fields: Record<string, string> = {},
): Promise<{ id: number; confirm: string; unsubscribe: string; preferences: string }> {
  await postForm(web, '/subscribe', { email, ...fields });
  const request = await lastRequest(web, email);
  const confirmToken = web.links.token('confirm', request.id);
  await postForm(web, `/confirm/${confirmToken}`, {});
  return {
    id: request.subscriberId,
    confirm: confirmToken,
    unsubscribe: web.links.token('unsubscribe', request.subscriberId),
    preferences: web.links.token('preferences', request.subscriberId),
  };
}

/** The latest request of an address. */
export async function lastRequest({ database }: Pick<TestWeb, 'database'>, email: string) {
  const [row] = await database.db.query<{ id: number; subscriberId: number }>(
    'test: last request',
    `select id, subscriber_id as "subscriberId" from consents where email = $1 and step = 'requested' order by id desc limit 1`,
    [email],
  );
  if (!row) throw new Error(`${email} never asked.`);
  return row;
}

export async function stateOf(
  { database }: Pick<TestWeb, 'database'>,
  id: number,
): Promise<string | undefined> {
  const [row] = await database.db.query<{ state: string }>(
    'test: state',
    'select state from subscribers where id = $1',
    [id],
  );
  return row?.state;
}

/** Posts as a browser's form does. */
export const postForm = (web: Pick<TestWeb, 'url'>, path: string, fields: Record<string, string>) =>
  fetch(`${web.url}${path}`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

/** Posts JSON. */
export const postJson = (web: Pick<TestWeb, 'url'>, path: string, body: unknown) =>
  fetch(`${web.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** The source of axe-core, to be run within a page. */
export const axeSource = () =>
  readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
