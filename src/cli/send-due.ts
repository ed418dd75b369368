import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '../app.ts';
import type { SendCounts } from '../outbox/index.ts';
import type { Db } from '../platform/index.ts';

/** While mail waits for its turn in a rate, it is looked for this often. */
const LINE_STEP_MS = 1_000;

/** Plans, and sends what is due here and now, without the queue; a service that runs beside shares the work. */
export async function sendDue(app: App): Promise<SendCounts> {
  const { dispatch, plan } = await import('../deliveries/index.ts');
  const { sendBatch } = await import('../outbox/index.ts');
  await plan(app.planning);
  const sending = await app.sending();
  const counts: SendCounts = {};
  const enqueue = async (batches: readonly (readonly number[])[]) => {
    for (const ids of batches)
      for (const [state, n] of Object.entries(await sendBatch(sending, ids)))
        counts[state as keyof SendCounts] = (counts[state as keyof SendCounts] ?? 0) + n;
  };
  // What a server could not take now is due again later, so this ends; what a rate of ours has put off is waited for.
  const isLine = () => sending.throttle.lineEndsAtMs() > app.clock.now().getTime();
  while ((await dispatch({ ...app.dispatching, enqueue })) > 0 || isLine())
    if (isLine()) await delay(LINE_STEP_MS);
  return counts;
}

/** How many deliveries `sendDue` would give to a server; 10,000 stands for that many or more. */
export async function countDue(app: App, db: Db): Promise<number> {
  const { dispatch, plan } = await import('../deliveries/index.ts');
  await plan({ ...app.planning, db });
  return dispatch({ ...app.dispatching, db, enqueue: async () => {} });
}
