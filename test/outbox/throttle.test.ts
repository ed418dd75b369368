import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createServerPacer,
  createThrottle,
  type Limits,
  limitsOf,
  readPaces,
  type Throttle,
} from '../../src/outbox/index.ts';
import {
  createLog,
  createMetrics,
  type Database,
  openDatabase,
  type StoppedClock,
  stoppedClock,
} from '../../src/platform/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const START = Date.parse('2026-06-11T07:00:00Z');
const log = createLog('silent');

let database: TestDatabase;
let clock: StoppedClock;
let opened: Database[] = [];
let statements: string[] = [];

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.query('test-empty', 'delete from pace');
  clock = stoppedClock(new Date(START));
  statements = [];
});
afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
});

/** A throttle as a process of its own has it: with its own connections. */
function startProcess(
  limits: Partial<Limits> = {},
): Throttle & { metrics: ReturnType<typeof createMetrics> } {
  const db = openDatabase({ url: database.url, max: 2, onStatement: (label) => statements.push(label) });
  opened.push(db);
  const metrics = createMetrics();
  const full = { domains: new Map<string, number>(), ...limits };
  return { ...createThrottle({ db, clock, log, metrics, limits: full }), metrics };
}

const moveTo = (ms: number) => clock.set(new Date(START + ms));

let lastId = 0;
const rowsTo = (domain: string, count: number) =>
  Array.from({ length: count }, () => ({ id: ++lastId, domain }));

/**
 * Lets processes send to readers until `untilMs`, as the real ones do: what is put off comes back with the first tick of
 * the clock after its time, each process takes chunks of 5.
 *
 * @returns when each message went, in milliseconds from the start, in order
 */
async function send(
  processes: readonly Throttle[],
  rows: { id: number; domain: string }[],
  { fromMs = 0, untilMs = 3_000, tickMs = 1_000 } = {},
): Promise<{ atMs: number; domain: string }[]> {
  const sent: { atMs: number; domain: string }[] = [];
  let waiting = rows.map((row) => ({ row, dueMs: fromMs }));
  for (let tick = fromMs; tick < untilMs; tick += tickMs) {
    let free = processes.map(() => tick);
    const due = waiting.filter((one) => one.dueMs <= tick);
    waiting = waiting.filter((one) => one.dueMs > tick);
    while (due.length > 0) {
      // The process that is free first takes the next chunk, and is free again when its last message went.
      const soonest = Math.min(...free);
      if (soonest >= tick + tickMs) break;
      moveTo(soonest);
      const turns = processes
        .map((throttle, index) => ({ throttle, index, chunk: [] as { id: number; domain: string }[] }))
        .filter(({ index }) => free[index] === soonest);
      for (const turn of turns) turn.chunk = due.splice(0, 5).map((one) => one.row);
      free = [...free];
      await Promise.all(
        turns.map(async ({ throttle, index, chunk }) => {
          const { go, later } = await throttle.plan(chunk);
          expect([...go.keys(), ...later.keys()].sort()).toEqual(chunk.map((row) => row.id).sort());
          for (const row of chunk) {
            const delay = go.get(row.id);
            if (delay === undefined) {
              const dueMs = (later.get(row.id) ?? 0) - START;
              expect(dueMs).toBeGreaterThan(soonest - 1);
              waiting.push({ row, dueMs });
            } else sent.push({ atMs: soonest + delay, domain: row.domain });
          }
          free[index] = soonest + Math.max(0, ...go.values());
        }),
      );
    }
    waiting.push(...due);
  }
  return sent.filter(({ atMs }) => atMs < untilMs).sort((a, b) => a.atMs - b.atMs);
}

