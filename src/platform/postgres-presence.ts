import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** Shows the server, and all who ask it, that this process uses it, for as long as the process lives. */
export interface Presence {
  leave(): Promise<void>;
}

const AGAIN_AFTER_MS = 1_000;
const NAME = 'paperboy presence';

/**
 * Holds one connection. Who is connected is the truth about who uses a server: a killed process's connection ends with
 * it, which no file could say. A pool's would not do, since it gives up idle connections.
 */
export async function attend(url: string): Promise<Presence> {
  let left = false;
  let current: pg.Client | undefined;
  let again: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const client = new pg.Client({ connectionString: url, application_name: NAME });
    // Ended by somebody else: come back, unless the server is gone for good.
    client.on('error', () => {});
    client.once('end', () => {
      if (!left) again = setTimeout(() => connect().catch(() => {}), AGAIN_AFTER_MS).unref();
    });
    await client.connect();
    current = client;
    if (left) await client.end();
  }

  await connect();
  return {
    async leave() {
      left = true;
      clearTimeout(again);
      await current?.end().catch(() => {});
    },
  };
}

/** Who is connected to a server, apart from the asker, whatever the database. */
export interface Others {
  /** Processes of ours that attend. */
  attending: number;
  /** Other connections: of their pools, of a person's psql, or of a pool that closed a moment ago. */
  rest: number;
}

export async function countOthers(url: string): Promise<Others> {
  const client = new pg.Client({ connectionString: url, application_name: NAME });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<Others>(
      `select count(*) filter (where application_name = $1)::integer as attending,
         count(*) filter (where application_name <> $1)::integer as rest
       from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
      [NAME],
    );
    return rows[0] ?? { attending: 0, rest: 0 };
  } finally {
    await client.end();
  }
}

/** A connection that was ended goes within this time, also on a machine that is busy. */
const GOING_MS = 2_000;

/**
 * Is nobody else connected? Where no other process attends, what is left may be connections of our own that end at this
 * moment: they are waited for.
 */
export async function isLast(url: string): Promise<boolean> {
  for (let waitedMs = 0; ; waitedMs += 50) {
    const { attending, rest } = await countOthers(url);
    if (attending > 0 || waitedMs >= GOING_MS) return false;
    if (rest === 0) return true;
    await delay(50);
  }
}
