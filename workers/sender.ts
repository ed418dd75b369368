import { setFlagsFromString } from 'node:v8';
import type { App } from '../src/app.ts';
import { startBatch } from '../src/outbox/index.ts';
import type { Running } from './clock.ts';

/** How long a mail under way may take once the sender is to stop; the whole process has 10 seconds. */
const LAST_MAILS_MS = 6_000;

/**
 * Takes batches from the queue and sends them. Closing finishes the chunk under way and gives the rest back; what a server
 * still thinks about after `lastMailsMs` is broken off and settled as what is then known of it.
 */
export async function runSender(app: App, lastMailsMs = LAST_MAILS_MS): Promise<Running> {
  // What a mail leaves behind outlives a few collections of young objects, and V8 lets such garbage grow to four times of what
  // lives. At 1.6 times a sender takes 250 MB instead of 390, and is 2 % slower (`npm run bench -- --personal`).
  setFlagsFromString('--heap-growing-percent=60');
  const sending = await app.sending();
  const stop = new AbortController();
  const stragglers = new Set<Promise<void>>();
  const consumer = app.queue.consume(
    async (ids) => {
      const { counts, late } = await startBatch(sending, ids, stop.signal);
      const ended = late.finally(() => stragglers.delete(ended));
      stragglers.add(ended);
      app.log.info({ batch: ids.length, ...counts }, 'sent a batch');
    },
    // One batch fills the connections; the second is there when they come free.
    { concurrency: 2 },
  );
  return {
    async close() {
      stop.abort();
      const patience = setTimeout(() => sending.transport.cut(), lastMailsMs);
      await consumer.close();
      await Promise.all(stragglers);
      clearTimeout(patience);
    },
  };
}