describe('a rate of all mail', () => {
  test('two processes together keep it, and use it', async () => {
    const limits = { all: 40 };
    const sent = await send([startProcess(limits), startProcess(limits)], rowsTo('a.example', 300));
    // 3 seconds, and the burst after a rest: a tenth of a second and one message.
    expect(sent.length).toBeLessThanOrEqual(3 * 40 + 5);
    expect(sent.length).toBeGreaterThanOrEqual(3 * 40);
    for (const [i, { atMs }] of sent.entries()) expect(i).toBeLessThanOrEqual(5 + (atMs * 40) / 1000);
  });

  test('at one and the same moment eight processes are given each slot once', async () => {
    const limits = { all: 100, domains: new Map([['slow.example', 1]]) };
    const processes = Array.from({ length: 8 }, () => startProcess(limits));
    const plans = await Promise.all(
      Array.from({ length: 160 }, (_, i) =>
        processes[i % 8]?.plan([...rowsTo('slow.example', 1), ...rowsTo('a.example', 2)]),
      ),
    );
    const delays = plans.flatMap((plan) => [...(plan?.go.values() ?? [])]).sort((a, b) => a - b);
    // One of the slow domain among them; from now to a second ahead, 10 ms apart.
    expect(delays).toEqual(Array.from({ length: 101 }, (_, i) => i * 10));
  });

  test('a restart keeps it: the new process begins where the old one ended', async () => {
    const first = await send([startProcess({ all: 20 })], rowsTo('a.example', 100), { untilMs: 1_000 });
    expect(first.length).toBeGreaterThanOrEqual(20);
    const second = await send([startProcess({ all: 20 })], rowsTo('a.example', 100), {
      fromMs: 1_000,
      untilMs: 2_000,
    });
    expect(first.length + second.length).toBeLessThanOrEqual(2 * 20 + 3);
    expect(second.length).toBeGreaterThanOrEqual(15);
  });

  test('a rest of an hour does not pile up', async () => {
    const throttle = startProcess({ all: 50 });
    await throttle.plan(rowsTo('a.example', 1));
    moveTo(3_600_000);
    const { go } = await throttle.plan(rowsTo('a.example', 500));
    expect([...go.values()].filter((delay) => delay === 0)).toHaveLength(6);
    expect(go.size).toBeLessThanOrEqual(6 + 50);
  });

  test('a message waits a second at most; what lies further ahead is put off in a line and takes no slot', async () => {
    const throttle = startProcess({ all: 2 });
    const { go, later } = await throttle.plan(rowsTo('a.example', 8));
    expect([...go.values()]).toEqual([0, 500, 1_000]);
    expect([...later.values()].map((at) => at - START)).toEqual([1_500, 2_000, 2_500, 3_000, 3_500]);
    expect(throttle.lineEndsAtMs() - START).toBe(3_500);
    // Nobody of the line came back: all slots are there for others.
    moveTo(3_000);
    expect((await throttle.plan(rowsTo('a.example', 8))).go.size).toBeGreaterThanOrEqual(3);
    expect(await throttle.metrics.render()).toMatch(/paperboy_outbox_put_off_total 7/);
  });

  test('a line is never longer than a quarter of an hour', async () => {
    const { later } = await startProcess({ all: 0.01 }).plan(rowsTo('a.example', 100));
    expect(Math.max(...later.values()) - START).toBe(15 * 60_000);
  });

  test('heals when the clock is set back or an old database comes back', async () => {
    const throttle = startProcess({ all: 10 });
    moveTo(30 * 86_400_000);
    await throttle.plan(rowsTo('a.example', 50));
    moveTo(0);
    const sent = await send([throttle], rowsTo('a.example', 100), { untilMs: 2_000 });
    expect(sent.length).toBeGreaterThanOrEqual(20);
    expect(sent.length).toBeLessThanOrEqual(22);
  });

  test('while the database is away nothing that has a limit goes, and nothing is thrown', async () => {
    const throttle = startProcess({ all: 10 });
    await opened[0]?.close();
    opened = [];
    const { go, later } = await throttle.plan(rowsTo('a.example', 3));
    expect(go.size).toBe(0);
    expect([...later.values()]).toEqual([START + 5_000, START + 5_000, START + 5_000]);
  });
});

