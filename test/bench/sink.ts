// An SMTP server of a process of its own that takes everything, counts it, and costs as little as Node allows:
// the end of a message is found by a search for bytes, and nothing is parsed or kept.

import { createServer } from 'node:net';

/** What the sink tells its parent when asked. */
export interface SinkCount {
  messages: number;
  bytes: number;
  /** CPU of the sink's process in milliseconds. */
  cpuMs: number;
}

const END = Buffer.from('\r\n.\r\n');
const LINE = Buffer.from('\r\n');
let messages = 0;
let bytes = 0;

const server = createServer({ noDelay: true }, (socket) => {
  let rest: Buffer = Buffer.alloc(0);
  let inData = false;
  socket.write('220 sink\r\n');
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    let buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let reply = '';
    for (;;) {
      const mark = inData ? END : LINE;
      const at = buffer.indexOf(mark);
      if (at < 0) break;
      const line = inData ? '' : buffer.toString('latin1', 0, at).toUpperCase();
      buffer = buffer.subarray(at + mark.length);
      if (inData) {
        inData = false;
        messages += 1;
        reply += '250 2.0.0 taken\r\n';
      } else if (line.startsWith('EHLO')) reply += '250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n';
      else if (line === 'DATA') {
        inData = true;
        reply += '354 go on\r\n';
      } else if (line === 'QUIT') {
        socket.end(`${reply}221 bye\r\n`);
        return;
      } else reply += '250 2.0.0 ok\r\n';
    }
    // While in a message only its last bytes can be part of the end mark: the rest need not be kept.
    rest = inData && buffer.length > END.length ? buffer.subarray(buffer.length - END.length) : buffer;
    if (reply) socket.write(reply);
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' && address ? address.port : 0 });
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ messages, bytes, cpuMs: (user + system) / 1000 } satisfies SinkCount);
});
process.on('disconnect', () => process.exit(0));
