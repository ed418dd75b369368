import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { isAlive } from '../../src/platform/folder-lock.ts';
import { holdMail, planFor, startStory } from '../queue/stories.ts';
import type { TestApp } from '../support/app.ts';
import { papersOf, tally } from '../support/day.ts';
import { postmasterOf } from '../support/embedded-postgres.ts';
import { fastFolder } from '../support/fast-folder.ts';
import { freePort } from '../support/free-port.ts';
import { type RunningProcess, runPaperboy, runProcess } from '../support/process.ts';
import { startUpstream } from '../support/upstream.ts';

// The service as an operator has it: a process that is started, and ended by a signal or by a power cut.

// Each test starts several processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000 });

const READY = 'Paperboy is ready.';
/** After this long an orchestrator kills. */
const PATIENCE_MS = 10_000;

const finishing = (child: RunningProcess): RunningProcess => {
  onTestFinished(() => child.kill());
  return child;
};

async function expectCleanEnd(child: RunningProcess): Promise<void> {
  const { code, signal, ms } = await child.ended;
  expect({ code, signal }, child.said()).toEqual({ code: 0, signal: null });
  expect(ms).toBeLessThan(PATIENCE_MS);
}

/** Free ports for a service of one's own. */
const freePorts = async () => ({
  PORT: String(await freePort()),
  INBOX_PORT: String(await freePort()),
  INBOX_SMTP_PORT: String(await freePort()),
  HOST: '127.0.0.1',
});

describe('with nothing but a data folder', () => {
  let dataDir: string;
  let environment: Record<string, string>;
  beforeEach(async () => {
    dataDir = join(await fastFolder('paperboy-process-'), 'data');
    const upstream = await startUpstream({ days: papersOf('2026-06-10', 3) });
    environment = { DATA_DIR: dataDir, HUGGINGFACE_URL: upstream.url, ...(await freePorts()) };
    return async () => {
      await upstream.close();
      const pid = await postmasterOf(dataDir);
      if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGQUIT');
      await rm(join(dataDir, '..'), { recursive: true, force: true });
    };
  });

  const url = (path: string) => `http://127.0.0.1:${environment.PORT}${path}`;

  test('it is ready within 10 seconds, and SIGTERM ends it and its Postgres in good order', async () => {
    const startedAt = performance.now();
    const child = finishing(runPaperboy('all', { environment }));
    await child.says(READY, PATIENCE_MS);
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
    expect((await fetch(url('/healthz'))).status).toBe(200);
    expect((await fetch(url('/readyz'))).status).toBe(200);
    const inbox = await fetch(`http://127.0.0.1:${environment.INBOX_PORT}/`, {
      headers: { accept: 'text/html' },
    });
    expect(inbox.status).toBe(200);
    const { adminToken } = JSON.parse(await readFile(join(dataDir, 'secrets.json'), 'utf8')) as {
      adminToken: string;
    };
    expect(child.said()).toContain(`token ${adminToken}`);
    const postmaster = (await postmasterOf(dataDir)) ?? 0;
    expect(isAlive(postmaster)).toBe(true);

    child.signal('SIGTERM');
    await expectCleanEnd(child);
    expect(await postmasterOf(dataDir)).toBeUndefined();
    expect(isAlive(postmaster)).toBe(false);
    await expect(fetch(url('/healthz'))).rejects.toThrow();

    // The second start does not show the token again, and Ctrl-C is as good.
    const again = finishing(runPaperboy('all', { environment }));
    await again.says(READY, PATIENCE_MS);
    expect(again.said()).not.toContain(adminToken);
    again.signal('SIGINT');
    await expectCleanEnd(again);
    expect(await postmasterOf(dataDir)).toBeUndefined();
  });

  test('a signal while it starts ends it in good order too', async () => {
    const child = finishing(runPaperboy('all', { environment }));
    await vi.waitFor(async () => expect(await postmasterOf(dataDir)).toBeDefined(), {
      timeout: PATIENCE_MS,
      interval: 5,
    });
    child.signal('SIGTERM');
    await expectCleanEnd(child);
    expect(await postmasterOf(dataDir)).toBeUndefined();
  });

  test('after SIGKILL the next start takes over; a service beside it keeps the database until it ends too', async () => {
    const killed = finishing(runPaperboy('all', { environment }));
    await killed.says(READY);
    await killed.kill();
    const postmaster = await postmasterOf(dataDir);
    expect(postmaster).toBeDefined();

    const child = finishing(runPaperboy('all', { environment }));
    await child.says(READY);
    expect(await postmasterOf(dataDir)).toBe(postmaster);
    const beside = finishing(
      runPaperboy('web', {
        environment: { ...environment, ...(await freePorts()), SMTP_URL: 'smtp://127.0.0.1:1' },
      }),
    );
    await beside.says('the site is up');
    child.signal('SIGTERM');
    await expectCleanEnd(child);
    expect(await postmasterOf(dataDir)).toBe(postmaster);
    beside.signal('SIGTERM');
    await expectCleanEnd(beside);
    expect(await postmasterOf(dataDir)).toBeUndefined();
  });

  test('npm start: a signal to npm alone ends the whole tree, with exit code 0', async () => {
    const npm = finishing(runProcess('npm', ['start'], { environment, group: true }));
    await npm.says(READY);
    const children = await readFile(`/proc/${npm.pid}/task/${npm.pid}/children`, 'utf8').catch(() => '');
    const pids = children.trim().split(' ').filter(Boolean).map(Number);
    npm.signal('SIGTERM');
    await expectCleanEnd(npm);
    // Nobody is left in the group, and the database, which is in one of its own, has ended.
    expect(() => process.kill(-npm.pid, 0)).toThrow('ESRCH');
    for (const pid of pids) expect(isAlive(pid)).toBe(false);
    expect(await postmasterOf(dataDir)).toBeUndefined();
  });
});

