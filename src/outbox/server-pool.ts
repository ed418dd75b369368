import type { Log, SmtpServer } from '../platform/index.ts';
import {
  type Connection,
  type ConnectionOptions,
  type OutgoingMessage,
  openConnection,
  type SendOutcome,
} from './connection.ts';
import { isOfServer, readReply } from './rules/smtp-reply.ts';

export interface ServerPoolOptions extends ConnectionOptions {
  /** How long a server that refused us or hung is left alone, in milliseconds (default: 15,000). */
  restMs?: number;
  log: Log;
}

const REST_MS = 15_000;

/** Nobody has the message, and another server, or another connection, may take it. */
export function isForAnother(outcome: SendOutcome): boolean {
  if (outcome.kind === 'refused') return isOfServer(readReply(outcome.reply), outcome.stage);
  return outcome.kind === 'unsent';
}

/** What speaks against the server; undefined where nothing does. */
function faultOf(outcome: SendOutcome): string | undefined {
  if (outcome.kind === 'accepted') return undefined;
  if (outcome.kind !== 'refused') return outcome.reason;
  const { code, text } = readReply(outcome.reply);
  return code === 421 || isForAnother(outcome) ? text : undefined;
}

/** Connections of one server; each takes one message at a time. */
export class ServerPool {
  readonly label: string;
  readonly size: number;
  /** Messages a second that it may be given; undefined: as many as it takes. */
  readonly rate: number | undefined;
  readonly #options: ServerPoolOptions;
  readonly #server: SmtpServer;
  readonly #idle: Connection[] = [];
  readonly #inUse = new Set<Connection>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #restUntilMs = 0;
  /** Since a rest began nothing has gone well. */
  #doubtful = false;
  /** After a rest one message goes first; the others do not wait for a server that may still hang. */
  #onTrial = false;
  #closed = false;

  constructor(options: ServerPoolOptions) {
    this.#options = options;
    this.#server = options.server;
    this.label = `${options.server.host}:${options.server.port}`;
    this.size = options.server.pool;
    this.rate = options.server.rate;
  }

  get rests(): boolean {
    return performance.now() < this.#restUntilMs || this.#onTrial;
  }

  /** Messages under way or waiting, by weight: the least loaded server is asked first. */
  get load(): number {
    return (this.#busy + this.#waiting.length) / this.#server.weight;
  }

  /** Waits for a connection to be free; all that wait for a server that begins to rest leave it at once. */
  async send(message: OutgoingMessage): Promise<SendOutcome> {
    await this.#enter();
    try {
      if (this.rests) return { kind: 'unsent', reason: `${this.label} rests` };
      if (!this.#doubtful) return await this.#sendOnce(message);
      this.#onTrial = true;
      return await this.#sendOnce(message).finally(() => {
        this.#onTrial = false;
      });
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    while (this.#busy >= this.size) await new Promise<void>((free) => this.#waiting.push(free));
    this.#busy += 1;
  }

  #leave(): void {
    this.#busy -= 1;
    this.#waiting.shift()?.();
  }

  async #sendOnce(message: OutgoingMessage): Promise<SendOutcome> {
    const idle = this.#takeIdle();
    let connection: Connection;
    try {
      connection = idle ?? (await openConnection(this.#options));
    } catch (error) {
      this.#rest((error as Error).message);
      return { kind: 'unsent', reason: (error as Error).message };
    }
    if (this.#closed) {
      connection.close();
      return { kind: 'unsent', reason: `${this.label} is being closed` };
    }
    this.#inUse.add(connection);
    const outcome = await connection.send(message).finally(() => this.#inUse.delete(connection));
    const fault = faultOf(outcome);
    if (fault === undefined) this.#doubtful = false;
    if (fault === undefined && connection.usable && !this.#closed) this.#idle.push(connection);
    else connection.close();
    // A server may end a session at any time, for its idleness or after so many messages; that says nothing of its
    // health, and a fresh connection tells.
    if (idle && fault !== undefined && isForAnother(outcome)) return this.#sendOnce(message);
    if (fault !== undefined) this.#rest(fault);
    return outcome;
  }

  #takeIdle(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (!connection || connection.usable) return connection;
    }
  }

  #rest(reason: string): void {
    if (performance.now() >= this.#restUntilMs)
      this.#options.log.warn({ server: this.label, reason }, 'an SMTP server is left alone for a while');
    this.#restUntilMs = performance.now() + (this.#options.restMs ?? REST_MS);
    this.#doubtful = true;
  }

  /** Is the server there? Opens a connection and keeps it, unless all are in use; throws when it cannot. */
  async probe(): Promise<void> {
    if (this.#busy >= this.size) {
      if (this.rests) throw new Error('it does not answer, and is left alone for a while');
      return;
    }
    await this.#enter();
    try {
      const connection = this.#takeIdle() ?? (await openConnection(this.#options));
      if (this.#closed) connection.close();
      else this.#idle.push(connection);
    } finally {
      this.#leave();
    }
  }

  /** Says QUIT on those that are idle; those in use follow when they are done. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  /** Closes, and breaks off what is under way. */
  cut(): void {
    this.close();
    for (const connection of this.#inUse) connection.cut();
  }
}
