import type { App } from '../src/app.ts';
import { sendBatch } from '../src/outbox/index.ts';
import type { Running } from './clock.ts';

/** Takes batches from the queue and sends them. Closing finishes the chunk under way and gives the rest back. */
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
      await consumer.close();
    },
  };
}
