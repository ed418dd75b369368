import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';

/** A Redis that holds nothing but a test's own queue. */
export interface TestRedis {
  url: string;
  port: number;
  /** Takes everything away, as an operator or a restart without persistence does. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

async function answers(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 1_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}

async function startServer(binary: string, port: number, folder: string): Promise<ChildProcess> {
  const child = spawn(
    binary,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${binary} ended with ${code}.`);
  });
  const up = (async () => {
    while (!(await answers(`redis://127.0.0.1:${port}`)));
  })();
  await Promise.race([up, ended]);
  ended.catch(() => {});
  return child;
}

/**
 * The Redis of `TEST_REDIS_URL`, which is emptied, or one of this file's own from the binary in `REDIS_SERVER`.
 * Call in `beforeAll`, close in `afterAll`.
 */
export async function startRedis(): Promise<TestRedis> {
  const given = process.env.TEST_REDIS_URL;
  const folder = await mkdtemp(join(tmpdir(), 'paperboy-redis-'));
  const port = given ? Number(new URL(given).port || 6379) : await freePort();
  const url = given ?? `redis://127.0.0.1:${port}`;
  const server = given
    ? undefined
    : await startServer(process.env.REDIS_SERVER ?? 'redis-server', port, folder);
  const client = new Redis(url);
  client.on('error', () => {});
  const wipe = async () => {
    await client.flushdb();
    await client.script('FLUSH');
  };
  await wipe();
  return {
    url,
    port,
    wipe,
    async close() {
      client.disconnect();
      if (server) {
        const ended = once(server, 'exit');
        server.kill();
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
