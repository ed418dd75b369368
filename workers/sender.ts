import type { App } from '../src/app.ts';
import { sendBatch } from '../src/outbox/index.ts';
import type { Running } from './clock.ts';

/** How long a mail under way may take once the sender is to stop; the whole process has 10 seconds. */
const LAST_MAILS_MS = 6_000;

/**
 * Takes batches from the queue and sends them. Closing finishes the chunk under way and gives the rest back; what a server
 * still thinks about after some seconds is broken off and settled as what is then known of it.
 */
export async function runSender(app: App): Promise<Running> {
  const sending = await app.sending();
  const stop = new AbortController();
  const consumer = app.queue.consume(
    async (ids) => {
      const counts = await sendBatch(sending, ids, stop.signal);
      app.log.info({ batch: ids.length, ...counts }, 'sent a batch');
    },
    // One batch at a time fills the connections; a second would only wait for them.
    { concurrency: 1 },
  );
  return {
    async close() {
      stop.abort();
      const patience = setTimeout(() => sending.transport.cut(), LAST_MAILS_MS);
      await consumer.close();
      clearTimeout(patience);
    },
  };
}
