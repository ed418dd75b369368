import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../src/app.ts';
import { createLog, readConfig, type StoppedClock, stoppedClock } from '../../src/platform/index.ts';
import { type TestDatabase, testDatabase } from './postgres.ts';
import { type Sink, startSink } from './smtp.ts';
import { startUpstream, type Upstream } from './upstream.ts';

/** The whole app on a database of its own, with a stopped clock, a sink for its mail and an upstream of its own. */
export interface TestApp extends Omit<App, 'clock'> {
  clock: StoppedClock;
  sink: Sink;
  upstream: Upstream;
  database: TestDatabase;
  /** Closes everything, in reverse order. */
  end(): Promise<void>;
}

export interface TestAppOptions {
  now: Date;
  settings?: Record<string, string>;
  days?: Record<string, unknown[]>;
}

/** Builds it; SECRET_KEY and all addresses are the test's own. */
export async function startTestApp({ now, settings = {}, days = {} }: TestAppOptions): Promise<TestApp> {
  const database = await testDatabase();
  const sink = await startSink();
  const upstream = await startUpstream({ days });
  const dataDir = await mkdtemp(join(tmpdir(), 'paperboy-app-'));
  const clock = stoppedClock(now);
  const config = readConfig({
    environment: {
      DATABASE_URL: database.url,
      SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
      HUGGINGFACE_URL: upstream.url,
      SECRET_KEY: '0123456789abcdef0123456789abcdef',
      ADMIN_TOKEN: 'test-admin-token-0123456789',
      PUBLIC_URL: 'https://papers.example.org',
      MAIL_FROM: 'Paperboy <digest@papers.example.org>',
      POSTAL_ADDRESS: '1 Test Street, Testville',
      DATA_DIR: dataDir,
      HOST: '127.0.0.1',
      PORT: '0',
      NODE_ENV: 'test',
      ...settings,
    },
  });
  const app = await createApp({ config, clock, log: createLog(process.env.TEST_LOG ?? 'silent') });
  return {
    ...app,
    clock,
    sink,
    upstream,
    database,
    async end() {
      await app.close();
      await upstream.close();
      await sink.close();
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
