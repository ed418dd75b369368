import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createWeb } from './app.ts';
import type { WebContext } from './context.ts';

/** The listening site. */
export interface WebServer {
  /** `http://localhost:3000`: where this machine reaches it. */
  url: string;
  port: number;
  /** Takes no more connections, lets running answers end, closes idle connections. */
  close(): Promise<void>;
}

/** A client has this long to send its whole request; pages answer in milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Running answers get this long when closing. */
const CLOSE_PATIENCE_MS = 5000;

/**
 * Listens on `config.host` and `config.port` (0: any free one).
 *
 * @throws Error naming the remedy when the port is taken or may not be used
 */
export async function startWeb(context: WebContext): Promise<WebServer> {
  const { host, port } = context.config;
  const server = createServer(createWeb(context));
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        reject(
          new Error(`Port ${port} is taken. Stop what listens there, or set PORT to another (0 for any).`, {
            cause: error,
          }),
        );
      else if (error.code === 'EACCES')
        reject(new Error(`Port ${port} may not be opened. Set PORT to one above 1023.`, { cause: error }));
      else reject(error);
    });
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://localhost:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => server.closeAllConnections(), CLOSE_PATIENCE_MS);
        server.close((error) => {
          clearTimeout(timer);
          if (error) reject(error);
          else resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
