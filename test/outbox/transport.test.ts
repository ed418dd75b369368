import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectionSettings } from '../../src/outbox/connection.ts';
import { createTransport, type OutgoingMessage, type Transport } from '../../src/outbox/index.ts';
import { createLog, type SmtpServer } from '../../src/platform/index.ts';
import { type Sink, type SinkOptions, startSink } from '../support/smtp.ts';
import { type Answer, startWire, type Wire } from '../support/smtp-wire.ts';

const running: { close(): Promise<void> }[] = [];
const keep = <Part extends { close(): Promise<void> }>(part: Part): Part => {
  running.unshift(part);
  return part;
};
afterEach(async () => {
  for (const part of running.splice(0)) await part.close();
});

const sink = async (options?: SinkOptions): Promise<Sink> => keep(await startSink(options));
const wire = async (extensions?: readonly string[]): Promise<Wire> => keep(await startWire(extensions));
const server = (at: { port: number }, more: Partial<SmtpServer> = {}): SmtpServer => ({
  host: '127.0.0.1',
  port: at.port,
  secure: false,
  weight: 1,
  pool: 2,
  ...more,
});
const open = (...servers: SmtpServer[]): Transport => openWith({}, ...servers);
const openWith = (options: { restMs?: number; connectMs?: number }, ...servers: SmtpServer[]): Transport =>
  keep(
    createTransport({
      // Longer than a busy machine takes to greet.
      connectMs: 5_000,
      ...options,
      servers,
      name: 'papers.example.org',
      production: true,
      log: createLog('silent'),
    }),
  );

const BODY = 'Subject: one\r\n\r\nHello.\r\n';
const message = (to: string, body = BODY): OutgoingMessage => ({
  from: 'b+token@papers.example.org',
  to,
  bytes: Buffer.from(body),
});
const readers = (n: number) => Array.from({ length: n }, (_, i) => `reader-${i}@example.org`);
const sendAll = (transport: Transport, to: readonly string[]) =>
  Promise.all(to.map((address) => transport.send(message(address))));
const kinds = (outcomes: readonly { kind: string }[]) => [...new Set(outcomes.map((one) => one.kind))];

describe('a pool', () => {
  test('opens no more connections than its size, and uses them again', async () => {
    const taker = await wire();
    const transport = open(server(taker, { pool: 3 }));
    expect(transport.capacity).toBe(3);
    const outcomes = await sendAll(transport, readers(40));
    expect(kinds(outcomes)).toEqual(['accepted']);
    expect(taker.messages.map((one) => one.to).sort()).toEqual(readers(40).sort());
    expect([taker.peak, taker.opened]).toEqual([3, 3]);
  });

  test('asked for its health while all connections are in use opens none besides', async () => {
    const taker = await wire();
    let release = () => {};
    let held = 0;
    const bothHeld = new Promise<void>((resolve) => {
      taker.answer = (command) => {
        if (command !== '.') return undefined;
        held += 1;
        if (held === 2) resolve();
        return held <= 2 ? 'hang' : undefined;
      };
    });
    release = () => void taker.endAll('250 ok');
    const transport = open(server(taker));
    const sent = sendAll(transport, readers(2));
    await bothHeld;
    await transport.probe();
    expect(taker.opened).toBe(2);
    release();
    expect(kinds(await sent)).toEqual(['accepted']);
  });

  test('says QUIT when it is closed, on connections in use as well once they are done', async () => {
    const taker = await wire();
    const transport = open(server(taker, { pool: 1 }));
    await transport.send(message('a@example.org'));
    const atTheDot = new Promise<void>((resolve) => {
      taker.answer = (command) => {
        if (command === '.') resolve();
        return undefined;
      };
    });
    const last = transport.send(message('b@example.org'));
    await atTheDot;
    await transport.close();
    expect(await last).toMatchObject({ kind: 'accepted' });
    await expect.poll(() => [taker.open, taker.commands.at(-1)]).toEqual([0, 'QUIT']);
  });
});

