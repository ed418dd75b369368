import { createServer, type Socket } from 'node:net';

/** What a scripted server does with a command: a reply, nothing for ever, the end of the connection, or the usual. */
export type Answer = string | 'hang' | 'drop' | undefined;

/** A message as it came, dots unstuffed. */
export interface WireMessage {
  to: string;
  raw: string;
}

/**
 * An SMTP server of a few lines that says what a test tells it to, byte by byte: for what a well-behaved server would
 * never do.
 */
export interface Wire {
  port: number;
  /** Every command of every connection, in order. */
  commands: string[];
  /** Every byte that a client sent. */
  bytes: Buffer[];
  messages: WireMessage[];
  /** Connections: open now, at most at once, in all. */
  open: number;
  peak: number;
  opened: number;
  /**
   * Asked before each usual reply; `.` stands for the end of a message, '' for the greeting.
   */
  answer: (command: string, connection: number) => Answer;
  /** Ends every open connection, with a last line if given. Resolves when the clients know. */
  endAll(lastLine?: string): Promise<void>;
  close(): Promise<void>;
}

/** @param extensions - what EHLO announces (default: PIPELINING and SIZE) */
export async function startWire(extensions: readonly string[] = ['PIPELINING', 'SIZE']): Promise<Wire> {
  const sockets = new Set<Socket>();
  const usual = (command: string, inMail: boolean): string => {
    if (inMail && /^MAIL/i.test(command)) return '503 5.5.1 one transaction at a time';
    const verb = command.slice(0, 4).toUpperCase();
    if (command === '') return '220 wire.test ESMTP';
    if (verb === 'EHLO')
      return ['wire.test', ...extensions]
        .map((line, i) => `250${i < extensions.length ? '-' : ' '}${line}`)
        .join('\r\n');
    if (verb === 'DATA') return '354 go on';
    if (verb === 'QUIT') return '221 bye';
    return '250 ok';
  };
  const wire: Wire = {
    port: 0,
    commands: [],
    bytes: [],
    messages: [],
    open: 0,
    peak: 0,
    opened: 0,
    answer: () => undefined,
    async endAll(lastLine) {
      const ends = [...sockets].map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.once('close', () => resolve());
            socket.end(lastLine === undefined ? '' : `${lastLine}\r\n`);
          }),
      );
      await Promise.all(ends);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    wire.opened += 1;
    wire.open += 1;
    wire.peak = Math.max(wire.peak, wire.open);
    const number = wire.opened;
    let received = '';
    let inData = false;
    let inMail = false;
    let to = '';
    const say = (command: string) => {
      const reply = wire.answer(command, number) ?? usual(command, inMail);
      if (/^MAIL/i.test(command)) inMail = reply.startsWith('2');
      if (/^(RSET|EHLO|\.)/i.test(command)) inMail = false;
      if (reply === 'drop') socket.destroy();
      else if (reply !== 'hang') socket.write(`${reply}\r\n`);
      return reply;
    };
    const take = () => {
      for (;;) {
        const end = inData ? '\r\n.\r\n' : '\r\n';
        const at = received.indexOf(end);
        if (at === -1) return;
        const text = received.slice(0, at);
        received = received.slice(at + end.length);
        if (inData) {
          inData = false;
          if (/^2/.test(say('.')))
            wire.messages.push({ to, raw: `${text}\r\n`.replace(/(^|\r\n)\.\./g, '$1.') });
        } else {
          wire.commands.push(text);
          to = /^RCPT TO:<(.*)>/i.exec(text)?.[1] ?? to;
          const reply = say(text);
          if (/^DATA/i.test(text)) inData = reply.startsWith('354');
          if (/^QUIT/i.test(text) || reply.startsWith('421')) socket.end();
        }
      }
    };
    socket.on('data', (chunk) => {
      wire.bytes.push(chunk);
      received += chunk.toString('latin1');
      take();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      wire.open -= 1;
    });
    say('');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  wire.port = typeof address === 'object' && address ? address.port : 0;
  return wire;
}
