import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { withLock } from '../../src/platform/folder-lock.ts';

let base: string;
let lock: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'paperboy-lock-'));
  lock = join(base, 'lock');
});
afterEach(() => rm(base, { recursive: true, force: true }));

/** Another process that does something in this folder. */
function other(work: string) {
  const program = `
    const { readFile, writeFile } = await import('node:fs/promises');
    const { withLock } = await import('./src/platform/folder-lock.ts');
    const lock = process.env.LOCK, counter = process.env.COUNTER;
    ${work}`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { PATH: process.env.PATH, LOCK: lock, COUNTER: join(base, 'counter') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => void child.kill('SIGKILL'));
  return { child, ended: once(child, 'exit') };
}

/** Reads, takes its time, and writes one more: loses counts unless it is alone. */
const COUNT = `for (let n = 0; n < 20; n += 1)
  await withLock(lock, async () => {
    const before = Number(await readFile(counter, 'utf8'));
    await new Promise((go) => setTimeout(go, 2));
    await writeFile(counter, String(before + 1));
  });`;

test('one at a time, among processes and within each', async () => {
  const counter = join(base, 'counter');
  await writeFile(counter, '0');
  const others = [other(COUNT), other(COUNT), other(COUNT)];
  const ours = Array.from({ length: 20 }, () =>
    withLock(lock, async () => {
      const before = Number(await readFile(counter, 'utf8'));
      await new Promise((go) => setTimeout(go, 2));
      await writeFile(counter, String(before + 1));
    }),
  );
  await Promise.all(ours);
  for (const { ended } of others) expect((await ended)[0]).toBe(0);
  expect(await readFile(counter, 'utf8')).toBe('80');
  expect(await readdir(lock)).toHaveLength(1);
});

test('gives on what the work gives, its error too, and the lock after either', async () => {
  expect(await withLock(lock, async () => 5)).toBe(5);
  await expect(
    withLock(lock, async () => {
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect(await withLock(lock, async () => 6)).toBe(6);
});

test('the lock of a process that was killed is passed on at once, to one of those who wait', async () => {
  const { child, ended } = other(
    "await withLock(lock, () => { console.log('held'); return new Promise((go) => setTimeout(go, 60_000)); });",
  );
  await once(child.stdout, 'data');
  let inside = 0;
  const waiting = Array.from({ length: 3 }, () =>
    withLock(lock, async () => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((go) => setTimeout(go, 5));
      inside -= 1;
    }),
  );
  child.kill('SIGKILL');
  await ended;
  await Promise.all(waiting);
});

/** As a holder left it long ago. */
async function leave(text: string): Promise<string> {
  await mkdir(lock);
  await writeFile(join(lock, '7'), text);
  return join(lock, '7');
}

test('a lock with our own pid is one of an earlier life, as in a container', async () => {
  await leave(String(process.pid));
  await withLock(lock, async () => expect(await readdir(lock)).toEqual(['8']));
});

test('a holder whose pid lives, and that shows no life itself, is waited for a while and no longer', async () => {
  for (const text of [String(process.ppid), '']) {
    await leave(text);
    await expect(withLock(lock, async () => {}, { waitMs: 100 })).rejects.toThrow(
      /Another process has held .*lock for 0\.1 s\. Stop it, or remove that folder/,
    );
    await withLock(lock, async () => {}, { goneMs: 200 });
    await rm(lock, { recursive: true });
  }
});

test('a holder that shows life is waited for', async () => {
  const file = await leave(String(process.ppid));
  let beats = 0;
  const beat = setInterval(() => {
    beats += 1;
    utimes(file, new Date(), new Date(beats * 1000)).catch(() => {});
  }, 20);
  onTestFinished(() => clearInterval(beat));
  await expect(withLock(lock, async () => {}, { goneMs: 200, waitMs: 600 })).rejects.toThrow(
    'Another process',
  );
});

test('a holder shows life while it works', async () => {
  await withLock(lock, async () => {
    const file = join(lock, '1');
    await utimes(file, new Date(0), new Date(0));
    await expect.poll(async () => (await stat(file)).mtimeMs, { timeout: 5_000 }).toBeGreaterThan(0);
  });
});
