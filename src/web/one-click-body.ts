import type { Request } from 'express';
import { BODY_LIMIT_BYTES } from './guard.ts';

/** A mail program's body is 26 octets and comes with its headers; a body that takes longer is not waited for. */
const PATIENCE_MS = 3000;

/**
 * The body of an unsubscribe POST as text; undefined where it is too large, too slow, broken off or compressed. Never
 * throws: whatever the body, the request itself is the reader's wish (RFC 8058 section 3.2).
 */
export function readOneClickBody(request: Request): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => end(undefined), PATIENCE_MS);
    function end(body: string | undefined) {
      clearTimeout(timer);
      request.removeListener('data', take);
      // What is still to come is thrown away, so that the answer can be sent.
      request.resume();
      resolve(body);
    }
    function take(chunk: Buffer) {
      size += chunk.length;
      if (size > BODY_LIMIT_BYTES) end(undefined);
      else chunks.push(chunk);
    }
    request.on('data', take);
    request.once('end', () =>
      end(request.headers['content-encoding'] ? undefined : Buffer.concat(chunks).toString('utf8')),
    );
    request.once('error', () => end(undefined));
    request.once('close', () => end(undefined));
  });
}
