/** What may be logged of an unexpected error, and which errors mean that the database is away. */

/** Postgres: connection exceptions (08), resources or shutdown (53, 57P). Node: the socket. */
const AWAY_CODES =
  /^(08...|53300|57P0[1-5]|ECONNREFUSED|ECONNRESET|ENOENT|ENOTFOUND|EPIPE|ETIMEDOUT|EAI_AGAIN)$/;
/** `pg` says these without a code. */
const AWAY_WORDS =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|not queryable/i;

function* chainOf(error: unknown): Generator<Error & { code?: unknown }> {
  // A cause chain is short; the bound stops a circle.
  for (let current = error, depth = 0; current instanceof Error && depth < 8; depth += 1) {
    yield current;
    if (current instanceof AggregateError) yield* current.errors.filter((e) => e instanceof Error);
    current = current.cause;
  }
}

/** Is the database out of reach (and may be back soon), rather than a bug met? */
export function isDatabaseAway(error: unknown): boolean {
  for (const link of chainOf(error)) {
    if (typeof link.code === 'string' && AWAY_CODES.test(link.code)) return true;
    if (AWAY_WORDS.test(link.message)) return true;
  }
  return false;
}

/** The message without anything that looks like an address or a link's token. */
export function loggable(error: unknown): string {
  const text = [...chainOf(error)].map((link) => link.message).join(' | ') || String(error);
  return text.replace(/\S*@\S*/g, '(address)').replace(/[\w-]{22,}/g, '(token)');
}
