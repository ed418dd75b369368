import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chown,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { platform, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { isAlive } from './folder-lock.ts';
import type { Log } from './log.ts';
import type { Binaries, RunAs } from './postgres-binaries.ts';

const run = promisify(execFile);

/** The role that owns everything in the cluster. */
export const USER = 'paperboy';

/** What the server's own working directory is called, by itself. */
const HERE = '/proc/self/cwd';

/** The largest pid that Postgres reads; no machine gives it (proc(5): at most 2^22). */
const NO_PID = '2147483647';

/** How the folder of a cluster begins that is being made. */
const UNFINISHED = 'postgres.new-';

/** Where a cluster lives, and how. */
export interface ClusterOptions {
  /** Folder that holds the cluster in `postgres/`. */
  dataDir: string;
  log: Log;
  /** Faster and not crash-safe: for tests. */
  unsafe?: boolean;
}

/**
 * One cluster in one data folder, for one owner at a time.
 *
 * The server runs in a session of its own (by `pg_ctl`), so that Ctrl-C reaches Paperboy first and the database last.
 * It is addressed as its own working directory, `/proc/self/cwd`, where it runs as another user than root: that
 * user can then use a data folder inside a folder that is closed to it, which an absolute path could not reach.
 */
export class Cluster {
  readonly folder: string;
  readonly #options: ClusterOptions;
  readonly #binaries: Binaries;
  readonly #as: RunAs | undefined;

  constructor(options: ClusterOptions, binaries: Binaries, as: RunAs | undefined) {
    this.folder = resolve(options.dataDir, 'postgres');
    this.#options = options;
    this.#binaries = binaries;
    this.#as = as;
  }

  get #target(): string {
    return this.#as ? HERE : this.folder;
  }

  /** @throws when the folder is there and closed to us */
  async isMade(): Promise<boolean> {
    return stat(join(this.folder, 'PG_VERSION')).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw new Error(
          `${this.folder} cannot be read: it belongs to another user. Start as that user, or set DATA_DIR to a folder of your own.`,
          { cause: error },
        );
      },
    );
  }

  /** Makes it beside its place and then moves it there: what an interrupted run leaves is never taken for a cluster. */
  async make(password: string): Promise<void> {
    const parent = dirname(this.folder);
    if ((await readdir(this.folder).catch(() => [])).length > 0)
      throw new Error(
        `${this.folder} is in the way: it is not empty and holds no database. Move it away, or set DATA_DIR to another folder.`,
      );
    for (const name of await readdir(parent))
      if (name.startsWith(UNFINISHED)) await rm(join(parent, name), { recursive: true, force: true });
    const unfinished = join(parent, `${UNFINISHED}${randomBytes(6).toString('hex')}`);
    await mkdir(unfinished, { mode: 0o700 });
    if (this.#as) await chown(unfinished, this.#as.uid, this.#as.gid);
    await this.#initdb(unfinished, password);
    await rename(unfinished, this.folder);
  }

  async #initdb(folder: string, password: string): Promise<void> {
    // In the temporary directory, which the other user can reach, and for its eyes only.
    const passwordFile = join(tmpdir(), `paperboy-${randomBytes(12).toString('hex')}`);
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600, flag: 'wx' });
    try {
      if (this.#as) await chown(passwordFile, this.#as.uid, this.#as.gid);
      const args = [
        `--pgdata=${this.#as ? HERE : folder}`,
        `--username=${USER}`,
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        ...(this.#options.unsafe ? ['--no-sync'] : []),
      ];
      await run(this.#binaries.initdb, args, {
        cwd: folder,
        ...this.#as,
        env: { ...process.env, LC_ALL: 'C' },
      });
    } catch (cause) {
      throw new Error(`initdb failed in ${folder}: ${(cause as { stderr?: string }).stderr?.trim()}`, {
        cause,
      });
    } finally {
      await rm(passwordFile, { force: true });
    }
  }

  /**
   * The live server of this cluster, if there is one, by its lock file. Only looks: whoever asks may not be the one whose
   * turn it is, and a server that starts at this moment writes its own lock.
   *
   * @returns port 0 for one that is about to listen
   */
  async findServer(): Promise<{ pid: number; port: number } | undefined> {
    const lines = await readFile(this.#lock, 'utf8').then(
      (text) => text.split('\n'),
      () => undefined,
    );
    if (!lines) return undefined;
    const pid = Number(lines[0]);
    const isOurs = isAlive(pid) && (await this.#mayBeOurs(pid));
    return isOurs ? { pid, port: Number(lines[3] ?? 0) } : undefined;
  }

  /**
   * Takes the lock file from the pid in it, which is dead or another program's by now: a machine or container that
   * started again gives pids anew. Postgres would refuse to start for as long as there is a process, or a zombie, of
   * that pid. Only by who starts one, in turn. The rest of the file stays: by it Postgres looks whether anybody still uses the old shared memory.
   */
  async disownLock(): Promise<void> {
    const text = await readFile(this.#lock, 'utf8').catch(() => undefined);
    if (text === undefined || text.startsWith(NO_PID)) return;
    this.#options.log.warn({ pid: Number.parseInt(text, 10) }, 'the lock of the embedded Postgres is stale');
    await writeFile(this.#lock, text.replace(/^\d*/, NO_PID));
  }

  get #lock(): string {
    return join(this.folder, 'postmaster.pid');
  }

  /** A server works in its cluster's folder. Linux tells; elsewhere, and where we may not look, the answer is yes. */
  async #mayBeOurs(pid: number): Promise<boolean> {
    if (platform() !== 'linux') return true;
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    if (name.trim() !== 'postgres') return false;
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    return folder === undefined || folder === (await realpath(this.folder));
  }

  async start(port: number): Promise<void> {
    const server = [
      `-p ${port}`,
      '-c listen_addresses=127.0.0.1',
      "-c unix_socket_directories=''",
      '-c max_connections=200',
      '-c shared_buffers=128MB',
      '-c timezone=UTC',
      '-c log_timezone=UTC',
      ...(this.#options.unsafe
        ? ['-c fsync=off', '-c synchronous_commit=off', '-c full_page_writes=off']
        : []),
    ].join(' ');
    const args = [
      'start',
      '-D',
      this.#target,
      '-w',
      '-t',
      '60',
      '-l',
      `${this.#target}/server.log`,
      '-o',
      server,
    ];
    await this.#pgCtl(args).catch(async (error: Error) => {
      const tail = await readFile(join(this.folder, 'server.log'), 'utf8').catch(() => '');
      throw new Error(
        `The embedded Postgres did not start: ${tail.split('\n').slice(-6).join(' ').trim() || error.message}`,
      );
    });
  }

  async stop(): Promise<void> {
    await this.#pgCtl(['stop', '-D', this.#target, '-m', 'fast', '-w', '-t', '30']);
  }

  #pgCtl(args: string[]): Promise<void> {
    return new Promise((done, failed) => {
      // No pipes: the server would inherit them and keep this promise open.
      const child = spawn(this.#binaries.pg_ctl, args, {
        cwd: this.folder,
        ...this.#as,
        stdio: 'ignore',
        detached: true,
      });
      child.once('error', failed);
      child.once('exit', (code) =>
        code === 0 ? done() : failed(new Error(`pg_ctl ${args[0]} ended with ${code}`)),
      );
    });
  }
}
