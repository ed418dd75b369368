import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  domainOf,
  FIRST_PAUSE_MS,
  type Heard,
  isThrottling,
  LONGEST_PAUSE_MS,
  type Pace,
  paceAfter,
  SHORTEST_PAUSE_MS,
  SUSPICION_MAX,
  suspicionAfter,
  withoutAddresses,
} from '../../../src/outbox/rules/pace.ts';
import { readReply } from '../../../src/outbox/rules/smtp-reply.ts';

describe('what slows a domain', () => {
  test.each([
    ['421 4.7.28 Gmail has detected an unusual rate of mail', 'data'],
    ['421 Too many messages, come back later', 'rcpt'],
    ['450 4.7.1 rate limit exceeded', 'rcpt'],
    ['451 4.7.651 The mail server has been temporarily rate limited', 'data'],
    ['451 try again later', 'rcpt'],
    ['451 4.3.0 temporary system problem', 'data'],
    ['452 4.7.0 too much mail from you', 'rcpt'],
  ] as const)('%s (at %s)', (reply, stage) => {
    expect(isThrottling(readReply(reply), stage)).toBe(true);
  });

  test.each([
    ['421 4.3.2 the server is shutting down', 'connect', 'no domain was named yet'],
    ['451 4.7.1 not now', 'mail', 'no domain was named yet'],
    ['450 4.2.1 this user receives mail too fast', 'rcpt', 'one mailbox'],
    ['452 4.2.2 mailbox full', 'rcpt', 'one mailbox'],
    ['450 4.1.8 sender domain not found', 'rcpt', 'an address'],
    ['451 4.7.1 Greylisted, come back in 5 minutes', 'rcpt', 'asks for another try, not for fewer'],
    ['450 Recipient address rejected: Gray-listed', 'rcpt', 'asks for another try, not for fewer'],
    ['452 4.3.1 insufficient storage', 'data', 'not about our speed'],
    ['550 5.7.1 rejected', 'rcpt', 'final'],
    ['250 ok', 'data', 'taken'],
  ] as const)('not %s (at %s): %s', (reply, stage, _why) => {
    expect(isThrottling(readReply(reply), stage)).toBe(false);
  });
});

describe('what makes a domain at full speed suspect', () => {
  /** After how many messages a domain is slowed that complains of one in `every`; null: not within 5,000. */
  function slowedAfter(every: number): number | null {
    let suspicion = 0;
    for (let n = 1; n <= 5_000; n += 1) {
      suspicion = suspicionAfter(suspicion, n % every === 0 ? 'throttled' : 'accepted');
      if (suspicion >= SUSPICION_MAX) return n;
    }
    return null;
  }

  test.each([
    [1, 5],
    [2, 14],
    [4, 68],
    [5, null],
    [10, null],
    [50, null],
  ])('one complaint in %i: slowed after %j messages', (every, after) =>
    expect(slowedAfter(every)).toBe(after),
  );
});

describe('paceAfter', () => {
  const FREE: Pace = { pauseMs: null, changedAtMs: 0 };
  const hears = (kind: Heard['kind'], pace: Pace, atMs: number) =>
    paceAfter(pace, { kind, sentAtMs: atMs - 1 }, atMs);

  test('complaints double the pause up to its longest', () => {
    const pauses: (number | null)[] = [];
    let pace = FREE;
    for (let at = 1e6; at < 2e6; at += 1e5) {
      pace = hears('throttled', pace, at);
      pauses.push(pace.pauseMs);
    }
    expect(pauses.slice(0, 6)).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  test('ten complaints about messages that left together count as one', () => {
    let pace = FREE;
    for (let i = 0; i < 10; i += 1) pace = paceAfter(pace, { kind: 'throttled', sentAtMs: 1_000 }, 1_500 + i);
    expect(pace).toEqual({ pauseMs: FIRST_PAUSE_MS, changedAtMs: 1_500 });
  });

  test('a message that left before the slow-down does not end it when it is taken', () => {
    const slowed = hears('throttled', FREE, 10_000);
    expect(paceAfter(slowed, { kind: 'accepted', sentAtMs: 9_999 }, 30_000)).toBe(slowed);
  });

  test('a clock that was set back does not keep a domain slow', () => {
    const slowed: Pace = { pauseMs: FIRST_PAUSE_MS, changedAtMs: 1e9 };
    expect(hears('accepted', slowed, 1e6)).toEqual({ pauseMs: FIRST_PAUSE_MS / 2, changedAtMs: 1e6 });
  });

  const story = fc.array(
    fc.record({
      kind: fc.constantFrom<Heard['kind']>('accepted', 'throttled'),
      afterMs: fc.integer({ min: 0, max: 100_000 }),
      agoMs: fc.integer({ min: 0, max: 20_000 }),
    }),
    { maxLength: 60 },
  );

  test('whatever is heard, the pause stays within its bounds and no step is larger than a doubling', () => {
    fc.assert(
      fc.property(story, (events) => {
        let pace = FREE;
        let nowMs = 1e6;
        for (const { kind, afterMs, agoMs } of events) {
          nowMs += afterMs;
          const next = paceAfter(pace, { kind, sentAtMs: nowMs - agoMs }, nowMs);
          if (next.pauseMs !== null) {
            expect(next.pauseMs).toBeGreaterThanOrEqual(SHORTEST_PAUSE_MS);
            expect(next.pauseMs).toBeLessThanOrEqual(LONGEST_PAUSE_MS);
          }
          if (next !== pace) expect(next.changedAtMs).toBe(nowMs);
          if (kind === 'accepted') expect(next.pauseMs ?? 0).toBeLessThanOrEqual(pace.pauseMs ?? 0);
          else expect(next.pauseMs ?? 0).toBeGreaterThanOrEqual(pace.pauseMs ?? 0);
          pace = next;
        }
      }),
    );
  });

  test('after any story, a domain that takes every message is at full speed within 3 minutes', () => {
    fc.assert(
      fc.property(story, (events) => {
        let pace = FREE;
        let nowMs = 1e6;
        for (const { kind, afterMs, agoMs } of events) {
          nowMs += afterMs;
          pace = paceAfter(pace, { kind, sentAtMs: nowMs - agoMs }, nowMs);
        }
        const beganMs = nowMs;
        while (pace.pauseMs !== null && nowMs - beganMs < 1e6) {
          nowMs += Math.max(pace.pauseMs, 10);
          pace = hears('accepted', pace, nowMs);
        }
        expect(nowMs - beganMs).toBeLessThan(180_000);
      }),
    );
  });
});

test('what a domain said is kept without the addresses in it', () => {
  expect(withoutAddresses('451 4.7.1 <ann@example.org>: slow down, bob@x (see http://a.example)')).toBe(
    '451 4.7.1 <(address)>: slow down, (address) (see http://a.example)',
  );
});

test('the domain of an address', () => {
  expect(domainOf('"a@b"@Example.ORG')).toBe('example.org');
});
