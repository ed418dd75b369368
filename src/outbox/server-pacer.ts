import type { Clock, Db, Log } from '../platform/index.ts';
import { addLimits, takeSlots } from './pace-store.ts';

/** When a server may be given a message: after a wait, or not before a time (milliseconds since 1970). */
export type ServerSlot = { waitMs: number } | { fullUntilMs: number };

/** Keeps the rate that a server was given in `SMTP_URL`, over all processes. */
export interface ServerPacer {
  /**
   * Takes a slot. Never throws: while the database is away a server with a rate is full.
   *
   * @param server - `host:port`
   * @param rate - messages a second
   * @param patienceMs - how long the message would wait for its slot: 0 where another server may have room at once, a
   *   second at most
   */
  takeServerSlot(server: string, rate: number, patienceMs?: number): Promise<ServerSlot>;
}

/**
 * Slots are taken for this long at once, and those not used in this time are lost: a statement for a quarter of a second
 * of mail, whatever the rate.
 */
const LEASE_MS = 250;

/** Slots are taken no further ahead than this; then the server is full. */
const AHEAD_MS = 1_000;

const AWAY_MS = 5_000;

interface Lease {
  slots: number[];
  fullUntilMs: number;
  asking?: Promise<void> | undefined;
}

/** One for each process; its slots are used by all connections. */
export function createServerPacer({ db, clock, log }: { db: Db; clock: Clock; log: Log }): ServerPacer {
  const leases = new Map<string, Lease>();

  async function ask(lease: Lease, server: string, rate: number): Promise<void> {
    const key = `server:${server}`;
    const now = clock.now();
    const limit = { key, stepMs: 1000 / rate, aheadMs: AHEAD_MS, laterMs: AHEAD_MS };
    const gates = Array.from({ length: Math.max(1, Math.ceil((rate * LEASE_MS) / 1000)) }, () => null);
    const take = () => takeSlots(db, now, [limit], gates, key);
    try {
      let slots = await take();
      if (slots[0]?.goMs === null && slots[0].laterMs === null) {
        await addLimits(db, [key], now);
        slots = await take();
      }
      lease.slots.push(...slots.flatMap((slot) => slot.goMs ?? []));
      if (lease.slots.length === 0) lease.fullUntilMs = slots[0]?.laterMs ?? now.getTime() + AWAY_MS;
    } catch (error) {
      log.warn({ server, err: (error as Error).message }, 'no slots could be taken');
      lease.fullUntilMs = now.getTime() + AWAY_MS;
    }
  }

  return {
    async takeServerSlot(server, rate, patienceMs = AHEAD_MS) {
      const lease = leases.get(server) ?? { slots: [], fullUntilMs: 0 };
      leases.set(server, lease);
      for (;;) {
        const nowMs = clock.now().getTime();
        // Too old, or of a clock that has been set back since.
        lease.slots = lease.slots.filter(
          (at) => at > nowMs - LEASE_MS && at < nowMs + 2 * AHEAD_MS + 1000 / rate,
        );
        const [slot] = lease.slots;
        if (slot !== undefined && slot > nowMs + patienceMs) return { fullUntilMs: slot };
        if (slot !== undefined) {
          lease.slots.shift();
          return { waitMs: Math.max(0, slot - nowMs) };
        }
        if (lease.fullUntilMs > nowMs && lease.fullUntilMs <= nowMs + AWAY_MS)
          return { fullUntilMs: lease.fullUntilMs };
        lease.asking ??= ask(lease, server, rate).finally(() => {
          lease.asking = undefined;
        });
        await lease.asking;
      }
    },
  };
}
