import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port of this machine that nobody listens on now; for a program that must be told which to take. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}
