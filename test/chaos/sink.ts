// An SMTP server of a process of its own that misbehaves by the dice and remembers what it took: recipient and
// Message-ID of every message it answered with 250, and of those it took before it cut the connection.

import { createServer } from 'node:net';

/** What it took, in order; `acknowledged` is false where the sender never heard of it. */
export interface Taken {
  to: string;
  messageId: string;
  acknowledged: boolean;
}

/** Chances, from 0 to 1. */
export interface Moods {
  refuse: number;
  drop: number;
}

let moods: Moods = { refuse: 0, drop: 0 };
const taken: Taken[] = [];

const server = createServer((socket) => {
  let rest = '';
  let to = '';
  let inData = false;
  socket.write('220 chaos\r\n');
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1');
    for (;;) {
      const mark = inData ? '\r\n.\r\n' : '\r\n';
      const at = rest.indexOf(mark);
      if (at < 0) return;
      const text = rest.slice(0, at);
      rest = rest.slice(at + mark.length);
      if (inData) {
        inData = false;
        const messageId = /^Message-ID: <([^>]+)>/im.exec(text)?.[1] ?? '';
        if (Math.random() < moods.drop) {
          // Half of those whose connection dies were taken all the same: that is what nobody can know.
          if (Math.random() < 0.5) taken.push({ to, messageId, acknowledged: false });
          socket.destroy();
          return;
        }
        taken.push({ to, messageId, acknowledged: true });
        socket.write('250 2.0.0 taken\r\n');
      } else if (/^EHLO/i.test(text)) socket.write('250-chaos\r\n250 PIPELINING\r\n');
      else if (/^RCPT/i.test(text)) {
        to = /<([^>]*)>/.exec(text)?.[1] ?? '';
        socket.write(Math.random() < moods.refuse ? '451 4.3.0 not now\r\n' : '250 2.1.5 ok\r\n');
      } else if (/^DATA$/i.test(text)) {
        inData = true;
        socket.write('354 go on\r\n');
      } else if (/^QUIT$/i.test(text)) return void socket.end('221 bye\r\n');
      else socket.write('250 2.0.0 ok\r\n');
    }
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' && address ? address.port : 0 });
});
process.on('message', (message: Moods | 'report') => {
  if (message === 'report') process.send?.(taken);
  else moods = message;
});
process.on('disconnect', () => process.exit(0));
