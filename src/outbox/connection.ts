import { isIPv4 } from 'node:net';
import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SmtpServer } from '../platform/index.ts';
import { type Writing, writeDataAsItIs } from './raw-data.ts';

/** What came of handing one message to one server. */
export type SendOutcome =
  /** `written`: the system has taken all of the message, and its memory is free; false: not yet, or nobody knows. */
  | { kind: 'accepted'; reply: string; written: boolean }
  | { kind: 'refused'; reply: string; stage: 'connect' | 'mail' | 'rcpt' | 'data' }
  /** Known not to be taken: the connection failed before the message began. */
  | {
      kind: 'unsent';
      reason: string /** In milliseconds since 1970; absent: nobody knows. */;
      againAtMs?: number;
    }
  /** The connection died after DATA: nobody can know. */
  | { kind: 'unknown'; reason: string };

/** One recipient, one message. */
export interface OutgoingMessage {
  /** The VERP return path. */
  from: string;
  to: string;
  bytes: Buffer;
  /** No line begins with a dot and the last one is ended, as in all that the mailroom makes (default: to be looked for). */
  dotFree?: boolean;
}

export interface ConnectionOptions {
  server: SmtpServer;
  /** Our name in EHLO. */
  name: string;
  /** TLS is required and certificates are checked, but for servers on this machine. */
  production: boolean;
  /** How long a server may take until it has greeted, in milliseconds (default: 15,000). */
  connectMs?: number;
  /** Through Nodemailer's own data stream, slower (default: only where `writeDataAsItIs` cannot). */
  plain?: boolean;
}

/** RFC 5321 section 4.5.3.2.6: after the final dot a server may think for 10 minutes; half a minute more for the network. */
const DATA_DONE_MS = 630_000;
/** RFC 5321 sections 4.5.3.2.2 and .3: the longest that a server may think about MAIL and RCPT, here in all. */
const ENVELOPE_MS = 300_000;
const CONNECT_MS = 15_000;
/** A server that does not answer QUIT is left after this long. */
const QUIT_MS = 1_000;
const NOBODYS: Writing = { dotFree: false, onWritten() {} };

const isLocal = (host: string) =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

/** What Nodemailer is told of a server. */
export function connectionSettings({ server, name, production, connectMs = CONNECT_MS }: ConnectionOptions) {
  const local = isLocal(server.host);
  return {
    host: server.host,
    port: server.port,
    secure: server.secure,
    name,
    requireTLS: production && !local && !server.secure,
    // On this machine nobody listens in, and certificates name no such host.
    ignoreTLS: local && !server.secure,
    tls: { rejectUnauthorized: !local },
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: DATA_DONE_MS,
    socketCloseTimeout: QUIT_MS,
  };
}

/** A connection that takes one message at a time. */
export interface Connection {
  /** False once it is closed or broken; then it is to be dropped. */
  readonly usable: boolean;
  send(message: OutgoingMessage): Promise<SendOutcome>;
  /** Says QUIT. */
  close(): void;
  /** Breaks off at once, also in the middle of a message: its outcome is then what the server may have seen. */
  cut(): void;
}

interface Failure extends Error {
  code?: string | undefined;
  command?: string | undefined;
  response?: string | undefined;
  responseCode?: number | undefined;
}

/** Connects, upgrades to TLS, signs in. @throws Error with a sentence when any of it fails */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { server } = options;
  const smtp = new SMTPConnection(connectionSettings(options));
  let usable = true;
  let lastError: Failure | undefined;
  let onLoss: ((reason: string) => void) | undefined;
  let onBegin: (() => Writing) | undefined;
  // It is called for the message that is under way, and there is one.
  const isDirect = !options.plain && writeDataAsItIs(smtp, () => onBegin?.() ?? NOBODYS);
  smtp.on('error', (error: Failure) => {
    lastError = error;
    usable = false;
    onLoss?.(error.message);
  });
  smtp.once('end', () => {
    usable = false;
    // A server that answers 421 and closes: Nodemailer says first that it ended, and with what reply right after.
    queueMicrotask(() => onLoss?.(lastError?.message ?? 'the connection was closed'));
  });

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
        const misfit = misfitOf(message.to);
        if (misfit) return settle({ kind: 'refused', reply: misfit, stage: 'rcpt' });
        let begun = false;
        let written = false;
        const writing: Writing = {
          dotFree: message.dotFree ?? false,
          onWritten() {
            written = true;
          },
        };
        // The server has said 354 and the message is about to be written: the moment of no return.
        onBegin = () => {
          begun = true;
          clearTimeout(silence);
          return writing;
        };
        const silence = setTimeout(() => smtp.close(), ENVELOPE_MS);
        const end = (outcome: SendOutcome) => {
          clearTimeout(silence);
          onLoss = undefined;
          onBegin = undefined;
          settle(outcome);
        };
        onLoss = (reason) => end(begun ? { kind: 'unknown', reason } : { kind: 'unsent', reason });
        // The size stops a message that is too large before DATA (RFC 1870).
        const envelope = { from: message.from, to: [message.to], size: message.bytes.length };
        const body = isDirect ? message.bytes : bodyOf(message.bytes, onBegin);
        smtp.send(envelope, body, (error: Failure | null, info) => {
          if (!error) return end({ kind: 'accepted', reply: info?.response ?? '', written });
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
    cut() {
      usable = false;
      smtp.close();
    },
    close() {
      usable = false;
      smtp.quit();
      setTimeout(() => smtp.close(), QUIT_MS).unref();
    },
  };
}

/** The message as a stream: Nodemailer begins to read it only once the server has asked for it. */
function bodyOf(bytes: Buffer, onBegin: () => void): Readable {
  return new Readable({
    read() {
      onBegin();
      this.push(bytes);
      this.push(null);
    },
  });
}

/**
 * A refusal of our own for a recipient that must not reach the wire: Nodemailer would write it as it stands. Letters
 * beyond ASCII need SMTPUTF8 (RFC 6531), for which neither this service's messages nor its sign-up are made.
 */
function misfitOf(address: string): string | undefined {
  if (/\P{ASCII}/u.test(address)) return '550 5.6.7 the address has letters beyond ASCII';
  if (!/^[\x21-\x3b\x3d\x3f-\x7e]+@[A-Za-z0-9.-]+$/.test(address))
    return '553 5.1.3 the address is malformed';
  return undefined;
}

function refusalOf(error: Failure, begun: boolean): SendOutcome | undefined {
  // A reply that is no refusal, at a moment when none was due, says nothing of the message.
  if (error.responseCode && error.responseCode >= 400)
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
