import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The holder shows this often that it lives. */
const BEAT_MS = 1_000;
const GONE_MS = 15_000;
const WAIT_MS = 120_000;
const LOOK_EVERY_MS = 50;

const FREE = 'free';

/** Does a process with this pid live? One that ended and whose parent never asked how (a zombie) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // In a container whose first process is not an init, zombies stay. proc_pid_stat(5): the state follows the name.
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

export interface LockOptions {
  /** A holder that showed no life for so long, as the waiter watched, is gone even if its pid is used again (default: 15,000). */
  goneMs?: number;
  /** The longest wait (default: 120,000: what is done under a lock takes seconds, after a crash perhaps a minute). */
  waitMs?: number;
}

// Those of one process queue up here, so that a lock with this process's own pid is one of an earlier life: in a
// container each run has the same pid.
const turns = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while no other process that asks for the same folder runs its own. The lock of a process that was killed
 * is passed on at once.
 *
 * The folder holds numbered files: the highest is the lock, and nobody ever takes it away. Who finds it free, or its
 * holder gone, makes the next number exclusively. So two that see the same dead holder cannot both follow it.
 *
 * @throws when it is not to be had in time, naming the folder
 */
export async function withLock<T>(
  folder: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const key = resolve(folder);
  const before = turns.get(key) ?? Promise.resolve();
  const mine = before.then(async () => {
    const file = await acquire(key, options);
    const beat = setInterval(() => utimes(file, new Date(), new Date()).catch(() => {}), BEAT_MS);
    try {
      return await work();
    } finally {
      clearInterval(beat);
      await writeFile(file, FREE);
    }
  });
  const turn = mine.catch(() => {});
  turns.set(key, turn);
  try {
    return await mine;
  } finally {
    if (turns.get(key) === turn) turns.delete(key);
  }
}

async function numbersIn(folder: string): Promise<number[]> {
  return (await readdir(folder)).map(Number).filter(Number.isInteger);
}

async function acquire(folder: string, { goneMs = GONE_MS, waitMs = WAIT_MS }: LockOptions): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const watched = { state: '', ms: 0 };
  for (let waitedMs = 0; waitedMs < waitMs; waitedMs += LOOK_EVERY_MS) {
    const highest = Math.max(0, ...(await numbersIn(folder)));
    if (highest === 0 || (await isOver(join(folder, String(highest)), watched, goneMs))) {
      const file = await follow(folder, highest + 1);
      if (file) return file;
    } else await delay(LOOK_EVERY_MS);
  }
  throw new Error(
    `Another process has held ${folder} for ${waitMs / 1000} s. Stop it, or remove that folder if there is none.`,
  );
}

/** Was the lock given back, or is its holder gone? `watched` is kept between looks. */
async function isOver(
  file: string,
  watched: { state: string; ms: number },
  goneMs: number,
): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  // Swept away by one who took a later turn.
  if (text === undefined) return false;
  if (text === FREE) return true;
  // An empty text is a holder that is just writing its pid.
  if (text !== '' && (Number(text) === process.pid || !isAlive(Number(text)))) return true;
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }));
  const state = `${file} ${mtimeMs}`;
  // By looks and not by the clock: a machine that slept has missed beats and is none the worse.
  watched.ms = state === watched.state ? watched.ms + LOOK_EVERY_MS : 0;
  watched.state = state;
  return watched.ms >= goneMs;
}

async function follow(folder: string, number: number): Promise<string | undefined> {
  const file = join(folder, String(number));
  try {
    await writeFile(file, String(process.pid), { flag: 'wx', mode: 0o644 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  const numbers = await numbersIn(folder);
  // Slower than others who took later turns and swept this number away.
  if (numbers.some((other) => other > number)) {
    await rm(file, { force: true });
    return undefined;
  }
  for (const old of numbers) if (old < number) await rm(join(folder, String(old)), { force: true });
  return file;
}
