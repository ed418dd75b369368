import type { Clock, Log, SmtpServer } from '../platform/index.ts';
import { type Connection, type OutgoingMessage, openConnection, type SendOutcome } from './connection.ts';
import { readReply } from './rules/smtp-reply.ts';

/** Hands messages over, through whichever server is fit. */
export interface Transport {
  /** Messages that can be under way at once. */
  readonly capacity: number;
  /** Never throws: a broken server is an outcome. */
  send(message: OutgoingMessage): Promise<SendOutcome & { server: string }>;
  /** Throws a sentence when no server can be reached. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

export interface TransportOptions {
  servers: readonly SmtpServer[];
  name: string;
  production: boolean;
  clock: Clock;
  log: Log;
}

/** A server that refused or hung is left alone for this long. */
const COOL_DOWN_MS = 15_000;

/** Connections of one server; each takes one message at a time. */
class ServerPool {
  readonly label: string;
  readonly server: SmtpServer;
  readonly #options: TransportOptions;
  readonly #idle: Connection[] = [];
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #restUntilMs = 0;

  constructor(server: SmtpServer, options: TransportOptions) {
    this.server = server;
    this.label = `${server.host}:${server.port}`;
    this.#options = options;
  }

  get rests(): boolean {
    return performance.now() < this.#restUntilMs;
  }

  /** Share of its weight that is in use: the least loaded server is asked first. */
  get load(): number {
    return this.#busy / this.server.weight;
  }

  /** Waits for a connection to be free; all that wait for a server that begins to rest leave it at once. */
  async send(message: OutgoingMessage): Promise<SendOutcome> {
    while (this.#busy >= this.server.pool) await new Promise<void>((free) => this.#waiting.push(free));
    if (this.rests) {
      this.#waiting.shift()?.();
      return { kind: 'unsent', reason: `${this.label} rests` };
    }
    this.#busy += 1;
    try {
      return await this.#sendOnce(message);
    } finally {
      this.#busy -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #sendOnce(message: OutgoingMessage): Promise<SendOutcome> {
    let connection = this.#takeIdle();
    const wasIdle = connection !== undefined;
    try {
      connection ??= await openConnection({ server: this.server, ...this.#options });
    } catch (error) {
      this.#rest((error as Error).message);
      return { kind: 'unsent', reason: (error as Error).message };
    }
    const outcome = await connection.send(message);
    // A server may close an idle connection at any time; that says nothing of its health. A fresh one tells.
    if (outcome.kind === 'unsent' && wasIdle) return this.#sendOnce(message);
    if (outcome.kind === 'refused' && readReply(outcome.reply).code === 421) {
      this.#rest(outcome.reply);
      connection.close();
    }
    if (outcome.kind === 'unsent' || outcome.kind === 'unknown') {
      this.#rest(outcome.reason);
      connection.close();
    } else if (connection.usable) this.#idle.push(connection);
    return outcome;
  }

  #takeIdle(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (!connection || connection.usable) return connection;
    }
  }

  #rest(reason: string): void {
    if (!this.rests)
      this.#options.log.warn({ server: this.label, reason }, 'an SMTP server is left alone for a while');
    this.#restUntilMs = performance.now() + COOL_DOWN_MS;
  }

  /** Opens a connection and keeps it; throws when it cannot. */
  async probe(): Promise<void> {
    const connection = this.#takeIdle() ?? (await openConnection({ server: this.server, ...this.#options }));
    this.#idle.push(connection);
  }

  close(): void {
    for (const connection of this.#idle.splice(0)) connection.close();
  }
}

/** Opens nothing yet: connections are made as messages come. */
export function createTransport(options: TransportOptions): Transport {
  const pools = options.servers.map((server) => new ServerPool(server, options));
  return {
    capacity: pools.reduce((sum, pool) => sum + pool.server.pool, 0),
    async send(message) {
      // Each server once, least loaded first; those that rest are not asked.
      const order = pools.filter((pool) => !pool.rests).sort((a, b) => a.load - b.load);
      let last: SendOutcome & { server: string } = {
        kind: 'unsent',
        reason: 'no SMTP server can be reached now',
        server: '',
      };
      for (const pool of order) {
        last = { ...(await pool.send(message)), server: pool.label };
        if (last.kind !== 'unsent') return last;
      }
      return last;
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
  };
}