describe('in the middle of sending', () => {
  let app: TestApp;
  let environment: Record<string, string>;

  /** Readers whose hour it is, and the environment of a service that is to send to them. */
  async function prepare(readers: number): Promise<void> {
    app = await startStory({});
    await planFor(app, readers);
    environment = {
      DATABASE_URL: app.database.url,
      SMTP_URL: `smtp://127.0.0.1:${app.sink.port}?pool=10`,
      HUGGINGFACE_URL: app.upstream.url,
      SECRET_KEY: app.config.secretKeys.join(),
      ADMIN_TOKEN: app.adminToken,
      PUBLIC_URL: app.config.publicUrl,
      MAIL_FROM: 'Paperboy <digest@papers.example.org>',
      DATA_DIR: app.config.dataDir,
      ...(await freePorts()),
    };
  }

  const startAt = (now: string) => finishing(runPaperboy(`all --now ${now}`, { environment }));
  const everybody = (n: number) => Array.from({ length: n }, (_, i) => `reader-${i}@example.org`).sort();
  const receivers = () => app.sink.received.map((mail) => mail.to[0] ?? '').sort();

  test('SIGTERM: what is under way is finished, the rest is given back, and a restart sends it: once each', async () => {
    await prepare(40);
    const mail = holdMail(app);
    const child = startAt('2026-06-11T07:00:00Z');
    await expect.poll(mail.held, { timeout: 15_000 }).toBe(10);
    child.signal('SIGTERM');
    await child.says('"signal":"SIGTERM"');
    expect(app.sink.received).toHaveLength(0);
    mail.free();
    await expectCleanEnd(child);
    expect(await tally(app)).toEqual({ sent: 10, planned: 30 });
    expect(receivers()).toHaveLength(10);

    const again = startAt('2026-06-11T07:01:00Z');
    await app.sink.waitFor(40, 15_000);
    await expect.poll(() => tally(app)).toEqual({ sent: 40 });
    expect(receivers()).toEqual(everybody(40));
    again.signal('SIGTERM');
    await expectCleanEnd(again);
  });

  test('SIGKILL: nobody gets two, and who may have none is listed as uncertain', async () => {
    await prepare(40);
    // Twenty go through; ten stand at their final dot when the power fails, of which the server takes five.
    let seen = 0;
    const held: string[] = [];
    const lost: string[] = [];
    let free = () => {};
    const freed = new Promise<void>((go) => {
      free = go;
    });
    app.sink.behave({
      hold(address) {
        seen += 1;
        if (seen <= 20) return undefined;
        held.push(address);
        if (held.length <= 5) lost.push(address);
        return freed;
      },
      data: (address) => (lost.includes(address) ? 'drop' : undefined),
    });
    const child = startAt('2026-06-11T07:00:00Z');
    await expect.poll(() => held.length, { timeout: 15_000 }).toBe(10);
    await expect.poll(() => tally(app)).toMatchObject({ sent: 20 });
    await child.kill();
    free();
    await app.sink.waitFor(25);
    app.sink.behave({});
    expect(await tally(app)).toEqual({ sent: 20, sending: 10, queued: 10 });

    // Later than a claim lasts, and than a job may be in the queue.
    const again = startAt('2026-06-11T07:30:00Z');
    await app.sink.waitFor(35, 15_000);
    await expect.poll(() => tally(app)).toEqual({ sent: 30, uncertain: 10 });
    again.signal('SIGTERM');
    await expectCleanEnd(again);

    expect(new Set(receivers()).size).toBe(receivers().length);
    expect(everybody(40).filter((address) => !receivers().includes(address))).toEqual(lost.sort());
    const uncertain = await app.db.query<{ email: string }>(
      'test-uncertain',
      "select s.email from deliveries d join subscribers s on s.id = d.subscriber_id where d.state = 'uncertain' order by 1",
    );
    expect(uncertain.map((row) => row.email)).toEqual(held.sort());
    const listed = finishing(runPaperboy('deliveries list --state uncertain', { environment }));
    await expectCleanEnd(listed);
    for (const address of held) expect(listed.said()).toContain(address);
  });
});
