import { connect, createServer, type Server, type Socket } from 'node:net';

/** A door in front of a server, on a port of its own, that a test can shut: the server is then away. */
export interface Gate {
  port: number;
  /** Cuts all connections; further ones are refused, as by a machine whose server is down. */
  shut(): Promise<void>;
  /** Cuts all connections; further ones are taken, get this answer to whatever they say, and are ended. */
  refuse(answer: Buffer): void;
  /** How many connections were refused with an answer so far. */
  refused(): number;
  /** Connections stay and new ones are taken, but nothing passes either way, as by a machine that hangs. */
  freeze(): void;
  /** Back to normal. What was held while it was frozen passes now. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Opens one in front of a port of this machine. */
export async function startGate(target: number): Promise<Gate> {
  const pairs = new Set<[Socket, Socket]>();
  let frozen = false;
  let refusal: Buffer | undefined;
  let refused = 0;
  let server: Server | undefined;

  function pass(inner: Socket): void {
    if (refusal) {
      const answer = refusal;
      refused += 1;
      inner.on('error', () => {});
      inner.once('data', () => inner.end(answer));
      return;
    }
    const outer = connect(target, '127.0.0.1');
    const pair: [Socket, Socket] = [inner, outer];
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      inner.destroy();
      outer.destroy();
    };
    for (const socket of pair) {
      socket.on('error', end);
      socket.on('close', end);
      if (frozen) socket.pause();
    }
    inner.on('data', (data) => outer.write(data));
    outer.on('data', (data) => inner.write(data));
  }

  async function listen(port: number): Promise<number> {
    const listening = createServer(pass);
    server = listening;
    await new Promise<void>((done, failed) =>
      listening.once('error', failed).listen(port, '127.0.0.1', done),
    );
    const address = listening.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  function cut(): void {
    for (const [inner, outer] of pairs) {
      inner.destroy();
      outer.destroy();
    }
  }

  async function shut(): Promise<void> {
    const closing = server;
    server = undefined;
    const closed = closing && new Promise<void>((done) => closing.close(() => done()));
    cut();
    await closed;
  }

  const port = await listen(0);
  return {
    port,
    shut,
    refuse(answer) {
      refusal = answer;
      cut();
    },
    refused: () => refused,
    freeze() {
      frozen = true;
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    async open() {
      frozen = false;
      refusal = undefined;
      for (const pair of pairs) for (const socket of pair) socket.resume();
      if (!server) await listen(port);
    },
    close: shut,
  };
}
