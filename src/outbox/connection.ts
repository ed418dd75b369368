import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SmtpServer } from '../platform/index.ts';

/** What came of handing one message to one server. */
export type SendOutcome =
  | { kind: 'accepted'; reply: string }
  | { kind: 'refused'; reply: string; stage: 'connect' | 'mail' | 'rcpt' | 'data' }
  /** Known not to be taken: the connection failed before the message began. */
  | { kind: 'unsent'; reason: string }
  /** The connection died after DATA: nobody can know. */
  | { kind: 'unknown'; reason: string };

/** One recipient, one message. */
export interface OutgoingMessage {
  /** The VERP return path. */
  from: string;
  to: string;
  bytes: Buffer;
}

export interface ConnectionOptions {
  server: SmtpServer;
  /** Our name in EHLO. */
  name: string;
  /** TLS is required and certificates are checked, but for servers on this machine. */
  production: boolean;
}

/** RFC 5321 section 4.5.3.2.6: after the final dot a server may think for 10 minutes; half a minute more for the network. */
const DATA_DONE_MS = 630_000;
const CONNECT_MS = 15_000;

const isLocal = (host: string) => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** A connection that takes one message at a time. */
export interface Connection {
  /** False once it is closed or broken; then it is to be dropped. */
  readonly usable: boolean;
  send(message: OutgoingMessage): Promise<SendOutcome>;
  /** Says QUIT. */
  close(): void;
}

interface Failure extends Error {
  code?: string | undefined;
  command?: string | undefined;
  response?: string | undefined;
  responseCode?: number | undefined;
}

/** Connects, upgrades to TLS, signs in. @throws Error with a sentence when any of it fails */
export async function openConnection({ server, name, production }: ConnectionOptions): Promise<Connection> {
  const local = isLocal(server.host);
  const smtp = new SMTPConnection({
    host: server.host,
    port: server.port,
    secure: server.secure,
    name,
    requireTLS: production && !local,
    ignoreTLS: local && !server.secure,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: DATA_DONE_MS,
    socketCloseTimeout: 1_000,
  });
  let usable = true;
  let lastError: Failure | undefined;
  let onLoss: ((reason: string) => void) | undefined;
  const lose = (reason: string) => {
    usable = false;
    onLoss?.(reason);
  };
  smtp.on('error', (error: Failure) => {
    lastError = error;
    lose(error.message);
  });
  smtp.once('end', () => lose(lastError?.message ?? 'the connection was closed'));

  try {
    await new Promise<void>((done, failed) => {
      onLoss = (reason) => failed(lastError ?? new Error(reason));
      smtp.connect((error) => (error ? failed(error) : done()));
    });
    if (server.auth) {
      const { auth } = server;
      await new Promise<void>((done, failed) => {
        onLoss = (reason) => failed(lastError ?? new Error(reason));
        smtp.login({ credentials: auth }, (error) => (error ? failed(error) : done()));
      });
    }
  } catch (error) {
    smtp.close();
    throw error;
  } finally {
    onLoss = undefined;
  }

  return {
    get usable() {
      return usable;
    },
    send: (message) =>
      new Promise((settle) => {
        let begun = false;
        // Nodemailer reads the body only once the server has said 354: the first read is the moment of no return.
        const body = new Readable({
          read() {
            begun = true;
            this.push(message.bytes);
            this.push(null);
          },
        });
        const end = (outcome: SendOutcome) => {
          onLoss = undefined;
          settle(outcome);
        };
        onLoss = (reason) => end(begun ? { kind: 'unknown', reason } : { kind: 'unsent', reason });
        // The size stops a message that is too large before DATA (RFC 1870).
        const envelope = { from: message.from, to: [message.to], size: message.bytes.length };
        smtp.send(envelope, body, (error: Failure | null, info) => {
          if (!error) return end({ kind: 'accepted', reply: info?.response ?? '' });
          const refusal = refusalOf(error, begun);
          if (!refusal) return end({ kind: begun ? 'unknown' : 'unsent', reason: error.message });
          // What was begun with MAIL is not ended by a refusal (RFC 5321 section 4.1.1.5): without RSET the next
          // message on this connection would be refused as a second transaction.
          onLoss = () => end(refusal);
          smtp.reset((fault) => {
            if (fault) usable = false;
            end(refusal);
          });
        });
      }),
    close() {
      usable = false;
      smtp.quit();
    },
  };
}

function refusalOf(error: Failure, begun: boolean): SendOutcome | undefined {
  if (error.responseCode)
    return { kind: 'refused', reply: error.response ?? '', stage: stageOf(error, begun) };
  if (error.code === 'EMESSAGE' && !begun)
    return { kind: 'refused', reply: `552 5.3.4 ${error.message}`, stage: 'mail' };
  return undefined;
}

function stageOf(error: Failure, begun: boolean): 'connect' | 'mail' | 'rcpt' | 'data' {
  if (begun || error.command === 'DATA') return 'data';
  if (error.command === 'RCPT TO') return 'rcpt';
  return error.command === 'MAIL FROM' ? 'mail' : 'connect';
}