describe('a rate of a domain', () => {
  const limits = { domains: new Map([['slow.example', 10]]) };

  test('binds that domain over processes, and no other', async () => {
    const rows = [...rowsTo('slow.example', 60), ...rowsTo('a.example', 60)];
    const sent = await send([startProcess(limits), startProcess(limits)], rows, { untilMs: 4_000 });
    const slow = sent.filter(({ domain }) => domain === 'slow.example').map(({ atMs }) => atMs);
    expect(sent.filter(({ domain }) => domain === 'a.example').map(({ atMs }) => atMs)).toEqual(
      Array.from({ length: 60 }, () => 0),
    );
    // Sent with the ticks at 0, 1, 2 and 3 s; each finds what its second has given.
    expect(slow.length).toBeLessThanOrEqual(3 * 10 + 2);
    expect(slow.length).toBeGreaterThanOrEqual(3 * 10);
    for (const [i, atMs] of slow.entries()) expect(i).toBeLessThanOrEqual(2 + (atMs * 10) / 1000);
  });

  test('what it puts off takes nothing of the rate of all: the others get the whole of it', async () => {
    const throttle = startProcess({ all: 20, domains: new Map([['slow.example', 0.1]]) });
    const rows = [...rowsTo('slow.example', 40), ...rowsTo('a.example', 100)];
    const sent = await send([throttle], rows, { untilMs: 2_000 });
    expect(sent.filter(({ domain }) => domain === 'slow.example')).toHaveLength(1);
    expect(sent.length).toBeGreaterThanOrEqual(2 * 20);
    expect(sent.length).toBeLessThanOrEqual(2 * 20 + 3);
  });

  test('any mix of domains, chunks and pauses keeps every limit', async () => {
    const domains = new Map([
      ['a.example', 5],
      ['b.example', 0.5],
    ]);
    const rates: Record<string, number> = { all: 12, 'a.example': 5, 'b.example': 0.5 };
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 3_000 }),
      to: fc.array(fc.constantFrom('a.example', 'b.example', 'c.example'), { maxLength: 12 }),
    });
    const throttle = startProcess({ all: 12, domains });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
        await database.db.query('test-empty', 'delete from pace');
        const went: { atMs: number; domain: string }[] = [];
        let nowMs = 0;
        for (const { afterMs, to } of steps) {
          nowMs += afterMs;
          moveTo(nowMs);
          const rows = to.flatMap((domain) => rowsTo(domain, 1));
          const { go } = await throttle.plan(rows);
          for (const { id, domain } of rows)
            if (go.has(id)) went.push({ atMs: nowMs + (go.get(id) ?? 0), domain });
        }
        went.sort((a, b) => a.atMs - b.atMs);
        for (const [key, rate] of Object.entries(rates)) {
          const times = went.filter((one) => key === 'all' || one.domain === key).map((one) => one.atMs);
          // From the first message on, and in any window: what was kept for those who were put off, a second in which a
          // slot may be waited for, and one message.
          for (const [i, atMs] of times.entries()) {
            expect(i).toBeLessThanOrEqual(1.01 + ((atMs - (times[0] ?? 0) + 1_100) * rate) / 1000);
            for (let j = 0; j < i; j += 1)
              expect(i - j).toBeLessThanOrEqual(1.01 + ((atMs - (times[j] ?? 0) + 3_000) * rate) / 1000);
          }
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe('what it costs', () => {
  test('nothing limited: no statement but a look at the slowed domains now and then', async () => {
    const throttle = startProcess();
    for (let i = 0; i < 200; i += 1) {
      moveTo(i * 10);
      expect((await throttle.plan(rowsTo('a.example', 5))).go.size).toBe(5);
    }
    expect(statements).toEqual(['read-paces']);
  });

  test('a limit on one domain: no statement for chunks without it, one for those with it', async () => {
    const throttle = startProcess({ domains: new Map([['slow.example', 10]]) });
    await throttle.plan(rowsTo('slow.example', 5));
    statements.length = 0;
    for (let i = 0; i < 20; i += 1) await throttle.plan(rowsTo('a.example', 5));
    expect(statements).toEqual([]);
    await throttle.plan([...rowsTo('a.example', 3), ...rowsTo('slow.example', 2)]);
    expect(statements).toEqual(['take-slots']);
  });
});

describe('a domain that asks for less', () => {
  const refused = {
    kind: 'refused',
    stage: 'rcpt',
    server: 's',
    reply: '451 4.7.1 <ann@slow.example> too fast',
  } as const;
  const accepted = { kind: 'accepted', reply: '250 ok', server: 's' } as const;

  /** One chunk: what may go is sent and answered half a second later. @returns how many went */
  async function exchange(
    throttle: Throttle,
    domain: string,
    atMs: number,
    answer: typeof refused | typeof accepted,
  ) {
    moveTo(atMs);
    const { go } = await throttle.plan(rowsTo(domain, 10));
    moveTo(atMs + 500);
    for (let i = 0; i < go.size; i += 1) throttle.observe(domain, answer, START + atMs);
    await throttle.flush();
    return go.size;
  }

  test('is slowed at once for all processes, one message at a time, and others are not', async () => {
    const [one, other] = [startProcess(), startProcess()];
    await other.plan(rowsTo('slow.example', 1));
    expect(await exchange(one, 'slow.example', 0, refused)).toBe(10);
    expect(await readPaces(database.db)).toEqual([
      {
        domain: 'slow.example',
        pauseMs: 5_000,
        changedAtMs: START + 500,
        reply: '451 4.7.1 <(address)> too fast',
      },
    ]);
    moveTo(3_000);
    const { go, later } = await other.plan([...rowsTo('slow.example', 3), ...rowsTo('a.example', 3)]);
    expect(go.size).toBe(3);
    expect([...later.values()].map((at) => at - START)).toEqual([5_500, 10_500, 15_500]);
    moveTo(5_500);
    const both = await Promise.all([one, other].map((throttle) => throttle.plan(rowsTo('slow.example', 5))));
    expect(both.reduce((sum, plan) => sum + plan.go.size, 0)).toBe(1);
    expect(await one.metrics.render()).toMatch(/paperboy_slowed_domains 1/);
  });

  test('is asked less and less while it refuses, and is at full speed soon after it takes mail again', async () => {
    const throttle = startProcess();
    const story: [number, number][] = [];
    let atMs = 0;
    const play = async (answer: typeof refused | typeof accepted, untilMs: number) => {
      for (; atMs < untilMs; atMs += 1_000) {
        const went = await exchange(throttle, 'slow.example', atMs, answer);
        if (went > 0) story.push([atMs, went]);
      }
    };
    await play(refused, 100_000);
    // Pauses of 5, 10, 20 and 40 s after each answer.
    expect(story).toEqual([
      [0, 10],
      [6_000, 1],
      [17_000, 1],
      [38_000, 1],
      [79_000, 1],
    ]);
    story.length = 0;
    await play(accepted, 216_000);
    expect(story[0]).toEqual([140_000, 1]);
    expect(story.at(-1)).toEqual([215_000, 10]);
    const free = story.find(([, went]) => went === 10)?.[0] ?? Number.POSITIVE_INFINITY;
    expect(free).toBeLessThan(140_000 + 75_000);
    expect(await readPaces(database.db)).toEqual([]);
    expect(await throttle.metrics.render()).toMatch(/paperboy_slowed_domains 0/);
  });

  test('is not slowed for a complaint now and then, and that costs no statement', async () => {
    const throttle = startProcess();
    await throttle.plan([]);
    statements.length = 0;
    for (let i = 0; i < 2_000; i += 1)
      throttle.observe('busy.example', i % 20 === 0 ? refused : accepted, START);
    await throttle.flush();
    expect((await throttle.plan(rowsTo('busy.example', 5))).go.size).toBe(5);
    expect(statements).toEqual([]);
  });

  test('a restart does not forget it', async () => {
    await exchange(startProcess(), 'slow.example', 0, refused);
    moveTo(1_000);
    expect((await startProcess().plan(rowsTo('slow.example', 5))).go.size).toBe(0);
  });

  test('its own rate still holds where that is the slower', async () => {
    const throttle = startProcess({ domains: new Map([['slow.example', 0.05]]) });
    expect(await exchange(throttle, 'slow.example', 0, refused)).toBe(1);
    for (let i = 0; i < 4; i += 1) throttle.observe('slow.example', refused, START);
    await throttle.flush();
    expect(await exchange(throttle, 'slow.example', 6_000, accepted)).toBe(0);
    expect(await exchange(throttle, 'slow.example', 20_000, accepted)).toBe(1);
    expect(await readPaces(database.db)).toMatchObject([{ pauseMs: 2_500 }]);
    expect(await exchange(throttle, 'slow.example', 39_000, accepted)).toBe(0);
    expect(await exchange(throttle, 'slow.example', 40_000, accepted)).toBe(1);
  });

  test('ten complaints at once are one, and written once', async () => {
    const throttle = startProcess();
    await throttle.plan([]);
    statements.length = 0;
    await exchange(throttle, 'slow.example', 0, refused);
    expect(statements.filter((label) => label === 'write-pace')).toHaveLength(1);
    expect(statements.filter((label) => label === 'lock-pace')).toHaveLength(1);
  });
});

describe('a rate of a server', () => {
  const startPacer = () => {
    const db = openDatabase({ url: database.url, max: 2, onStatement: (label) => statements.push(label) });
    opened.push(db);
    return createServerPacer({ db, clock, log });
  };

  test('two processes keep it together, for far less than a statement a message', async () => {
    const pacers = [startPacer(), startPacer()];
    const went: number[] = [];
    for (let atMs = 0; atMs < 3_000; atMs += 50) {
      moveTo(atMs);
      await Promise.all(
        pacers.map(async (pacer) => {
          for (let i = 0; i < 30; i += 1) {
            const slot = await pacer.takeServerSlot('mx.example:25', 200);
            if ('fullUntilMs' in slot) break;
            went.push(atMs + slot.waitMs);
          }
        }),
      );
    }
    const within = went.filter((at) => at < 3_000).length;
    expect(within).toBeLessThanOrEqual(3 * 200 + 21);
    expect(within).toBeGreaterThanOrEqual(3 * 200 * 0.95);
    expect(statements.length).toBeLessThan(went.length / 5);
  });

  test('a server without room for the next second says until when', async () => {
    const pacer = startPacer();
    expect(await pacer.takeServerSlot('mx.example:25', 1)).toEqual({ waitMs: 0 });
    expect(await pacer.takeServerSlot('mx.example:25', 1)).toEqual({ waitMs: 1_000 });
    const full = await pacer.takeServerSlot('mx.example:25', 1);
    expect(full).toEqual({ fullUntilMs: START + 1_000 });
    moveTo(1_000);
    expect(await pacer.takeServerSlot('mx.example:25', 1)).toEqual({ waitMs: 1_000 });
    expect(await pacer.takeServerSlot('other.example:25', 1)).toEqual({ waitMs: 0 });
  });

  test('who can go elsewhere does not wait, and takes no slot', async () => {
    const pacer = startPacer();
    expect(await pacer.takeServerSlot('mx.example:25', 20, 0)).toEqual({ waitMs: 0 });
    const elsewhere = { fullUntilMs: START + 50 };
    for (let i = 0; i < 3; i += 1)
      expect(await pacer.takeServerSlot('mx.example:25', 20, 0)).toEqual(elsewhere);
    expect(await pacer.takeServerSlot('mx.example:25', 20)).toEqual({ waitMs: 50 });
    expect(statements.filter((label) => label === 'take-slots')).toHaveLength(2);
  });

  test('the sum of the servers is a limit of all mail, unless one has none', () => {
    const domainRates = new Map<string, number>();
    expect(limitsOf({ domainRates, smtpServers: [{ rate: 5 }, { rate: 7 }] }).all).toBe(12);
    expect(limitsOf({ domainRates, sendRate: 3, smtpServers: [{ rate: 5 }] }).all).toBe(3);
    expect(limitsOf({ domainRates, sendRate: 3, smtpServers: [{ rate: 5 }, {}] }).all).toBe(3);
    expect(limitsOf({ domainRates, smtpServers: [{ rate: 5 }, {}] })).toEqual({ domains: domainRates });
    expect(limitsOf({ domainRates, smtpServers: [] })).toEqual({ domains: domainRates });
  });
});
