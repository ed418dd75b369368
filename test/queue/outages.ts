import { describe, expect, onTestFinished, test } from 'vitest';
import { createLog, openQueue } from '../../src/platform/index.ts';
import { type Gate, startGate } from '../support/gate.ts';

/** What these need of an engine: a queue of its own whose engine is reached by a gate. */
export interface OutageEngine {
  name: 'postgres' | 'redis';
  port(): number;
  /** Where the queue is when its engine listens on this port. */
  at(port: number): { databaseUrl: string; redisUrl?: string };
}

// What the queue promises is an answer or an error within its patience, here a tenth of what it is in earnest.
const patience = { answerMs: 500, closeMs: 200, againMs: 100 };
// With what a busy machine takes on top.
const IN_TIME_MS = 1_500;

/** Resolves to the error of what must fail, and to how long that took. */
async function failing(work: Promise<unknown>): Promise<{ message: string; ms: number }> {
  const startedAt = performance.now();
  const message = await work.then(
    () => 'it did not fail',
    (error: Error) => error.message,
  );
  return { message, ms: performance.now() - startedAt };
}

/** The queue's stories of an engine that is away, hangs, or comes back; the same over each. */
export function tellOutages(engine: OutageEngine): void {
  describe(`the queue while its engine, ${engine.name}, is away`, () => {
    async function begin() {
      const gate = await startGate(engine.port());
      onTestFinished(() => gate.close());
      const warnings: string[] = [];
      const log = createLog('warn');
      log.warn = (fields: { err: string }) => void warnings.push(fields.err);
      log.error = log.warn;
      return { gate, warnings, log };
    }

    function open({ gate, log }: { gate: Gate; log: ReturnType<typeof createLog> }) {
      const queue = openQueue({ ...engine.at(gate.port), log, patience });
      onTestFinished(() => queue.close());
      const taken: number[] = [];
      const consumer = queue.consume(async (ids) => void taken.push(...ids), { concurrency: 1 });
      onTestFinished(() => consumer.close());
      return { queue, consumer, taken };
    }

    /** An engine that is back is used again, by both sides, without anybody's help. */
    async function expectWork({ queue, taken }: ReturnType<typeof open>, id: number): Promise<void> {
      await expect
        .poll(
          () =>
            queue.add([[id]]).then(
              () => 'added',
              (e: Error) => e.message,
            ),
          { timeout: 10_000 },
        )
        .toBe('added');
      await expect.poll(() => taken, { timeout: 10_000 }).toContain(id);
      await expect.poll(() => queue.depth()).toBe(0);
    }

    /** Whatever asks it fails in time. @returns how */
    async function expectFailures({ queue }: ReturnType<typeof open>): Promise<string[]> {
      const failures = await Promise.all([queue.add([[99]]), queue.depth(), queue.ping()].map(failing));
      for (const { message, ms } of failures) {
        expect(message).not.toBe('it did not fail');
        expect(ms).toBeLessThan(IN_TIME_MS);
      }
      return failures.map((failure) => failure.message);
    }

    test('for a while: what asks it fails in time, and all goes on when it is back', async () => {
      const begun = await begin();
      const opened = open(begun);
      await expectWork(opened, 1);
      for (const id of [2, 3]) {
        await begun.gate.shut();
        await expectFailures(opened);
        await begun.gate.open();
        await expectWork(opened, id);
      }
    });

    test('from the start: the same, and the queue is there as soon as the engine is', async () => {
      const begun = await begin();
      await begun.gate.shut();
      const opened = open(begun);
      await expectFailures(opened);
      await begun.gate.open();
      await expectWork(opened, 1);
    });

    test('in that it hangs: the same', async () => {
      const begun = await begin();
      const opened = open(begun);
      await expectWork(opened, 1);
      begun.gate.freeze();
      for (const message of await expectFailures(opened))
        expect(message).toBe(`The queue's engine (${engine.name}) does not answer within 0.5 s.`);
      await begun.gate.open();
      await expectWork(opened, 3);
    });

    test('in the middle of a batch: it is finished, and the next ones are taken soon after', async () => {
      const begun = await begin();
      const { queue, taken } = open(begun);
      let free = () => {};
      const freed = new Promise<void>((go) => {
        free = go;
      });
      const slow = queue.consume(
        async (ids) => {
          taken.push(...ids);
          await freed;
        },
        { concurrency: 1 },
      );
      onTestFinished(() => slow.close());
      await queue.add([[1], [2], [3], [4], [5], [6]]);
      await expect.poll(() => taken.length).toBeGreaterThan(0);
      await begun.gate.shut();
      free();
      await begun.gate.open();
      // A job that was on its way to a taker when the engine went is locked for some seconds, and then taken by another: five
      // of the six at once, or all.
      await expect.poll(() => new Set(taken).size, { timeout: 10_000 }).toBeGreaterThanOrEqual(5);
      // Told of, and not again and again.
      expect(begun.warnings.length).toBeLessThan(10);
    });

    test('when all is closed: in time, and what is in hand is waited for', async () => {
      const begun = await begin();
      const { queue, consumer } = open(begun);
      let [free, done] = [() => {}, false];
      const freed = new Promise<void>((go) => {
        free = go;
      });
      const taken: number[] = [];
      const slow = queue.consume(
        async (ids) => {
          taken.push(...ids);
          await freed;
          done = true;
        },
        { concurrency: 1 },
      );
      await consumer.close();
      await queue.add([[1]]);
      await expect.poll(() => taken).toEqual([1]);
      await begun.gate.shut();
      const startedAt = performance.now();
      const closing = slow.close();
      free();
      await closing;
      expect(done).toBe(true);
      await queue.close();
      expect(performance.now() - startedAt).toBeLessThan(IN_TIME_MS);
    });

    test('from the start to the end: closing does not wait for it', async () => {
      const begun = await begin();
      await begun.gate.shut();
      const { queue, consumer } = open(begun);
      const startedAt = performance.now();
      await consumer.close();
      await queue.close();
      expect(performance.now() - startedAt).toBeLessThan(IN_TIME_MS);
    });
  });
}
