import { randomBytes, randomInt } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { platform } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { withLock } from './folder-lock.ts';
import type { Log } from './log.ts';
import { findBinaries, findRunAs, reachableBinaries } from './postgres-binaries.ts';
import { Cluster, type ClusterOptions, USER } from './postgres-cluster.ts';
import { Memory, type Remembered } from './postgres-memory.ts';
import { attend, countOthers, isLast } from './postgres-presence.ts';

/** A running embedded Postgres. */
export interface EmbeddedPostgres {
  url: string;
  /** True when this process started the server, false when it joined one that ran. */
  owned: boolean;
  /** Stops the server, unless others are still connected: the last one out does it. Safe to call twice. */
  stop(): Promise<void>;
}

const DATABASE = 'paperboy';

/** A server that is starting up after a crash answers within this time. */
const ANSWER_WITHIN_MS = 60_000;
/** A server that lives listens after a moment: whatever has the pid in its lock and does not listen by then is another program. */
const LISTEN_WITHIN_MS = 10_000;

/** How often a process looks whether the server is still there: a file and its pid, no connection. */
const LOOK_EVERY_MS = 3_000;

const urlOf = (password: string, port: number, database: string) =>
  `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`;

// Below the ports that systems give to clients (Linux: from 32,768): while the server is down for a moment, a client that
// knocks on such a port can be given the same one, connect to itself, and keep the server from coming back.
const anyPort = () => randomInt(15_000, 32_768);
const PORT_TRIES = 100;

/** The port, if it is free on the loopback; else one that is. */
function freePort(preferred: number, tries = PORT_TRIES): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (tries > 0 && (error.code === 'EADDRINUSE' || error.code === 'EACCES'))
        freePort(anyPort(), tries - 1).then(found, failed);
      else failed(error);
    });
    server.listen(preferred, '127.0.0.1', () => server.close(() => found(preferred)));
  });
}

async function openFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).catch((cause) => {
    throw new Error(
      `The data folder ${resolve(folder)} belongs to another user, perhaps root. Start as that user, or set DATA_DIR to a folder of your own.`,
      { cause },
    );
  });
}

async function ensureMade(cluster: Cluster, memory: Memory): Promise<Remembered> {
  const remembered = await memory.read();
  if (await cluster.isMade()) {
    if (remembered) return remembered;
    throw new Error(
      `${memory.path} is missing, and with it the password of the database in ${cluster.folder}. Restore that file, or move the folder away to begin anew.`,
    );
  }
  // Written first: a cluster whose password is not known would be lost.
  const fresh = remembered ?? { password: randomBytes(24).toString('base64url'), port: 0 };
  await memory.write(fresh);
  await cluster.make(fresh.password);
  return fresh;
}

type Answer = 'ready' | 'not yet' | 'does not listen';

async function ask(url: string): Promise<Answer> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // What fails is told by `connect`.
  client.on('error', () => {});
  try {
    await client.connect();
    return 'ready';
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ECONNREFUSED') return 'does not listen';
    // Wrong password (SQLSTATE class 28): waiting does not help. All else passes: starting up, shutting down.
    if (code?.startsWith('28'))
      throw new Error(
        `The embedded Postgres does not let us in: ${(error as Error).message}. Restore the postgres.json that belongs to it.`,
        { cause: error },
      );
    return 'not yet';
  } finally {
    await client.end().catch(() => {});
  }
}

