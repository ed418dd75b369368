import type { Db } from '../platform/index.ts';

/** What is known of a source and day. */
export interface Cursor {
  etag: string | null;
  papers: number;
  succeededAt: Date | null;
  freshUntil: Date | null;
}

/** Undefined where the source was never asked for the day. */
export async function readCursor(db: Db, source: string, day: string): Promise<Cursor | undefined> {
  const rows = await db.query<Cursor>(
    'papers: read cursor',
    `select etag, papers, succeeded_at as "succeededAt", fresh_until as "freshUntil"
     from source_cursors where source = $1 and listed_on = $2`,
    [source, day],
  );
  return rows[0];
}

/** The source was asked and nothing had changed. */
export async function keepCursor(
  db: Db,
  source: string,
  day: string,
  now: Date,
  freshUntil: Date | null = null,
): Promise<void> {
  await db.query(
    'papers: keep cursor',
    `update source_cursors set succeeded_at = $3, fresh_until = $4, failure = null
     where source = $1 and listed_on = $2`,
    [source, day, now, freshUntil],
  );
}

/** The source answered for the day. */
export async function moveCursor(
  db: Db,
  day: {
    source: string;
    day: string;
    etag: string | null;
    /** How many it lists. */
    papers: number;
    now: Date;
    freshUntil?: Date | null;
  },
): Promise<void> {
  await db.query(
    'papers: move cursor',
    `insert into source_cursors (source, listed_on, etag, papers, succeeded_at, fresh_until)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (source, listed_on) do update
       set etag = excluded.etag, papers = excluded.papers, succeeded_at = excluded.succeeded_at,
         fresh_until = excluded.fresh_until, failure = null`,
    [day.source, day.day, day.etag, day.papers, day.now, day.freshUntil ?? null],
  );
}

/** The source failed; what it gave before stays. */
export async function recordFailure(
  db: Db,
  source: string,
  day: string,
  now: Date,
  failure: string,
): Promise<void> {
  await db.query(
    'papers: record failure',
    `insert into source_cursors (source, listed_on, failed_at, failure) values ($1, $2, $3, $4)
     on conflict (source, listed_on) do update set failed_at = excluded.failed_at, failure = excluded.failure`,
    [source, day, now, failure],
  );
}
