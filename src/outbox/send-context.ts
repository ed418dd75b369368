import type { Clock, Db, Log, Metrics } from '../platform/index.ts';
import type { Links } from '../subscribers/index.ts';
import type { Chooser } from './chooser.ts';
import type { Signer } from './dkim.ts';
import type { Mailroom } from './mailroom.ts';
import type { Permits } from './permits.ts';
import type { Throttle } from './throttle.ts';
import type { Transport } from './transport.ts';

/** What sending touches; one for each process. */
export interface SendContext {
  db: Db;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  mailroom: Mailroom;
  chooser: Chooser;
  transport: Transport;
  /** As many as the transport has connections. */
  permits: Permits;
  throttle: Throttle;
  links: Links;
  mailDomain: string;
  /** Absent: the relay signs. */
  sign?: Signer;
  uncertain: 'hold' | 'resend';
  /** From 0 to 1. */
  random(): number;
}