/** Finds the server of this cluster, ready, or starts it. Only under the lock. A start that was for nothing is undone. */
async function ensureRunning(
  cluster: Cluster,
  memory: Memory,
  remembered: Remembered,
  keepPort = false,
): Promise<{ port: number; started: boolean }> {
  let started = false;
  let deafMs = 0;
  try {
    for (let waitedMs = 0; waitedMs < ANSWER_WITHIN_MS; waitedMs += 100) {
      const server = await cluster.findServer();
      if (!server || (!started && deafMs >= LISTEN_WITHIN_MS)) {
        await cluster.disownLock();
        await start(cluster, memory, remembered, keepPort);
        started = true;
        continue;
      }
      const { port } = server;
      const answer = port ? await ask(urlOf(remembered.password, port, 'postgres')) : 'does not listen';
      if (answer === 'ready') {
        await ensureDatabase(urlOf(remembered.password, port, 'postgres'));
        return { port, started };
      }
      deafMs = answer === 'does not listen' ? deafMs + 100 : 0;
      await delay(100);
    }
    throw new Error(
      `The embedded Postgres in ${cluster.folder} runs and does not answer. See ${join(cluster.folder, 'server.log')}.`,
    );
  } catch (error) {
    if (started) await cluster.stop().catch(() => {});
    throw error;
  }
}

async function start(
  cluster: Cluster,
  memory: Memory,
  remembered: Remembered,
  keepPort: boolean,
): Promise<void> {
  // Somebody is connected to this port, or will be again: no other will do.
  if (keepPort) return cluster.start(remembered.port);
  let port = await freePort(remembered.port || anyPort());
  try {
    await cluster.start(port);
  } catch (error) {
    // Somebody took the port since we looked: one more try on another.
    const other = await freePort(port);
    if (other === port) throw error;
    port = other;
    await cluster.start(port);
  }
  if (port !== remembered.port) await memory.write({ ...remembered, port });
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await admin.query(`create database ${DATABASE}`);
  } finally {
    await admin.end();
  }
}

/**
 * Starts the embedded Postgres of a data folder, or joins the one that already runs there, be it another process's
 * or what a killed run left: its data is as the last commit left it. Starting and stopping take turns, so that of two
 * that come at once one starts it and the other joins, and none joins a server that is on its way out.
 */
export async function startEmbeddedPostgres(options: ClusterOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log } = options;
  const as = await findRunAs(join(resolve(dataDir), 'postgres'));
  if (as && platform() !== 'linux')
    throw new Error(
      'Started as root, which the embedded Postgres supports on Linux alone. Start as another user, or set DATABASE_URL.',
    );
  const binaries = await reachableBinaries(await findBinaries(), as);
  await openFolder(dataDir);
  const cluster = new Cluster(options, binaries, as);
  const memory = new Memory(dataDir);
  // Asked before anything is written: it throws where the folder is another user's.
  await cluster.isMade();
  const inTurn = <T>(work: () => Promise<T>) => withLock(join(dataDir, 'postgres.lock'), work);

  return inTurn(async () => {
    const remembered = await ensureMade(cluster, memory);
    const { port, started } = await ensureRunning(cluster, memory, remembered);
    const url = urlOf(remembered.password, port, DATABASE);
    const presence = await attend(url);
    if (!started) await noteJoining(url, log);
    let stopping: Promise<void> | undefined;
    const watch = setInterval(() => {
      heal().catch((error: Error) =>
        log.error({ err: error.message }, 'the embedded Postgres does not start again'),
      );
    }, LOOK_EVERY_MS).unref();
    /** A server that was killed (out of memory, say) is started again by whoever notices first. */
    async function heal(): Promise<void> {
      if (stopping || (await cluster.findServer())) return;
      await inTurn(async () => {
        if (stopping || (await cluster.findServer())) return;
        log.warn('the embedded Postgres was gone; starting it again');
        await ensureRunning(cluster, memory, { ...remembered, port }, true);
      });
    }
    return {
      url,
      owned: started,
      stop() {
        clearInterval(watch);
        stopping ??= inTurn(async () => {
          await presence.leave();
          // A server that is gone already needs no stopping.
          if ((await cluster.findServer()) && (await isLast(url))) await cluster.stop();
        });
        return stopping;
      },
    };
  });
}

async function noteJoining(url: string, log: Log): Promise<void> {
  // One other is our own presence.
  const { attending, rest } = await countOthers(url);
  if (attending + rest <= 1) log.warn('took over the embedded Postgres of a run that was killed');
}
