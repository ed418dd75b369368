import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './log.ts';

// How the queue lives with an engine that is away, hangs, or comes back.

/** An engine that has not answered by then is away. Ten thousand rows are 50 jobs, which take some milliseconds. */
export const ANSWER_WITHIN_MS = 5_000;

/** What an engine that is away is given to let go of a connection, before it is dropped. */
const CLOSE_WITHIN_MS = 2_000;

/** An engine that failed is asked again after this long. */
export const AGAIN_AFTER_MS = 1_000;

/** Takes batches in turn until it is closed, through all absences of the engine; closing waits for those under way. */
export interface Consumer {
  close(): Promise<void>;
}

/** Does the work of one batch. */
export type Handle = (ids: number[]) => Promise<void>;

/** What of BullMQ's queues and workers counts here. */
export interface Part {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<unknown>;
}

/** A part with connections of its own. */
export interface Opened<P> {
  part: P;
  /** Ends the connections without a word to the engine. */
  drop(): void;
}

/** BullMQ remembers for ever that its first contact with the engine failed; such a one is replaced. */
export function keepReady<Asked extends Part>(open: () => Opened<Asked>, log: Log) {
  let opened = open();
  async function ready(): Promise<Asked> {
    const asked = opened;
    try {
      await asked.part.waitUntilReady();
    } catch {
      if (opened === asked) {
        opened = open();
        letGo(asked, end(asked.part), log);
      }
      await opened.part.waitUntilReady();
    }
    return opened.part;
  }
  return {
    use: async <T>(work: (part: Asked) => Promise<T>) => work(await ready()),
    close: () => letGo(opened, end(opened.part), log),
  };
}

/** The same for a worker, which nobody asks anything: it is opened until it is there. */
export function keepTaking(openTaker: (handle: Handle) => Opened<Part>, handle: Handle, log: Log): Consumer {
  const stop = new AbortController();
  const underWay = new Set<Promise<void>>();
  const tracked: Handle = async (ids) => {
    const work = handle(ids);
    underWay.add(work);
    await work.finally(() => underWay.delete(work));
  };
  let opened = openTaker(tracked);
  async function open(): Promise<void> {
    while (!stop.signal.aborted)
      try {
        await opened.part.waitUntilReady();
        return;
      } catch {
        await letGo(opened, end(opened.part), log);
        await delay(AGAIN_AFTER_MS, undefined, { signal: stop.signal }).catch(() => {});
        if (!stop.signal.aborted) opened = openTaker(tracked);
      }
  }
  open();
  return {
    async close() {
      stop.abort();
      // From here on it takes no more; what it has in hand may last longer than an engine takes to let go.
      const closing = end(opened.part);
      closing.catch(() => {});
      await Promise.allSettled(underWay);
      await letGo(opened, closing, log);
    },
  };
}

/** BullMQ loses a connection that it is just making when it is closed; so that is waited for. */
async function end(part: Part): Promise<void> {
  await part.waitUntilReady().catch(() => {});
  await part.close();
}

/** What `work` comes to, or an error that begins with `fault` when it takes longer than `ms`. */
export async function within<T>(ms: number, work: Promise<T>, fault: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(new Error(`${fault} within ${ms / 1000} s.`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until it is closed, and where the engine is away not for long. Never throws. */
async function letGo(opened: Opened<unknown>, closing: Promise<unknown>, log: Log): Promise<void> {
  await within(CLOSE_WITHIN_MS, closing, 'A connection did not close').catch((error: Error) =>
    log.warn({ err: error.message }, 'queue'),
  );
  opened.drop();
}