describe('an idle connection that the server ends', () => {
  test.each([
    ['without a word', undefined],
    ['with 421', '421 4.4.2 idle for too long'],
  ])('%s is replaced, and no mail is lost or waits', async (_, lastLine) => {
    const taker = await wire();
    const transport = open(server(taker));
    await sendAll(transport, readers(2));
    await taker.endAll(lastLine);
    expect(kinds(await sendAll(transport, readers(6)))).toEqual(['accepted']);
    expect(taker.messages).toHaveLength(8);
    expect(taker.peak).toBe(2);
  });

  test.each([['PIPELINING'], ['SIZE']])(
    'at the very moment of the next mail is replaced too: 421 to MAIL (%s)',
    async (extension) => {
      const taker = await wire([extension]);
      // This server takes two messages a connection.
      const taken = new Map<number, number>();
      taker.answer = (command, connection) => {
        if (!command.startsWith('MAIL')) return undefined;
        const n = (taken.get(connection) ?? 0) + 1;
        taken.set(connection, n);
        return n > 2 ? '421 4.7.0 too many messages in this session' : undefined;
      };
      const transport = open(server(taker, { pool: 1 }));
      expect(kinds(await sendAll(transport, readers(7)))).toEqual(['accepted']);
      expect(taker.messages.map((one) => one.to)).toEqual(readers(7));
      expect(taker.opened).toBe(4);
    },
  );
});

describe('two servers', () => {
  test('share by weight: 1 to 3', async () => {
    const [small, large] = [await wire(), await wire()];
    const transport = open(server(small, { weight: 1, pool: 8 }), server(large, { weight: 3, pool: 8 }));
    expect(kinds(await sendAll(transport, readers(80)))).toEqual(['accepted']);
    expect(small.messages.length + large.messages.length).toBe(80);
    expect(large.messages.length / small.messages.length).toBeGreaterThan(2);
    expect(large.messages.length / small.messages.length).toBeLessThan(4);
  });

  const greetings: [string, (command: string) => Answer][] = [
    ['refuses to greet', (command) => (command === '' ? '554 5.3.2 no service here' : undefined)],
    ['says 421 at once', (command) => (command === '' ? '421 4.3.2 too busy' : undefined)],
    ['never greets', (command) => (command === '' ? 'hang' : undefined)],
    ['drops every connection', (command) => (command === '' ? 'drop' : undefined)],
    ['drops at MAIL', (command) => (command.startsWith('MAIL') ? 'drop' : undefined)],
    ['refuses our sender', (command) => (command.startsWith('MAIL') ? '550 5.7.1 not you' : undefined)],
    ['wants us to sign in', (command) => (command.startsWith('MAIL') ? '530 5.7.0 sign in' : undefined)],
    ['is full', (command) => (command.startsWith('MAIL') ? '452 4.3.1 disk full' : undefined)],
  ];
  test.each(greetings)('one that %s costs nobody a mail: the other takes its share', async (_, answer) => {
    const [bad, good] = [await wire(), await wire()];
    bad.answer = answer;
    const transport = openWith({ connectMs: 300 }, server(bad), server(good));
    const outcomes = await sendAll(transport, readers(12));
    expect(kinds(outcomes)).toEqual(['accepted']);
    expect(good.messages).toHaveLength(12);
    // And it is left alone for a while.
    const asked = bad.opened;
    expect(kinds(await sendAll(transport, readers(12)))).toEqual(['accepted']);
    expect(bad.opened).toBe(asked);
  });

  test('a server whose rest is over is tried by one mail; the others do not wait for what may still hang', async () => {
    const taker = await wire();
    taker.answer = (command) => (command === '' ? 'hang' : undefined);
    const transport = openWith({ restMs: 0, connectMs: 300 }, server(taker, { pool: 4 }));
    expect(kinds(await sendAll(transport, readers(4)))).toEqual(['unsent']);
    expect(taker.opened).toBe(4);
    expect(kinds(await sendAll(transport, readers(4)))).toEqual(['unsent']);
    expect(taker.opened).toBe(5);
    taker.answer = () => undefined;
    expect(kinds(await sendAll(transport, readers(1)))).toEqual(['accepted']);
    expect(kinds(await sendAll(transport, readers(4)))).toEqual(['accepted']);
  });

  test('both away: nothing is sent, nobody is blamed, and the probe says which and why', async () => {
    const [one, two] = [await wire(), await wire()];
    one.answer = two.answer = (command) => (command === '' ? '554 5.3.2 no service' : undefined);
    const transport = open(server(one), server(two));
    const outcomes = await sendAll(transport, readers(5));
    expect(kinds(outcomes)).toEqual(['unsent']);
    await expect(transport.probe()).rejects.toThrow(
      new RegExp(`127.0.0.1:${one.port}: .*554.*127.0.0.1:${two.port}: .*554`),
    );
  });
});

