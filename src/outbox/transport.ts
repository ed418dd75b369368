import { setTimeout as delay } from 'node:timers/promises';
import type { Log, SmtpServer } from '../platform/index.ts';
import type { OutgoingMessage, SendOutcome } from './connection.ts';
import type { ServerPacer } from './server-pacer.ts';
import { isForAnother, ServerPool } from './server-pool.ts';

/** Hands messages over, through whichever server is fit. */
export interface Transport {
  /** Messages that can be under way at once. */
  readonly capacity: number;
  /** Never throws: a broken server is an outcome. */
  send(message: OutgoingMessage): Promise<SendOutcome & { server: string }>;
  /** Throws a sentence when no server can be reached. */
  probe(): Promise<void>;
  close(): Promise<void>;
  /** Closes, and breaks off what is under way; each such message ends as what is known of it. */
  cut(): void;
}

export interface TransportOptions {
  servers: readonly SmtpServer[];
  /** Our name in EHLO. */
  name: string;
  production: boolean;
  /** How long a server may take until it has greeted, in milliseconds (default: 15,000). */
  connectMs?: number;
  /** How long a server that refused us or hung is left alone, in milliseconds (default: 15,000). */
  restMs?: number;
  /** Asked before a server that has a rate is given a message (default: rates are not kept). */
  pacer?: ServerPacer;
  log: Log;
}

/** Opens nothing yet: connections are made as messages come. */
export function createTransport(options: TransportOptions): Transport {
  const pools = options.servers.map((server) => new ServerPool({ ...options, server }));

  // With one server its rate is that of all mail, and kept there.
  const isPaced = (pool: ServerPool) => pool.rate !== undefined && pools.length > 1;

  /**
   * Takes a slot of a server's rate and waits for it.
   *
   * @returns null once it may be given a message, or until when it may not
   */
  async function waitForSlot(pool: ServerPool, patienceMs?: number): Promise<number | null> {
    if (pool.rate === undefined || !options.pacer) return null;
    const slot = await options.pacer.takeServerSlot(pool.label, pool.rate, patienceMs);
    if ('fullUntilMs' in slot) return slot.fullUntilMs;
    if (slot.waitMs > 0) await delay(slot.waitMs);
    return null;
  }

  return {
    capacity: pools.reduce((sum, pool) => sum + pool.size, 0),
    async send(message) {
      // Each server once, least loaded first; those that rest are not asked.
      const order = pools.filter((pool) => !pool.rests).sort((a, b) => a.load - b.load);
      const full: { pool: ServerPool; untilMs: number }[] = [];
      let last: SendOutcome & { server: string } = {
        kind: 'unsent',
        reason: 'no SMTP server can be reached now',
        server: '',
      };
      for (const pool of order) {
        // Not awaited where there is nothing to wait for: the next message is to see this one as the server's load.
        const untilMs = isPaced(pool) ? await waitForSlot(pool, 0) : null;
        if (untilMs !== null) {
          full.push({ pool, untilMs });
          continue;
        }
        const outcome = { ...(await pool.send(message)), server: pool.label };
        // What one server said outweighs that another rests.
        if (outcome.kind !== 'unsent' || last.kind === 'unsent') last = outcome;
        if (!isForAnother(outcome)) return last;
      }
      const [next] = full.sort((a, b) => a.untilMs - b.untilMs);
      if (!next || last.kind !== 'unsent') return last;
      const { pool } = next;
      const untilMs = await waitForSlot(pool);
      if (untilMs === null) return { ...(await pool.send(message)), server: pool.label };
      return { kind: 'unsent', reason: 'the rates are used up', server: pool.label, againAtMs: untilMs };
    },
    async probe() {
      const faults: string[] = [];
      for (const pool of pools)
        try {
          return await pool.probe();
        } catch (error) {
          faults.push(`${pool.label}: ${(error as Error).message}`);
        }
      throw new Error(`No SMTP server answers (${faults.join('; ')}).`);
    },
    async close() {
      for (const pool of pools) pool.close();
    },
    cut() {
      for (const pool of pools) pool.cut();
    },
  };
}
