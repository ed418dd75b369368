import { type AddressObject, type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A message as it came over the wire. */
export interface Received {
  from: string;
  to: string[];
  /** As sent, dot-stuffing undone. */
  raw: Buffer;
  parsed: ParsedMail;
  messageId: string;
}

/** What the sink does with the next messages; each is asked in order and may answer `undefined` to let others decide. */
export interface Behaviour {
  /** Refuse a recipient with this reply. */
  rcpt?: (address: string) => string | undefined;
  /** Refuse a message after its data with this reply, or `drop` the connection before any reply; `raw` as in `Received`. */
  data?: (address: string, raw: Buffer) => string | 'drop' | undefined;
  /** Resolves before the message is answered: lets a test hold a message at the final dot. */
  hold?: (address: string) => Promise<void> | undefined;
}

/** A real SMTP server on a free port that keeps what it accepts. */
export interface Sink {
  port: number;
  received: Received[];
  /** Recipients seen at RCPT, in order, refused ones included. */
  recipients: string[];
  behave(behaviour: Behaviour): void;
  /** Resolves when `n` messages were accepted; fails after `timeoutMs` (default: 10,000). */
  waitFor(n: number, timeoutMs?: number): Promise<Received[]>;
  clear(): void;
  /** Safe to call twice. */
  close(): Promise<void>;
}

class Refusal extends Error {
  readonly responseCode: number;

  constructor(reply: string) {
    super(reply.slice(4));
    this.responseCode = Number(reply.slice(0, 3));
  }
}

export interface SinkOptions {
  /** Announced and enforced (default: no limit). */
  size?: number;
  /** Who may send (default: anyone, without signing in). */
  auth?: { user: string; pass: string };
  /** TLS from the first byte, with a certificate that nobody trusts. */
  secure?: boolean;
}

export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  let closing: Promise<void> | undefined;
  let behaviour: Behaviour = {};
  const received: Received[] = [];
  const recipients: string[] = [];
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    authOptional: !options.auth,
    allowInsecureAuth: true,
    disabledCommands: options.auth ? ['STARTTLS'] : ['STARTTLS', 'AUTH'],
    secure: options.secure ?? false,
    onAuth({ username, password }, _session, done) {
      const { auth } = options;
      if (auth && username === auth.user && password === auth.pass) done(null, { user: auth.user });
      else done(new Error('the name or the word is wrong'));
    },
    disableReverseLookup: true,
    logger: false,
    ...(options.size && { size: options.size }),
    onRcptTo(address, _session, done) {
      recipients.push(address.address);
      const refusal = behaviour.rcpt?.(address.address);
      done(refusal ? new Refusal(refusal) : undefined);
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        const to = session.envelope.rcptTo.map((rcpt) => rcpt.address);
        const address = to[0] ?? '';
        await behaviour.hold?.(address);
        const raw = Buffer.concat(chunks);
        const answer = behaviour.data?.(address, raw);
        if (answer === 'drop') {
          for (const connection of server.connections as Set<{
            _socket: { destroy(): void };
            session: unknown;
          }>)
            if (connection.session === session) connection._socket.destroy();
          return;
        }
        if (answer) return done(new Refusal(answer));
        const parsed = await simpleParser(raw);
        const from = session.envelope.mailFrom;
        received.push({ from: from ? from.address : '', to, raw, parsed, messageId: parsed.messageId ?? '' });
        done();
        for (const wake of waiting) wake();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    port,
    received,
    recipients,
    behave(next) {
      behaviour = next;
    },
    waitFor(n, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`Waited ${timeoutMs} ms for ${n} messages; ${received.length} came.`));
        }, timeoutMs);
        function look() {
          if (received.length < n) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(received);
        }
        waiting.add(look);
        look();
      });
    },
    clear() {
      received.length = 0;
      recipients.length = 0;
    },
    close() {
      closing ??= new Promise((resolve) => server.close(() => resolve()));
      return closing;
    },
  };
}

/** The addresses of a parsed header. */
export const addressesOf = (field: AddressObject | AddressObject[] | undefined): string[] =>
  [field ?? []].flat().flatMap((group) => group.value.map((one) => one.address ?? ''));
