// What a Postgres says on the wire (manual, "Message Formats"), for tests that put words into its mouth.

function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const field = (type: string, text: string) => `${type}${text}\0`;

/** An ErrorResponse that ends the connection, with its SQLSTATE. */
export function fatal(code: string, text: string): Buffer {
  return message('E', Buffer.from(`${field('S', 'FATAL')}${field('C', code)}${field('M', text)}\0`));
}

/** AuthenticationOk, ReadyForQuery, and in the same breath the end: as when the server stops at that moment. */
export function welcomeAndGoodbye(): Buffer {
  return Buffer.concat([
    message('R', Buffer.alloc(4)),
    message('Z', Buffer.from('I')),
    fatal('57P01', 'terminating connection due to administrator command'),
  ]);
}
