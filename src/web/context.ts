import type { Site } from '../editions/index.ts';
import type { Clock, Config, Db, Log } from '../platform/index.ts';
import type { Links } from '../subscribers/index.ts';

/** Is everything there that the service needs? */
export interface HealthReport {
  ready: boolean;
  checks: { name: string; ok: boolean; detail: string }[];
}

/** What the web door needs of the app; `App` (src/app.ts) has it all. */
export interface WebContext {
  config: Config;
  db: Db;
  clock: Clock;
  log: Log;
  links: Links;
  site: Site;
  /** Opens the operator's pages. Absent or empty: nobody is let in. */
  adminToken?: string;
  /** Asks for planning and dispatching soon. Returns at once and never throws. */
  knock(): void;
  metrics?: { contentType: string; render(): Promise<string> };
  health(): Promise<HealthReport>;
  /** A delivery's HTML as mailed; null when there is none (any more). */
  readDigest(deliveryId: number): Promise<string | null>;
}
