import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './log.ts';

// How the queue lives with an engine that is away, hangs, or comes back.

/** How long an engine is waited for, in milliseconds. */
export interface Patience {
  /** One that has not answered by then is away. */
  answerMs: number;
  /** For one that is away to let go of a connection, before that is dropped. */
  closeMs: number;
  /** One that failed is asked again after this. */
  againMs: number;
}

// Ten thousand rows are 50 jobs, which take some milliseconds. Both ends of a queue must have closed well within the ten
// seconds after which orchestrators kill.
export const PATIENCE: Patience = { answerMs: 5_000, closeMs: 2_000, againMs: 1_000 };

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
export function keepReady<Asked extends Part>(open: () => Opened<Asked>, patience: Patience, log: Log) {
  let opened = open();
  let closing: Promise<void> | undefined;
  async function ready(): Promise<Asked> {
    const asked = opened;
    try {
      await asked.part.waitUntilReady();
    } catch {
      if (opened === asked) {
        opened = open();
        letGo(asked, end(asked.part), patience, log);
      }
      await opened.part.waitUntilReady();
    }
    return opened.part;
  }
  return {
    use: async <T>(work: (part: Asked) => Promise<T>) => work(await ready()),
    close() {
      closing ??= letGo(opened, end(opened.part), patience, log);
      return closing;
    },
  };
}

/** The same for a worker, which nobody asks anything: it is opened until it is there. */
export function keepTaking(
  openTaker: (handle: Handle) => Opened<Part>,
  handle: Handle,
  patience: Patience,
  log: Log,
): Consumer {
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
        await letGo(opened, end(opened.part), patience, log);
        await delay(patience.againMs, undefined, { signal: stop.signal }).catch(() => {});
        if (!stop.signal.aborted) opened = openTaker(tracked);
      }
  }
  open();
  async function close(): Promise<void> {
    stop.abort();
    // From here on it takes no more; what it has in hand may last longer than an engine takes to let go.
    const ending = end(opened.part);
    ending.catch(() => {});
    await Promise.allSettled(underWay);
    await letGo(opened, ending, patience, log);
  }
  let closing: Promise<void> | undefined;
  return {
    close() {
      closing ??= close();
      return closing;
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
async function letGo(
  opened: Opened<unknown>,
  closing: Promise<unknown>,
  { closeMs }: Patience,
  log: Log,
): Promise<void> {
  await within(closeMs, closing, 'A connection did not close').catch((error: Error) =>
    log.warn({ err: error.message }, 'the queue was closed by force'),
  );
  opened.drop();
}
