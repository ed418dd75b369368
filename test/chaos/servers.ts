// What Paperboy leans on: mail servers, Redis, Postgres, each real, each to be killed and started again where it was.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { createLog, type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/index.ts';
import type { Moods, SinkOrders } from './sink.ts';

/**
 * A port for a server that will be away and come back to it. Below those that machines give to outgoing connections
 * (32768 and up): there, one who knocks at a closed port of his own machine again and again sooner or later is given that
 * very port to call from, reaches himself, and keeps the server out.
 */
async function lastingPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((done) => {
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => done(true));
    });
    if (!isFree) continue;
    await new Promise((done) => server.close(done));
    return port;
  }
}

/** A server that is killed (SIGKILL) and, some time later, started again on the same port with what it had on disk. */
export interface Mortal {
  kill(): Promise<void>;
  revive(): Promise<void>;
  /** For good, whether it lives or not. */
  end(): Promise<void>;
}

async function killed(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

export interface Sink extends Mortal {
  port: number;
  /** The file that it appends to. */
  record: string;
  setMoods(moods: Moods): void;
}

const sinkFile = fileURLToPath(new URL('./sink.ts', import.meta.url));

export async function startSink(options: Omit<SinkOrders, 'port'>): Promise<Sink> {
  let orders: SinkOrders = { ...options, port: await lastingPort() };
  let child: ChildProcess | undefined;
  const sink: Sink = {
    port: orders.port,
    record: options.record,
    setMoods(moods) {
      orders = { ...orders, moods };
      if (child?.connected) child.send(moods);
    },
    kill: () => killed(child),
    async revive() {
      const started = fork(sinkFile, [JSON.stringify(orders)], { execArgv: ['--import', 'tsx'] });
      child = started;
      const ended = once(started, 'exit').then(() => {
        throw new Error(`A mail server does not start again on port ${orders.port}.`);
      });
      await Promise.race([once(started, 'message'), ended]);
      ended.catch(() => {});
      // Other choices in its next life, and the same ones in a run of the same seed.
      orders = { ...orders, seed: orders.seed + 1 };
    },
    end: () => killed(child),
  };
  await sink.revive();
  return sink;
}

export interface RedisServer extends Mortal {
  url: string;
  wipe(): Promise<void>;
}

/** A Redis that writes each command to its file before it answers, so that a kill costs nothing that was promised. */
export async function startRedis(binary: string, folder: string): Promise<RedisServer> {
  const port = await lastingPort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const use = async (work: (client: Redis) => Promise<unknown>) => {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    client.on('error', () => {});
    try {
      await client.connect();
      await work(client);
      return true;
    } catch {
      return false;
    } finally {
      client.disconnect();
    }
  };
  const server: RedisServer = {
    url,
    kill: () => killed(child),
    async revive() {
      const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
      child = spawn(binary, [...words, '--appendonly', 'yes', '--appendfsync', 'always'], {
        stdio: 'ignore',
        // Ctrl-C is for whoever started this; Redis is ended last.
        detached: true,
      });
      const started = child;
      let failure: Error | undefined;
      child.once('error', (error) => {
        failure = error;
      });
      while (!(await use((client) => client.ping()))) {
        if (failure || started.exitCode !== null)
          throw new Error(`${binary} does not start.`, { cause: failure });
        await sleep(50);
      }
    },
    end: () => killed(child),
    async wipe() {
      await use((client) => client.flushall());
    },
  };
  await server.revive();
  return server;
}

export interface PostgresServer extends Mortal {
  url: string;
}

/** The embedded Postgres as it is in earnest: what was committed outlives a killed server. */
export async function startPostgres(dataDir: string): Promise<PostgresServer> {
  // What it would remember of an earlier life: its port.
  const port = await lastingPort();
  const remembered = { password: randomBytes(24).toString('base64url'), port };
  await writeFile(join(dataDir, 'postgres.json'), JSON.stringify(remembered), { mode: 0o600 });
  const start = () => startEmbeddedPostgres({ dataDir, log: createLog('silent') });
  const handles: EmbeddedPostgres[] = [await start()];
  return {
    url: handles[0]?.url ?? '',
    async kill() {
      const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
      const pid = Number(text.split('\n')[0]);
      if (pid > 0 && pid < 2 ** 22) process.kill(pid, 'SIGKILL');
    },
    async revive() {
      // It would be noticed and started again by itself within seconds; this is only sooner.
      const handle = await start();
      handles.push(handle);
      if (handle.url !== handles[0]?.url) throw new Error(`Postgres does not start again on port ${port}.`);
    },
    async end() {
      for (const handle of handles.reverse()) await handle.stop();
    },
  };
}
