import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { platform } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { findBinaries, findRunAs, reachableBinaries } from './postgres-binaries.ts';
import { Cluster, type ClusterOptions, isAlive, USER } from './postgres-cluster.ts';

/** A running embedded Postgres. */
export interface EmbeddedPostgres {
  url: string;
  /** True when this process started the server or took it over. */
  owned: boolean;
  /** Stops the server, unless its owner is another live process or others are still connected: the last one out does it. */
  stop(): Promise<void>;
}

/** What is remembered beside the cluster. */
interface Remembered {
  password: string;
  port: number;
  /** The process that stops the server. */
  ownerPid: number;
}

const DATABASE = 'paperboy';

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
export async function startEmbeddedPostgres(options: ClusterOptions): Promise<EmbeddedPostgres> {
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
