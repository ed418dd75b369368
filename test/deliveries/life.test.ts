import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plan, sweep, verify } from '../../src/deliveries/index.ts';
import {
  changePreferences,
  confirm,
  defaultPreferences,
  type Preferences,
  subscribe,
  unsubscribe,
} from '../../src/subscribers/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { drain } from '../support/day.ts';
import { issue, ledger } from './support.ts';

/** What may happen to the service, in any order. */
type Step =
  | { do: 'subscribe' | 'confirm' | 'unsubscribe' | 'pause'; who: number }
  | { do: 'change'; who: number; preferences: Partial<Preferences> }
  | { do: 'wait' | 'liveADay'; hours: number }
  | { do: 'refuse'; reply: string }
  | { do: 'plan' | 'planThrice' | 'issue' | 'drain' | 'sweep' };

const PEOPLE = ['ada@example.org', 'Bob@example.org', 'cy+tag@example.org', 'di@sub.example.org'];

const who = fc.nat({ max: PEOPLE.length - 1 });
const preferences = fc.record({
  cadence: fc.constantFrom('daily' as const, 'daily' as const, 'weekly' as const),
  hour: fc.nat({ max: 23 }),
  timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'Pacific/Honolulu', 'Pacific/Auckland'),
  days: fc.constantFrom<number[][]>([1, 2, 3, 4, 5, 6, 7], [1], [4, 5]),
  maxPapers: fc.constantFrom(null, 1),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('subscribe' as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('confirm' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pause' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('change' as const), who, preferences }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('liveADay' as const), hours: fc.integer({ min: 4, max: 23 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('refuse' as const),
      reply: fc.constantFrom('', '451 4.7.1 later', '550 5.1.1 no such user', '550 5.7.1 spam'),
    }),
  },
  ...(['plan', 'planThrice', 'sweep'] as const).map((what) => ({
    weight: 2,
    arbitrary: fc.constant({ do: what }),
  })),
  ...(['issue', 'drain'] as const).map((what) => ({ weight: 5, arbitrary: fc.constant({ do: what }) })),
);

/** Two readers there are from the start, so that no run is about nobody. */
const PROLOGUE: readonly Step[] = [
  { do: 'subscribe', who: 0 },
  { do: 'subscribe', who: 1 },
  { do: 'confirm', who: 0 },
  { do: 'confirm', who: 1 },
];

/** The service, and beside it what a reader would say of it. */
class Life {
  readonly app: TestApp;
  readonly active = new Set<string>();
  readonly ids = new Map<string, number>();
  #day = new Date('2026-06-09T00:00Z');

  constructor(app: TestApp) {
    this.app = app;
  }

  async take(next: Step): Promise<void> {
    const { app } = this;
    const email = 'who' in next ? (PEOPLE[next.who] ?? '') : '';
    const id = this.ids.get(email);
    const token = (purpose: 'unsubscribe' | 'preferences') => app.links.token(purpose, id ?? 0);
    switch (next.do) {
      case 'subscribe':
        await subscribe(app, { email, preferences: defaultPreferences, wording: 'test', page: 'test' });
        return;
      case 'confirm':
        return this.#confirm(email);
      case 'unsubscribe':
        await unsubscribe(app, token('unsubscribe'), { page: 'test' });
        this.active.delete(email);
        return;
      case 'pause':
      case 'change': {
        const pausedUntil = next.do === 'pause' ? app.clock.now().toISOString().slice(0, 10) : null;
        const wish = next.do === 'change' ? next.preferences : {};
        await changePreferences(app, token('preferences'), {
          preferences: { ...defaultPreferences, ...wish },
          pausedUntil,
        });
        return;
      }
      case 'wait':
        return app.clock.set(new Date(app.clock.now().getTime() + next.hours * 3_600_000));
      case 'liveADay':
        for (const part of [{ do: 'issue' }, { do: 'wait', hours: next.hours }, { do: 'drain' }] as const)
          await this.take(part);
        return;
      case 'refuse':
        return app.sink.behave({ rcpt: () => next.reply || undefined });
      case 'plan':
        return void (await plan(app.planning));
      case 'planThrice':
        return void (await Promise.all([1, 2, 3].map(() => plan(app.planning))));
      case 'sweep':
        return void (await sweep(app.sweeping));
      case 'issue':
        return this.#issue();
      case 'drain':
        return this.#drain();
    }
  }

  async #confirm(email: string): Promise<void> {
    const [request] = await this.app.db.query<{ id: number | null }>(
      'test-request',
      "select max(id) as id from consents where lower(email) = lower($1) and step = 'requested'",
      [email],
    );
    if (!request?.id) return;
    const { outcome, subscriberId } = await confirm(this.app, this.app.links.token('confirm', request.id), {
      page: 'test',
    });
    if (subscriberId !== undefined) this.ids.set(email, subscriberId);
    if (outcome === 'confirmed') this.active.add(email);
  }

  /** The next day's edition, unless the clock has run past it: then that of yesterday, as after an outage. */
  async #issue(): Promise<void> {
    const yesterday = new Date(this.app.clock.now().getTime() - 26 * 3_600_000);
    const next = new Date(this.#day.getTime() + 86_400_000);
    this.#day = yesterday > next ? new Date(yesterday.toISOString().slice(0, 10)) : next;
    await issue(this.app, this.#day.toISOString().slice(0, 10), 2);
  }

  async #drain(): Promise<void> {
    const before = this.app.sink.received.length;
    await drain(this.app);
    for (const mail of this.app.sink.received.slice(before))
      if (mail.parsed.headers.has('list')) expect(this.active).toContain(mail.to[0]);
  }

  /** What must be true at every moment. */
  async check(): Promise<void> {
    const { app } = this;
    for (const proof of await verify(app.db, { latest: 100 })) expect(proof).toMatchObject({ holds: true });
    const digests = await ledger(app);
    const rows = [...digests, ...(await ledger(app, 'confirmation'))];
    const keys = digests.map((row) => `${row.subscriberId} ${row.editionId}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(rows.map((row) => row.messageId)).size).toBe(rows.length);
    const sent = rows.filter((row) => row.state === 'sent').map((row) => `<${row.messageId}>`);
    const got = app.sink.received.map((mail) => mail.messageId);
    expect(got.slice().sort()).toEqual(sent.sort());
    const twice = app.sink.received
      .filter((mail) => mail.parsed.headers.has('list'))
      .map((mail) => `${mail.to[0]} ${mail.parsed.subject}`);
    expect(new Set(twice).size).toBe(twice.length);
  }
}

test('whatever happens in whatever order: the proof holds, nobody gets an edition twice, nobody who left gets one', async () => {
  let digests = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 40, size: 'max' }), async (steps) => {
      const app = await startTestApp({ now: new Date('2026-06-09T12:00Z') });
      try {
        const life = new Life(app);
        for (const next of [...PROLOGUE, ...steps]) {
          await life.take(next);
          await life.check();
        }
        // In the end all that is due is done.
        app.sink.behave({});
        await life.take({ do: 'drain' });
        await life.check();
        digests += (await ledger(app)).filter((row) => row.state === 'sent').length;
      } finally {
        await app.end();
      }
    }),
    { numRuns: 5 },
  );
  expect(digests).toBeGreaterThan(0);
}, 120_000);