describe('what a server says of one mail', () => {
  test('421 after the data is a refusal for now, and that server rests', async () => {
    const taker = await wire();
    taker.answer = (command) => (command === '.' ? '421 4.3.2 shutting down' : undefined);
    const transport = open(server(taker));
    expect(await transport.send(message('a@example.org'))).toMatchObject({
      kind: 'refused',
      stage: 'data',
      reply: '421 4.3.2 shutting down',
    });
    expect(await transport.send(message('b@example.org'))).toMatchObject({ kind: 'unsent' });
    expect(taker.opened).toBe(1);
  });

  test.each([['PIPELINING'], ['SIZE']])(
    '421 to a recipient on a fresh connection is kept as what the server said (%s)',
    async (extension) => {
      const taker = await wire([extension]);
      taker.answer = (command) => (command.startsWith('RCPT') ? '421 4.7.0 too fast' : undefined);
      expect(await open(server(taker)).send(message('a@example.org'))).toMatchObject({
        kind: 'refused',
        reply: '421 4.7.0 too fast',
      });
    },
  );

  test.each([['PIPELINING'], ['SIZE']])(
    'a refused recipient leaves the connection usable for the next one (%s)',
    async (extension) => {
      const taker = await wire([extension]);
      taker.answer = (command) => {
        if (command.startsWith('RCPT TO:<gone')) return '550 5.1.1 no such user';
        // A server that pipelines refuses DATA when it has no recipient.
        return command === 'DATA' && taker.commands.at(-2)?.includes('<gone')
          ? '554 5.5.1 no one'
          : undefined;
      };
      const transport = open(server(taker, { pool: 1 }));
      const outcomes = await sendAll(transport, ['a@example.org', 'gone@example.org', 'b@example.org']);
      expect(outcomes).toMatchObject([
        { kind: 'accepted' },
        { kind: 'refused', stage: 'rcpt', reply: '550 5.1.1 no such user' },
        { kind: 'accepted' },
      ]);
      expect(taker.messages.map((one) => one.to)).toEqual(['a@example.org', 'b@example.org']);
      expect(taker.opened).toBe(1);
    },
  );

  test('a connection that dies after DATA is not tried elsewhere: the mail may have been taken', async () => {
    const [bad, good] = [await wire(), await wire()];
    bad.answer = (command) => (command === '.' ? 'drop' : undefined);
    const transport = open(server(bad), server(good));
    expect(await transport.send(message('a@example.org'))).toMatchObject({
      kind: 'unknown',
      server: `127.0.0.1:${bad.port}`,
    });
    expect(good.messages).toEqual([]);
  });

  test('a reply that makes no sense after the data is not taken for a refusal', async () => {
    const taker = await wire();
    taker.answer = (command) => (command === '.' ? '354 go on' : undefined);
    const transport = open(server(taker));
    expect(await transport.send(message('a@example.org'))).toMatchObject({ kind: 'unknown' });
  });

  test('larger than the SIZE that a server takes is refused before DATA, and is ours to mend', async () => {
    const taker = await sink({ size: 1_000 });
    const transport = open(server(taker));
    expect(await transport.send(message('a@example.org', BODY + 'x'.repeat(1_000)))).toMatchObject({
      kind: 'refused',
      stage: 'mail',
      reply: expect.stringMatching(/^552 5\.3\.4 /),
    });
    expect(taker.recipients).toEqual([]);
    // A smaller one goes through, and the server is not blamed.
    expect(await transport.send(message('b@example.org'))).toMatchObject({ kind: 'accepted' });
  });

  test.each(['jürgen@example.org', '李@example.org', 'ada@пример.example'])(
    'for %s, beyond ASCII, fails alone with 5.6.7, and no 8-bit byte is on the wire',
    async (address) => {
      const taker = await wire();
      const transport = open(server(taker, { pool: 1 }));
      const outcomes = await sendAll(transport, ['a@example.org', address, 'b@example.org']);
      expect(outcomes).toMatchObject([
        { kind: 'accepted' },
        { kind: 'refused', stage: 'rcpt', reply: expect.stringContaining('5.6.7') },
        { kind: 'accepted' },
      ]);
      expect(Buffer.concat(taker.bytes).every((byte) => byte < 0x80)).toBe(true);
      expect(taker.commands.filter((command) => command.startsWith('RCPT'))).toHaveLength(2);
    },
  );

  test.each([
    'a@x.example>\r\nRCPT TO:<evil@example.org',
    'a b@example.org',
    '<a@example.org>',
    'a@[127.0.0.1]',
    'nobody',
    '',
  ])('for %j, which is no address, never reaches the wire', async (address) => {
    const taker = await wire();
    const transport = open(server(taker));
    expect(await transport.send(message(address))).toMatchObject({
      kind: 'refused',
      reply: expect.stringContaining('5.1.3'),
    });
    expect(taker.commands.filter((command) => command.startsWith('RCPT'))).toEqual([]);
  });
});

