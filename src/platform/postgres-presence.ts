import pg from 'pg';

/** Shows the server, and all who ask it, that this process uses it, for as long as the process lives. */
export interface Presence {
  leave(): Promise<void>;
}

const AGAIN_AFTER_MS = 1_000;

/**
 * Holds one connection. Who is connected is the truth about who uses a server: a killed process's connection ends with
 * it, which no file could say. A pool's would not do, since it gives up idle connections.
 */
export async function attend(url: string): Promise<Presence> {
  let left = false;
  let current: pg.Client | undefined;
  let again: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const client = new pg.Client({ connectionString: url, application_name: 'paperboy presence' });
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

/** How many are connected to the server, apart from the asker, whatever the database. */
export async function countOthers(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url, application_name: 'paperboy presence' });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rowCount } = await client.query(
      "select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
    );
    return rowCount ?? 0;
  } finally {
    await client.end();
  }
}
