import { schedule } from 'node-cron';
import type { App } from '../src/app.ts';
import { dispatch, measureLedger, plan, sweep } from '../src/deliveries/index.ts';
import { assembleDue, measureEditions } from '../src/editions/index.ts';
import { learn } from '../src/interests/index.ts';
import { addDays, dayOf, ingest } from '../src/papers/index.ts';

/** Something that runs until it is closed; closing waits for what is under way. */
export interface Running {
  close(): Promise<void>;
}

/** Days before today that are asked for again once an hour: what a source or this service missed. */
const LOOK_BACK_DAYS = 6;

/** Fetches papers: today and yesterday, whose lists still grow; once an hour the days before as well. */
export async function tickIngest(app: App, lookBack: boolean): Promise<void> {
  const today = dayOf(app.clock.now());
  const days = Array.from({ length: lookBack ? LOOK_BACK_DAYS + 1 : 2 }, (_, back) => addDays(today, -back));
  const report = await ingest(app, { days });
  for (const { source, day, outcome, error } of report)
    if (outcome === 'failed')
      app.log.warn({ source, day, err: error }, 'a source did not answer as it should');
}

/** Makes the editions that are due. */
export async function tickAssemble(app: App): Promise<void> {
  await assembleDue(app.assembling);
}

/** Learns from the votes that came since the last time. */
export async function tickLearn(app: App): Promise<void> {
  const { learnt } = await learn(app);
  if (learnt > 0) app.log.info({ learnt }, 'learnt from votes');
}

const TICK_SECONDS = 60;
/** While more is due soon, the ledger is moved this often. */
const TOP_UP_MS = 1_000;

/**
 * Moves the ledger: plans, gives out what is due, finds what was dropped, and measures.
 *
 * @returns given - deliveries given out; isMoreSoon - more is due before the next minute: the queue is full, or a rate has
 *   put mail off
 */
export async function tickLedger(app: App): Promise<{ given: number; isMoreSoon: boolean }> {
  await sweep(app.sweeping);
  await plan(app.planning);
  const given = await dispatch(app.dispatching);
  const { states, lagSeconds, dueInSeconds } = await measureLedger(app.db, app.clock.now());
  for (const [state, n] of Object.entries(states)) app.metrics.ledger.set({ state }, n);
  app.metrics.lagSeconds.set(lagSeconds);
  for (const { cadence, seconds } of await measureEditions(app.assembling))
    app.metrics.editionOverdue.set({ cadence }, seconds);
  return { given, isMoreSoon: given > 0 || (dueInSeconds !== null && dueInSeconds < TICK_SECONDS) };
}

/** The times of a day. Missing a tick costs its interval and nothing else; two clocks do each thing once. */
export async function runClock(app: App): Promise<Running> {
  const underWay = new Set<Promise<unknown>>();
  let closed = false;
  let topUp: NodeJS.Timeout | undefined;

  /** Runs one at a time of each kind, and says so when one fails: the next tick tries again. */
  function ticker(name: string, work: () => Promise<unknown>): () => void {
    let busy = false;
    return () => {
      if (busy || closed) return;
      busy = true;
      const run = work()
        .catch((error: Error) =>
          app.log.error({ tick: name, err: error.message }, 'a tick failed; the next one tries again'),
        )
        .finally(() => {
          busy = false;
          underWay.delete(run);
        });
      underWay.add(run);
    };
  }

  const ledger = ticker('ledger', async () => {
    const { isMoreSoon } = await tickLedger(app);
    if (isMoreSoon && !closed) topUp = setTimeout(ledger, TOP_UP_MS);
  });
  const assemble = ticker('assemble', async () => {
    await tickAssemble(app);
    ledger();
  });
  const fetchPapers = (lookBack: boolean) =>
    ticker('ingest', async () => {
      await tickIngest(app, lookBack);
      assemble();
    });

  // `lookBack` shares no lock with the quarter-hourly fetch: asking twice does nothing.
  const tasks = [
    schedule('*/15 * * * *', fetchPapers(false)),
    schedule('7 * * * *', fetchPapers(true)),
    schedule('*/5 * * * *', assemble),
    schedule('* * * * *', ledger),
    schedule(
      '* * * * *',
      ticker('learn', () => tickLearn(app)),
    ),
  ];
  fetchPapers(true)();
  ledger();
  return {
    async close() {
      closed = true;
      clearTimeout(topUp);
      for (const task of tasks) await task.stop();
      await Promise.allSettled(underWay);
    },
  };
}
