import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { platform, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from './log.ts';
import type { Binaries, RunAs } from './postgres-binaries.ts';

const run = promisify(execFile);

/** The role that owns everything in the cluster. */
export const USER = 'paperboy';

/** Where a cluster lives, and how. */
export interface ClusterOptions {
  /** Folder that holds the cluster in `postgres/`. */
  dataDir: string;
  log: Log;
  /** Faster and not crash-safe: for tests. */
  unsafe?: boolean;
}

/** Is there a process with this pid? */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
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
    return this.#as ? '/proc/self/cwd' : this.folder;
  }

  async isMade(): Promise<boolean> {
    return stat(join(this.folder, 'PG_VERSION')).then(
      () => true,
      () => false,
    );
  }

  async make(password: string): Promise<void> {
    // A folder without PG_VERSION is what an interrupted initdb left.
    await rm(this.folder, { recursive: true, force: true });
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    if (this.#as) await chown(this.folder, this.#as.uid, this.#as.gid);
    // In the temporary directory, which the other user can reach, and for its eyes only.
    const passwordFile = join(tmpdir(), `paperboy-${randomBytes(12).toString('hex')}`);
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600, flag: 'wx' });
    try {
      if (this.#as) await chown(passwordFile, this.#as.uid, this.#as.gid);
      const args = [
        `--pgdata=${this.#target}`,
        `--username=${USER}`,
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        ...(this.#options.unsafe ? ['--no-sync'] : []),
      ];
      await run(this.#binaries.initdb, args, {
        cwd: this.folder,
        ...this.#as,
        env: { ...process.env, LC_ALL: 'C' },
      });
    } catch (cause) {
      throw new Error(`initdb failed in ${this.folder}: ${(cause as { stderr?: string }).stderr?.trim()}`, {
        cause,
      });
    } finally {
      await rm(passwordFile, { force: true });
    }
  }

  /**
   * The pid of a live postmaster of this cluster, if there is one. A lock file whose process is gone, or is now
   * another program (a machine that restarted gives pids anew), is removed: nothing else would.
   */
  async postmasterPid(): Promise<number | undefined> {
    const lock = join(this.folder, 'postmaster.pid');
    const lines = await readFile(lock, 'utf8').then(
      (text) => text.split('\n'),
      () => undefined,
    );
    if (!lines) return undefined;
    const pid = Number(lines[0]);
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => undefined);
    const isPostgres =
      name === undefined ? platform() !== 'linux' && isAlive(pid) : name.trim() === 'postgres';
    if (isPostgres) return pid;
    this.#options.log.warn({ pid }, 'removed a stale lock of the embedded Postgres');
    await rm(lock, { force: true });
    return undefined;
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
