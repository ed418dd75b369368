import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AssembleContext, type Assembled, assembleDue } from '../../src/editions/index.ts';
import { addDays, dayOf, ingest, type Source } from '../../src/papers/index.ts';
import { createArxivSource } from '../../src/papers/sources/arxiv.ts';
import { createHuggingFaceSource } from '../../src/papers/sources/hugging-face.ts';
import { createHttpClient, createLog, stoppedClock } from '../../src/platform/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { makeItem, startUpstream, type Upstream } from '../support/upstream.ts';
import { site } from './fixtures.ts';

/** What arXiv's server shows. */
export interface ArxivState {
  /** The day that the feed is dated with. */
  day: string;
  items: { id: string; type?: 'new' | 'cross' | 'replace'; title?: string }[];
  /** What the API knows, by the time of submission; category cs.CL. */
  submitted: { id: string; at: string }[];
  isDown: boolean;
}

function feedOf({ day, items }: ArxivState): string {
  const dated = new Date(`${day}T00:00:00Z`).toUTCString().replace('GMT', '-0400');
  const item = ({ id, type = 'new', title = `On ${id}` }: ArxivState['items'][number]) =>
    `<item><title>${title}</title><link>https://arxiv.org/abs/${id.replace(/v\d+$/, '')}</link><description>arXiv:${id} Announce Type: ${type}
Abstract: We study it.</description><guid isPermaLink="false">oai:arXiv.org:${id}</guid><category>cs.CL</category><pubDate>${dated}</pubDate><arxiv:announce_type>${type}</arxiv:announce_type><dc:creator>Ada Example</dc:creator></item>`;
  return `<?xml version="1.0"?><rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel><title>cs.CL updates on arXiv.org</title><pubDate>${dated}</pubDate>${items.map(item).join('')}</channel></rss>`;
}

function apiOf({ submitted }: ArxivState, query: string): string {
  const [, from = '', to = ''] = /submittedDate:\[(\d+) TO (\d+)\]/.exec(query) ?? [];
  const minute = (at: string) => at.slice(0, 16).replace(/[-:T]/g, '');
  const found = submitted.filter(({ at }) => minute(at) >= from && minute(at) <= to);
  const entry = ({ id, at }: { id: string; at: string }) =>
    `<entry><id>http://arxiv.org/abs/${id}v1</id><title>On ${id}</title><summary>We study it.</summary><published>${at}</published><author><name>Ada Example</name></author><category term="cs.CL"/></entry>`;
  return `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"><opensearch:totalResults>${found.length}</opensearch:totalResults>${found.map(entry).join('')}</feed>`;
}

/** Two sources on this machine, a database, and a clock that is set by hand. */
export interface World {
  database: TestDatabase;
  huggingFace: Upstream;
  arxiv: ArxivState;
  context: AssembleContext;
  /** Lists papers on a day of Hugging Face: ids (the part after the dot) and votes. */
  list(day: string, papers: Record<string, number>): void;
  /** What the clock does at this moment (`10T02:00` in June 2026, or in full): asks for today and yesterday (or a week) and makes what is due. */
  tick(at: string, lookBack?: boolean): Promise<string[]>;
  close(): Promise<void>;
}

const nameOf = (done: Assembled & { cadence: string; date: string }) =>
  `${done.cadence} ${done.date} ${done.outcome}`;

/** Starts a world. `withArxiv`: it is asked too. */
export async function startWorld({ withArxiv = false } = {}): Promise<World> {
  const database = await testDatabase();
  const huggingFace = await startUpstream();
  const arxiv: ArxivState = { day: '2026-06-01', items: [], submitted: [], isDown: false };
  const server = createServer((request, response) => {
    const query = decodeURIComponent(request.url ?? '').replaceAll('+', ' ');
    response.writeHead(arxiv.isDown ? 500 : 200, { 'content-type': 'application/xml' });
    response.end(arxiv.isDown ? 'down' : query.startsWith('/rss/') ? feedOf(arxiv) : apiOf(arxiv, query));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clock = stoppedClock(new Date('2026-06-01T00:00:00Z'));
  const log = createLog('silent');
  const http = createHttpClient({ log, userAgent: 'test', signal: new AbortController().signal });
  const { db } = database;
  const sources: Source[] = [createHuggingFaceSource({ url: huggingFace.url, http })];
  if (withArxiv)
    sources.push(
      createArxivSource({
        apiUrl: url,
        rssUrl: url,
        categories: ['cs.CL'],
        http,
        db,
        clock,
        spacingMs: 0,
      }),
    );
  const context: AssembleContext = {
    db,
    clock,
    log,
    site,
    editionSize: 3,
    editionAtMinutes: 120,
    sources,
  };
  return {
    database,
    huggingFace,
    arxiv,
    context,
    list: (day, papers) =>
      huggingFace.setDay(
        day,
        Object.entries(papers).map(([number, upvotes]) => makeItem({ id: `2606.${number}`, day, upvotes })),
      ),
    async tick(at, lookBack = false) {
      clock.set(new Date(at.endsWith('Z') ? at : `2026-06-${at}:00Z`));
      const today = dayOf(clock.now());
      const days = Array.from({ length: lookBack ? 7 : 2 }, (_, back) => addDays(today, -back));
      await ingest({ db, clock, log, sources }, { days });
      return (await assembleDue(context)).map(nameOf);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await huggingFace.close();
      await database.close();
    },
  };
}
