import {
  type DispatchContext,
  dispatch,
  type PlanContext,
  plan,
  type SweepContext,
} from './deliveries/index.ts';
import type { AssembleContext, Site } from './editions/index.ts';
import {
  createChooser,
  createMailroom,
  createPermits,
  createServerPacer,
  createSigner,
  createThrottle,
  createTransport,
  limitsOf,
  readDigest,
  type SendContext,
  type Transport,
} from './outbox/index.ts';
import { createSources, type Source, sourceHealth } from './papers/index.ts';
import {
  type BatchQueue,
  type Clock,
  type Config,
  createHttpClient,
  createKnocker,
  createLog,
  createMetrics,
  type Database,
  type HttpClient,
  type Log,
  loadSecrets,
  type Metrics,
  migrate,
  openDatabase,
  openQueue,
  startEmbeddedPostgres,
  startInbox,
  systemClock,
} from './platform/index.ts';
import { createLinks, type Links } from './subscribers/index.ts';

/** Everything that is built once; the doors and workers are given this and nothing else. */
export interface App {
  config: Config;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  db: Database;
  queue: BatchQueue;
  links: Links;
  site: Site;
  http: HttpClient;
  sources: Source[];
  /** Bearer of the first admin key. */
  adminToken: string;
  /** True when that token was made in this run, and so is to be shown. */
  adminTokenIsNew: boolean;
  assembling: AssembleContext;
  planning: PlanContext;
  dispatching: DispatchContext;
  sweeping: SweepContext;
  /** What sending needs. The first call opens the transport, and the local inbox where no server is set. */
  sending(): Promise<SendContext>;
  /** Asks for planning and dispatching soon. Returns at once and never throws. */
  knock(): void;
  /** Is everything there that the service needs? Asks each part. */
  health(): Promise<HealthReport>;
  /** A delivery's HTML as mailed; null when there is none (any more). */
  readDigest(deliveryId: number): Promise<string | null>;
  /** Closes in the reverse order of opening. */
  close(): Promise<void>;
}

/** `ready` is false when mail cannot be taken in or handed on; an old source alone does not make it so. */
export interface HealthReport {
  ready: boolean;
  checks: { name: string; ok: boolean; detail: string }[];
}

export interface AppOptions {
  config: Config;
  /** Default: the machine's. */
  clock?: Clock;
  /** Default: JSON lines on standard error, at the level of the settings. */
  log?: Log;
}

type Closer = () => Promise<unknown>;

/**
 * Builds the app: database (embedded where none is set), migrations, queue, links. When a step fails, those before
 * it are closed again.
 */
export async function createApp(options: AppOptions): Promise<App> {
  const closers: Closer[] = [];
  try {
    return await buildApp(options, closers);
  } catch (error) {
    await closeAll(closers).catch(() => {});
    throw error;
  }
}

async function closeAll(closers: Closer[]): Promise<void> {
  const faults: unknown[] = [];
  for (const close of closers.splice(0).reverse()) await close().catch((error) => faults.push(error));
  if (faults.length > 0) throw faults[0];
}

async function openStore({ config, log }: { config: Config; log: Log }, metrics: Metrics, closers: Closer[]) {
  let url = config.databaseUrl;
  if (!url) {
    const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, log });
    closers.push(() => embedded.stop());
    url = embedded.url;
  }
  await migrate(url, log);
  const db = openDatabase({
    url,
    max: 12,
    onStatement: (label, durationMs) => metrics.statements.observe({ label }, durationMs),
    onIdleError: (error) => log.warn({ err: error.message }, 'the database dropped a connection'),
  });
  closers.push(() => db.close());
  const queue = openQueue({ databaseUrl: url, ...(config.redisUrl && { redisUrl: config.redisUrl }), log });
  closers.push(() => queue.close());
  return { db, queue };
}

type Wire = Pick<SendContext, 'transport' | 'permits' | 'throttle'>;

async function openWire(
  { config, clock, log, db, metrics }: Pick<App, 'config' | 'clock' | 'log' | 'db' | 'metrics'>,
  closers: Closer[],
): Promise<Wire> {
  let servers = config.smtpServers;
  if (servers.length === 0) {
    const inbox = await startInbox({
      dataDir: config.dataDir,
      smtpPort: config.inboxSmtpPort,
      webPort: config.inboxPort,
    });
    closers.push(() => inbox.stop());
    servers = [{ host: '127.0.0.1', port: inbox.smtpPort, secure: false, weight: 1, pool: 5 }];
  }
  const transport = createTransport({
    servers,
    name: config.mailDomain,
    production: config.production,
    pacer: createServerPacer({ db, clock, log }),
    log,
  });
  closers.push(() => transport.close());
  const throttle = createThrottle({ db, clock, log, metrics, limits: limitsOf(config) });
  closers.push(() => throttle.flush());
  return { transport, permits: createPermits(transport.capacity), throttle };
}

