import type { Clock, Db, Log, Metrics, SmtpServer } from '../platform/index.ts';
import { addLimits, type Limit, lockPace, readPaces, takeSlots, writePace } from './pace-store.ts';
import {
  type Heard,
  isThrottling,
  type Pace,
  paceAfter,
  SUSPICION_MAX,
  suspicionAfter,
  withoutAddresses,
} from './rules/pace.ts';
import type { Outcome } from './rules/settlement.ts';
import { readReply } from './rules/smtp-reply.ts';

/** What the settings allow, in messages a second. */
export interface Limits {
  /** Absent: unlimited. */
  all?: number;
  domains: ReadonlyMap<string, number>;
}

export interface ThrottleOptions {
  db: Db;
  /** All senders' clocks must agree to about a second. */
  clock: Clock;
  log: Log;
  metrics: Pick<Metrics, 'slowedDomains' | 'putOff'>;
  limits: Limits;
}

/** What may be sent when; each id is in one of the two. */
export interface SendingPlan {
  /** Milliseconds to wait before each is sent: 0, or up to a second where the rate of all mail spaces them. */
  go: Map<number, number>;
  /** When to ask again for each, in milliseconds since 1970: give them back, they took no slot. */
  later: Map<number, number>;
}

/** Keeps the rates. All that it knows is in the database: shared by processes, kept over restarts. */
export interface Throttle {
  /**
   * Takes slots for claimed deliveries, in their order: one statement, and none where nothing limits these. Never throws;
   * while the database is away nothing that has a limit may go.
   *
   * @param rows - the domain in lower case, as A-labels
   */
  plan(rows: readonly { id: number; domain: string }[]): Promise<SendingPlan>;
  /** Tells what came of a message, whatever it was. Costs nothing while the domain takes mail at full speed. */
  observe(domain: string, outcome: Outcome, sentAtMs: number): void;
  /**
   * When the last of those that were put off here because of the settings' rates comes back, in milliseconds since 1970;
   * 0 where there were none. Those of a slowed domain are not among them: they are as good as refused.
   */
  lineEndsAtMs(): number;
  /** Resolves when all that was told is written. */
  flush(): Promise<void>;
}

/** A message waits for its slot in the rate of all mail this long; nobody else could use its connection meanwhile. */
const AHEAD_MS = 1_000;

/** The longest time off: how late a change of the settings, or of a domain's mind, is noticed. */
const LATER_MS = 15 * 60_000;
const LATER_SLOWED_MS = 5 * 60_000;

/** How long it takes until what another process heard is known here. */
const REFRESH_MS = 3_000;

/** When to ask again while the database does not answer. */
const AWAY_MS = 5_000;

/** 0: unlimited. */
const stepMs = (rate: number | undefined) => (rate ? 1000 / rate : 0);

const keyOf = (domain: string) => `domain:${domain}`;

/** The limits of the settings. Where every server has a rate, their sum is a limit of all mail too. */
export function limitsOf(settings: {
  sendRate?: number;
  domainRates: ReadonlyMap<string, number>;
  smtpServers: readonly Pick<SmtpServer, 'rate'>[];
}): Limits {
  const { sendRate, domainRates, smtpServers } = settings;
  const servers = smtpServers.reduce((sum, { rate }) => sum + (rate ?? Number.POSITIVE_INFINITY), 0);
  const all = Math.min(sendRate ?? Number.POSITIVE_INFINITY, servers || Number.POSITIVE_INFINITY);
  return { ...(Number.isFinite(all) && { all }), domains: domainRates };
}

