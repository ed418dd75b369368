// An SMTP server of a process of its own that misbehaves by the dice. What it takes it writes to its record on disk
// before it says so: it may be killed at any moment, and what it said is in the record.

import { createHash } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createDice } from './dice.ts';

/** Chances from 0 to 1, for each mail. */
export interface Moods {
  /** 451 at RCPT. */
  refuse: number;
  /** 451 after DATA. */
  refuseLate: number;
  /** The connection dies after DATA; half of those mails are taken all the same, which is what nobody can know. */
  drop: number;
  /** No answer any more: half of the time at RCPT, half after DATA, where half are taken. */
  hang: number;
  /** How long it thinks about a mail, in milliseconds, half as much to half as much again. */
  thinkMs: number;
}

/** What the sink's process is started with, as JSON. */
export interface SinkOrders {
  port: number;
  /** Appended to: a line for each mail taken, `recipient Message-ID hash-of-the-body`, and a `!` for each of which nobody was told. */
  record: string;
  seed: number;
  moods: Moods;
}

export const PEACE: Moods = { refuse: 0, refuseLate: 0, drop: 0, hang: 0, thinkMs: 0 };

function serve(orders: SinkOrders): void {
  let { moods } = orders;
  const random = createDice(orders.seed);
  const record = openSync(orders.record, 'a');
  const hung = new Set<Socket>();
  const take = (to: string, text: string) => {
    const messageId = /^Message-ID: <([^>]+)>/im.exec(text)?.[1] ?? '';
    const body = createHash('sha256')
      .update(text.slice(text.indexOf('\r\n\r\n')))
      .digest('base64url');
    writeSync(record, `${to} ${messageId} ${body}\n`);
  };
  // What is written to a file outlives the process that wrote it, whatever becomes of that.
  function judge(socket: Socket, to: string, text: string): void {
    if (socket.destroyed) return;
    const dies = random() < moods.drop;
    const hangs = random() < moods.hang / 2;
    if (dies || hangs) {
      writeSync(record, '!\n');
      if (random() < 0.5) take(to, text);
      if (dies) socket.destroy();
      else hung.add(socket);
    } else if (random() < moods.refuseLate) socket.write('451 4.3.0 not now\r\n');
    else {
      take(to, text);
      socket.write('250 2.0.0 taken\r\n');
    }
  }

  const server = createServer({ noDelay: true }, (socket) => {
    let rest = '';
    let to = '';
    let inData = false;
    let silent = false;
    socket.write('220 chaos\r\n');
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1');
      while (!silent) {
        const mark = inData ? '\r\n.\r\n' : '\r\n';
        const at = rest.indexOf(mark);
        if (at < 0) return;
        const text = rest.slice(0, at);
        rest = rest.slice(at + mark.length);
        if (inData) {
          inData = false;
          const recipient = to;
          if (moods.thinkMs === 0) judge(socket, recipient, text);
          else setTimeout(judge, moods.thinkMs * (0.5 + random()), socket, recipient, text);
        } else if (/^EHLO/i.test(text)) socket.write('250-chaos\r\n250 PIPELINING\r\n');
        else if (/^RCPT/i.test(text)) {
          to = /<([^>]*)>/.exec(text)?.[1] ?? '';
          silent = random() < moods.hang / 2;
          if (silent) hung.add(socket);
          else socket.write(random() < moods.refuse ? '451 4.3.0 not now\r\n' : '250 2.1.5 ok\r\n');
        } else if (/^DATA$/i.test(text)) {
          inData = true;
          socket.write('354 go on\r\n');
        } else if (/^QUIT$/i.test(text)) return void socket.end('221 bye\r\n');
        else socket.write('250 2.0.0 ok\r\n');
      }
    });
  });
  server.listen(orders.port, '127.0.0.1', () => process.send?.('up'));
  process.on('message', (message: Moods) => {
    moods = message;
    // It comes to itself, and leaves those whom it kept waiting.
    for (const socket of hung) socket.destroy();
    hung.clear();
  });
  // Whoever started it is gone; Ctrl-C reaches this process too, and then it waits for that.
  process.on('disconnect', () => process.exit(0));
  process.on('SIGINT', () => {});
}

const orders = process.argv[2];
if (process.send && orders?.startsWith('{')) serve(JSON.parse(orders) as SinkOrders);