async function buildApp(options: AppOptions, closers: Closer[]): Promise<App> {
  const { config, clock = systemClock, log = createLog(config.logLevel) } = options;
  const metrics = createMetrics();
  const needsSecrets = config.secretKeys.length === 0 || !config.adminToken;
  const secrets = needsSecrets && !config.production ? await loadSecrets(config.dataDir) : undefined;
  const keys = config.secretKeys.length > 0 ? config.secretKeys : [secrets?.secretKey ?? ''];
  const { db, queue } = await openStore({ config, log }, metrics, closers);

  const links = createLinks({ publicUrl: config.publicUrl, keys });
  const site: Site = { publicUrl: config.publicUrl, name: 'Paperboy', postalAddress: config.postalAddress };
  const { editionSize, editionAtMinutes, mailDomain, uncertain } = config;
  const stopAsking = new AbortController();
  closers.push(async () => stopAsking.abort());
  const http = createHttpClient({
    log,
    userAgent: `Paperboy/0.1 (+${config.publicUrl})`,
    signal: stopAsking.signal,
  });
  const sources = createSources({ config, http, db, clock });
  const planning: PlanContext = { db, clock, log, mailDomain };
  const dispatching: DispatchContext = {
    db,
    clock,
    log,
    enqueue: (batches, first) => queue.add(batches, { first }),
  };

  let wire: Promise<Wire> | undefined;
  const openedWire = () => {
    wire ??= openWire({ config, clock, log, db, metrics }, closers);
    return wire;
  };
  const chooser = createChooser();
  const mailroom = createMailroom({ site, links, from: config.mailFrom, mailDomain });
  const knocker = createKnocker(async () => {
    await plan(planning);
    await dispatch(dispatching);
  }, log);
  // Closed first: what a knock began ends while the database is still there.
  closers.push(() => knocker.settled());

  return {
    config,
    clock,
    log,
    metrics,
    db,
    queue,
    links,
    site,
    http,
    sources,
    adminToken: config.adminToken ?? secrets?.adminToken ?? '',
    adminTokenIsNew: !config.adminToken && (secrets?.fresh ?? false),
    assembling: { db, clock, log, site, editionSize, editionAtMinutes, sources },
    planning,
    dispatching,
    sweeping: { db, clock, log, uncertain, queueDepth: () => queue.depth() },
    sending: async () => ({
      db,
      clock,
      log,
      metrics,
      mailroom,
      chooser,
      ...(await openedWire()),
      links,
      mailDomain,
      uncertain,
      random: Math.random,
      ...(config.dkim && { sign: createSigner(config.dkim) }),
    }),
    knock: knocker.knock,
    health: () =>
      readHealth({ db, queue, config, clock, transport: async () => (await openedWire()).transport }),
    readDigest: (deliveryId) => readDigest({ db, links }, deliveryId),
    close: () => closeAll(closers),
  };
}

/** A source that has not answered for this long is worth a look; Hugging Face is asked every 15 minutes. */
const SOURCE_OLD_MS = 6 * 60 * 60_000;

async function readHealth(parts: {
  db: Database;
  queue: BatchQueue;
  config: Config;
  clock: Clock;
  transport: () => Promise<Transport>;
}): Promise<HealthReport> {
  const ask = async (name: string, question: () => Promise<unknown>) =>
    question().then(
      () => ({ name, ok: true, detail: 'answers' }),
      (error: Error) => ({ name, ok: false, detail: error.message }),
    );
  const checks = await Promise.all([
    ask('database', () => parts.db.query('health', 'select 1')),
    ask('queue', () => parts.queue.ping()),
    ask('smtp', async () => (await parts.transport()).probe()),
  ]);
  const ready = checks.every((check) => check.ok);
  const sources = await sourceHealth(parts.db).catch(() => []);
  for (const { source, lastSucceededAt, failure } of sources) {
    const ok =
      lastSucceededAt !== null && parts.clock.now().getTime() - lastSucceededAt.getTime() < SOURCE_OLD_MS;
    checks.push({
      name: `source ${source}`,
      ok,
      detail: ok ? 'answers' : (failure ?? 'has not answered for 6 hours'),
    });
  }
  return { ready, checks };
}
