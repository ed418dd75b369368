import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts';
import { createLog, type EmbeddedPostgres } from '../../src/platform/index.ts';
import { killNeighbourWhen, type Neighbour, postmasterOf, startNeighbour } from '../support/embedded-postgres.ts';

const log = createLog('silent');
const isRoot = process.getuid?.() === 0;
const NOBODY = { uid: 65534, gid: 65534 };

let base: string;
let dataDir: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'paperboy-embedded-'));
  dataDir = join(base, 'data');
});
afterEach(async () => {
  // A test that failed half-way leaves no server behind.
  const pid = await postmasterOf(dataDir);
  if (pid !== undefined && pid < 2 ** 30 && isRunning(pid) && (await nameOf(pid)) === 'postgres') process.kill(pid, 'SIGQUIT');
  await rm(base, { recursive: true, force: true });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
const nameOf = (pid: number) => readFile(`/proc/${pid}/comm`, 'utf8').then((text) => text.trim(), () => '');

const start = (folder = dataDir) => startEmbeddedPostgres({ dataDir: folder, log, unsafe: true });

async function ask<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}
const note = (url: string, text: string) =>
  ask(url, `create table if not exists notes (t text); insert into notes values ('${text}')`);
const notes = async (url: string) => (await ask<{ t: string }>(url, 'select t from notes')).map((row) => row.t);

test('starts', async () => {
  const t0 = performance.now();
  const server = await start();
  console.log('start', performance.now() - t0);
  const n = await startNeighbour(dataDir);
  console.log('neighbour', performance.now() - t0);
  await note(server.url, 'x');
  expect(n).toMatchObject({ url: server.url, owned: false });
  await server.stop();
  expect(await notes(n.url)).toEqual(['x']);
  await n.leave();
  console.log('left', performance.now() - t0);
  expect(await postmasterOf(dataDir)).toBeUndefined();
});
