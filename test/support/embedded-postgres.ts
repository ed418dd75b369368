import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Another process that uses the embedded Postgres of a data folder. */
export interface Neighbour {
  pid: number;
  url: string;
  /** Did it start the server, and not join it? */
  owned: boolean;
  /** Tells it to leave, and waits until it has; throws when it ends with another code than 0. */
  leave(): Promise<void>;
  /** Kills it without a word, and waits until it is gone. */
  kill(): Promise<void>;
}

export interface NeighbourOptions {
  /** As another user; only root may. */
  uid?: number;
  gid?: number;
  environment?: Record<string, string>;
  /** As in earnest: what was committed outlives a killed server. */
  safe?: boolean;
  /** The root of the clone whose code it runs (default: this one). */
  clone?: string;
}

const clone = fileURLToPath(new URL('../..', import.meta.url));

function spawnNeighbour(dataDir: string, options: NeighbourOptions): ChildProcess {
  const root = options.clone ?? clone;
  const program = `
    const { startEmbeddedPostgres } = await import('./src/platform/embedded-postgres.ts');
    const { createLog } = await import('./src/platform/log.ts');
    const { createInterface } = await import('node:readline');
    try {
      const server = await startEmbeddedPostgres({ dataDir: process.env.FOLDER, unsafe: process.env.SAFE === undefined, log: createLog('silent') });
      console.log(JSON.stringify({ url: server.url, owned: server.owned }));
      createInterface({ input: process.stdin }).once('line', () => server.stop().then(() => process.exit(0)));
    } catch (error) {
      console.log(JSON.stringify({ error: error.message }));
      process.exit(1);
    }`;
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      FOLDER: dataDir,
      ...(options.safe && { SAFE: 'yes' }),
      ...options.environment,
    },
    ...(options.uid !== undefined && { uid: options.uid }),
    ...(options.gid !== undefined && { gid: options.gid }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** Starts one, and waits until it has its database. @throws Error with its own message when it could not */
export async function startNeighbour(dataDir: string, options: NeighbourOptions = {}): Promise<Neighbour> {
  const child = spawnNeighbour(dataDir, options);
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line'),
    ended.then(([code]) => [JSON.stringify({ error: `ended with ${code} without a word` })]),
  ])) as [string];
  const said = JSON.parse(line) as { url: string; owned: boolean } | { error: string };
  if ('error' in said) throw new Error(said.error);
  return {
    pid: child.pid ?? 0,
    ...said,
    async leave() {
      child.stdin?.write('leave\n');
      const [code] = await ended;
      if (code !== 0) throw new Error(`A neighbour left with ${code}.`);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Starts one and kills it as soon as `when` says so, however far it came. */
export async function killNeighbourWhen(dataDir: string, when: () => Promise<boolean>): Promise<void> {
  const child = spawnNeighbour(dataDir, {});
  const ended = once(child, 'exit');
  while (child.exitCode === null && !(await when()));
  child.kill('SIGKILL');
  await ended;
}

/** The pid in a cluster's lock file; undefined when there is none, as after a clean stop. */
export async function postmasterOf(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  return Number(text.split('\n')[0]) || undefined;
}
