import { setTimeout as delay } from 'node:timers/promises';
import type { Db, HttpAnswer, HttpClient, HttpFailure } from '../../platform/index.ts';

/** Asks one server as all processes together may: one request at a time, so far apart. */
export interface Gate {
  /**
   * Waits for its turn, then asks once, without retries.
   *
   * @returns the answer; or until when the server is to be left alone, which it said earlier or is asked by another for long
   */
  ask(
    url: string,
    etag: string | null,
  ): Promise<HttpAnswer | HttpFailure | { ok: false; kind: 'shut'; until: Date }>;
}

// An attempt ends after the client's 15 s; whoever holds the gate longer than this has died.
const BUSY_MS = 60_000;
// Longer waits are for the next run: an ingest of several sources must not stand still.
const PATIENCE_MS = 60_000;
// arXiv's refusals last for hours: leave it alone for a quarter of an hour, then twice as long each time.
const REFUSED_MS = 15 * 60_000;
const REFUSED_MAX_MS = 12 * 3_600_000;
// A server may ask for more, but a week would be a mistake or a trap.
const ASKED_MAX_MS = 24 * 3_600_000;

const isRefusal = (answer: HttpAnswer | HttpFailure): answer is HttpAnswer =>
  answer.ok && (answer.status === 429 || answer.status === 503);

/**
 * A gate whose state is a row of the database, so that it holds over processes and restarts.
 *
 * @param options.spacingMs - between the end of one request and the start of the next
 */
export function createGate(options: { db: Db; http: HttpClient; name: string; spacingMs: number }): Gate {
  const { db, http, name, spacingMs } = options;

  async function enter(): Promise<boolean> {
    const rows = await db.query(
      'papers: enter gate',
      `insert into source_gates as g (source, busy_until)
       values ($1, clock_timestamp() + make_interval(secs => $2))
       on conflict (source) do update set busy_until = excluded.busy_until
       where g.open_at <= clock_timestamp() and coalesce(g.busy_until, '-infinity') <= clock_timestamp()
       returning source`,
      [name, BUSY_MS / 1000],
    );
    return rows.length > 0;
  }

  async function readWait(): Promise<{ openMs: number; busyMs: number }> {
    const [row] = await db.query<{ openMs: number; busyMs: number }>(
      'papers: read gate',
      `select extract(epoch from greatest(open_at, clock_timestamp()) - clock_timestamp())::float8 * 1000 as "openMs",
         extract(epoch from greatest(busy_until, clock_timestamp()) - clock_timestamp())::float8 * 1000 as "busyMs"
       from source_gates where source = $1`,
      [name],
    );
    return row ?? { openMs: 0, busyMs: 0 };
  }

  async function leave(answer: HttpAnswer | HttpFailure): Promise<void> {
    const refused = isRefusal(answer);
    await db.query(
      'papers: leave gate',
      `update source_gates set busy_until = null, refusals = case when $2 then refusals + 1 else 0 end,
         open_at = clock_timestamp() + make_interval(secs => case when $2
           then greatest(least($3 * 2 ^ least(refusals, 20), $4), $5) else $6 end)
       where source = $1`,
      [
        name,
        refused,
        REFUSED_MS / 1000,
        REFUSED_MAX_MS / 1000,
        refused ? Math.min(answer.waitMs ?? 0, ASKED_MAX_MS) / 1000 : 0,
        spacingMs / 1000,
      ],
    );
  }

  return {
    async ask(url, etag) {
      const startedAt = performance.now();
      while (!(await enter())) {
        const { openMs, busyMs } = await readWait();
        const waited = performance.now() - startedAt;
        if (openMs > PATIENCE_MS || waited > PATIENCE_MS)
          return { ok: false, kind: 'shut', until: new Date(Date.now() + Math.max(openMs, busyMs)) };
        // Another may be done sooner than it must: look again soon.
        await delay(Math.max(5, openMs, Math.min(busyMs, spacingMs / 10)));
      }
      const answer = await http.get(url, {
        etag,
        accept: 'application/rss+xml, application/atom+xml',
        retries: 0,
      });
      await leave(answer);
      return answer;
    },
  };
}