describe('the bytes', () => {
  test.each([
    ['dots at line starts', 'Subject: x\r\n\r\n.\r\n..\r\n.x\r\n...\r\nend.\r\n'],
    ['a dot first of all', '.x: y\r\n\r\nbody\r\n'],
    ['a last line without its end', 'Subject: x\r\n\r\nno end'],
    ['a body of dots', `Subject: x\r\n\r\n${'.\r\n'.repeat(500)}`],
    ['a message of 300 kB', `Subject: x\r\n\r\n${'0123456789'.repeat(6).concat('\r\n').repeat(5_000)}`],
  ])('%s arrive as they were sent', async (_, body) => {
    const taker = await sink();
    const plain = await wire(['SIZE']);
    for (const at of [taker, plain])
      expect(await open(server(at)).send(message('a@example.org', body))).toMatchObject({ kind: 'accepted' });
    const whole = body.endsWith('\r\n') ? body : `${body}\r\n`;
    expect(taker.received[0]?.raw.toString('latin1')).toBe(whole);
    expect(plain.messages[0]?.raw).toBe(whole);
  });

  test('are known to be read once the system has them all, not once a server says that it has', async () => {
    const hasty = await wire();
    const large = `Subject: x\r\n\r\n${'0123456789'.repeat(6).concat('\r\n').repeat(500_000)}`;
    const transport = open(server(hasty));
    expect(await transport.send(message('a@example.org'))).toMatchObject({ kind: 'accepted', written: true });
    hasty.answer = (command) => (command === 'DATA' ? '354 go on\r\n250 2.0.0 taken' : undefined);
    expect(await transport.send(message('b@example.org', large))).toMatchObject({
      kind: 'accepted',
      written: false,
    });
  });

  test('with PIPELINING the envelope is one flight, without it each command waits for its reply', async () => {
    const [fast, slow] = [await wire(['PIPELINING']), await wire([])];
    for (const at of [fast, slow]) await open(server(at)).send(message('a@example.org'));
    const flights = (at: Wire) =>
      at.bytes.map((chunk) =>
        chunk
          .toString()
          .match(/^(MAIL|RCPT|DATA)/gm)
          ?.join(),
      );
    expect(flights(fast)).toContain('MAIL,RCPT,DATA');
    expect(flights(slow)).toEqual(expect.arrayContaining(['MAIL', 'RCPT', 'DATA']));
    expect([fast.messages.length, slow.messages.length]).toEqual([1, 1]);
  });
});

describe('signing in', () => {
  let taker: Sink;
  beforeEach(async () => {
    taker = await sink({ auth: { user: 'paperboy', pass: 'tops€cret' } });
  });

  test('with the right name and word', async () => {
    const transport = open(server(taker, { auth: { user: 'paperboy', pass: 'tops€cret' } }));
    expect(await transport.send(message('a@example.org'))).toMatchObject({ kind: 'accepted' });
    expect(taker.received).toHaveLength(1);
  });

  test('with the wrong one: nothing is sent, and the word is in no message', async () => {
    const transport = open(server(taker, { auth: { user: 'paperboy', pass: 'wrong-word' } }));
    const outcome = await transport.send(message('a@example.org'));
    expect(outcome).toMatchObject({ kind: 'unsent', reason: expect.stringContaining('535') });
    expect(JSON.stringify(outcome)).not.toMatch(/wrong-word|d3Jvbmctd29yZA/);
  });
});

describe('encryption', () => {
  const settings = (more: Partial<SmtpServer>, production = true) =>
    connectionSettings({ server: server({ port: 25 }, more), name: 'papers.example.org', production });

  test('is required in production of every server that is not on this machine, and its certificate checked', () => {
    for (const host of [
      'smtp.example.org',
      '192.0.2.1',
      '127.example.org',
      '127.0.0.1.example.org',
      '2001:db8::1',
    ])
      expect(settings({ host }), host).toMatchObject({
        requireTLS: true,
        ignoreTLS: false,
        tls: { rejectUnauthorized: true },
      });
    expect(settings({ host: 'smtp.example.org', secure: true })).toMatchObject({
      secure: true,
      tls: { rejectUnauthorized: true },
    });
  });

  test('is not asked of a server on this machine', () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1'])
      expect(settings({ host }), host).toMatchObject({ requireTLS: false, ignoreTLS: true });
  });

  test('from the first byte works with a server of this machine, whose certificate names nobody', async () => {
    const taker = await sink({ secure: true });
    const transport = open(server(taker, { secure: true }));
    expect(await transport.send(message('a@example.org'))).toMatchObject({ kind: 'accepted' });
  });

  test('a server may think for over ten minutes after the final dot', () => {
    expect(settings({}).socketTimeout).toBeGreaterThan(600_000);
  });
});
