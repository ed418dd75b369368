export { type Clock, clockFrom, type StoppedClock, stoppedClock, systemClock } from './clock.ts';
export {
  type Config,
  ConfigError,
  type ConfigInput,
  type ConfigLine,
  configReport,
  envExample,
  readConfig,
  type SettingTexts,
  type SmtpServer,
  type SourceSetting,
} from './config.ts';
export { type Database, type Db, openDatabase } from './db.ts';
export { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';
export {
  createHttpClient,
  type HttpAnswer,
  type HttpClient,
  type HttpClientOptions,
  type HttpFailure,
} from './http-client.ts';
export { type Inbox, startInbox } from './inbox.ts';
export { createKnocker, type Knocker } from './knocker.ts';
export { createLog, type Log } from './log.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { migrate } from './migrate.ts';
export { type BatchQueue, type Consumer, openQueue } from './queue.ts';
export { loadSecrets, type Secrets } from './secrets.ts';
export { closeOnSignal } from './shutdown.ts';