/** One throttle for each process. */
export function createThrottle({ db, clock, log, metrics, limits }: ThrottleOptions): Throttle {
  let slowed = new Map<string, Pace>();
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  let lineEndsAtMs = 0;
  /** Of domains at full speed that have complained lately; each process has its own. */
  const suspicions = new Map<string, number>();
  const writing = new Set<Promise<void>>();

  async function readSlowed(): Promise<void> {
    try {
      slowed = new Map((await readPaces(db)).map((pace) => [pace.domain, pace]));
      metrics.slowedDomains.set(slowed.size);
    } catch (error) {
      log.warn({ err: (error as Error).message }, 'the slowed domains could not be read');
    }
    readAtMs = clock.now().getTime();
  }

  /** Absolute: a clock that was set back must not stop the reading. */
  async function refresh(): Promise<void> {
    if (Math.abs(clock.now().getTime() - readAtMs) < REFRESH_MS) return;
    reading ??= readSlowed().finally(() => {
      reading = undefined;
    });
    await reading;
  }

  const limitOf = (key: string): Limit => {
    const domain = key.slice(keyOf('').length);
    const rate = key === 'all' ? limits.all : limits.domains.get(domain);
    return {
      key,
      stepMs: stepMs(rate),
      aheadMs: key === 'all' ? AHEAD_MS : 0,
      laterMs: slowed.has(domain) ? LATER_SLOWED_MS : LATER_MS,
    };
  };

  async function change(domain: string, heard: Heard, reply: string | null): Promise<void> {
    const before = slowed.get(domain)?.pauseMs ?? null;
    try {
      const pace = await db.transaction(async (tx) => {
        const known = await lockPace(tx, keyOf(domain), clock.now());
        const next = paceAfter(known, heard, clock.now().getTime());
        if (next !== known)
          await writePace(tx, keyOf(domain), stepMs(limits.domains.get(domain)), next, reply);
        return next;
      });
      remember(domain, pace);
    } catch (error) {
      log.warn({ domain, err: (error as Error).message }, 'a pace could not be written');
    }
    const after = slowed.get(domain)?.pauseMs ?? null;
    if (before === null || after === null)
      log.info(
        { domain, pauseMs: after, reply },
        after ? 'a domain is slowed' : 'a domain goes at full speed',
      );
  }

  /** Keeps count of a domain at full speed. @returns whether it is to be slowed now */
  function isSuspect(domain: string, kind: Heard['kind']): boolean {
    const suspicion = suspicionAfter(suspicions.get(domain) ?? 0, kind);
    const isOver = suspicion >= SUSPICION_MAX;
    if (isOver || suspicion === 0) suspicions.delete(domain);
    else suspicions.set(domain, suspicion);
    return isOver;
  }

  function remember(domain: string, pace: Pace): void {
    if (pace.pauseMs === null) slowed.delete(domain);
    else slowed.set(domain, pace);
    metrics.slowedDomains.set(slowed.size);
  }

  return {
    async plan(rows) {
      await refresh();
      const gates = rows.map(({ domain }) =>
        limits.domains.has(domain) || slowed.has(domain) ? keyOf(domain) : null,
      );
      const common = limits.all === undefined ? null : 'all';
      const keys = [...new Set([common, ...gates])].filter((key) => key !== null);
      const result: SendingPlan = { go: new Map(), later: new Map() };
      if (keys.length === 0 || rows.length === 0) {
        for (const { id } of rows) result.go.set(id, 0);
        return result;
      }
      const now = clock.now();
      const ask = () => takeSlots(db, now, keys.map(limitOf), gates, common);
      let slots: Awaited<ReturnType<typeof ask>> = [];
      try {
        slots = await ask();
        if (slots.some((slot) => slot.goMs === null && slot.laterMs === null)) {
          await addLimits(db, keys, now);
          slots = await ask();
        }
      } catch (error) {
        log.warn({ err: (error as Error).message, rows: rows.length }, 'no slots could be taken');
      }
      for (const [index, { id, domain }] of rows.entries()) {
        const { goMs = null, laterMs = null } = slots[index] ?? {};
        if (goMs !== null) {
          result.go.set(id, Math.max(0, goMs - now.getTime()));
          continue;
        }
        const atMs = Math.ceil(laterMs ?? now.getTime() + AWAY_MS);
        result.later.set(id, atMs);
        if (!slowed.has(domain)) lineEndsAtMs = Math.max(lineEndsAtMs, atMs);
      }
      if (result.later.size > 0) metrics.putOff.inc(result.later.size);
      return result;
    },

    observe(domain, outcome, sentAtMs) {
      const known = slowed.get(domain);
      const reply = outcome.kind === 'refused' ? readReply(outcome.reply) : undefined;
      const throttled =
        outcome.kind === 'refused' && reply !== undefined && isThrottling(reply, outcome.stage);
      if (!throttled && outcome.kind !== 'accepted') return;
      const heard: Heard = { kind: throttled ? 'throttled' : 'accepted', sentAtMs };
      if (!known && !isSuspect(domain, heard.kind)) return;
      const pace = known ?? { pauseMs: null, changedAtMs: 0 };
      const next = paceAfter(pace, heard, clock.now().getTime());
      if (next === pace) return;
      // At once: the other complaints of this chunk are about the same speed, and need no statement.
      const work = change(domain, heard, reply ? withoutAddresses(reply.text) : null).finally(() =>
        writing.delete(work),
      );
      remember(domain, next);
      writing.add(work);
    },

    lineEndsAtMs: () => lineEndsAtMs,

    async flush() {
      await Promise.all(writing);
    },
  };
}
