import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addSubscriber,
  CONFIRMATION_LIFE_MS,
  CONFIRMATION_PAUSE_MS,
  confirm,
  showSubscriber,
  subscribe,
  unsubscribe,
} from '../../src/subscribers/index.ts';
import {
  isMailOwed,
  judgeConfirmation,
  judgeImport,
  type SubscriberState,
  stateAfterRequest,
} from '../../src/subscribers/rules/states.ts';
import { button, DAY_MS, HOUR_MS, owedMails, type Room, request, room } from './fixtures.ts';

const now = new Date('2026-03-02T10:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const anyState = fc.constantFrom<SubscriberState>('pending', 'active', 'unsubscribed');

describe('rules', () => {
  test('a mail is owed to whoever is not active, not suppressed, and was owed none for an hour', () => {
    fc.assert(
      fc.property(
        anyState,
        fc.boolean(),
        fc.option(fc.integer({ min: 0, max: 2 * CONFIRMATION_PAUSE_MS })),
        (state, suppressed, since) => {
          const lastMailAt = since === null ? null : ago(since);
          const quiet = since === null || since >= CONFIRMATION_PAUSE_MS;
          expect(isMailOwed({ state, suppressed, lastMailAt }, now)).toBe(
            state !== 'active' && !suppressed && quiet,
          );
        },
      ),
    );
  });

  test('a request never ends a subscription', () => {
    expect(
      [undefined, 'pending', 'active', 'unsubscribed'].map((state) =>
        stateAfterRequest(state as SubscriberState),
      ),
    ).toEqual(['pending', 'pending', 'active', 'pending']);
  });

  test('a link opens only while it is young and newer than the last leaving', () => {
    fc.assert(
      fc.property(
        anyState,
        fc.integer({ min: 1, max: 20 }),
        fc.option(fc.integer({ min: 1, max: 20 })),
        fc.integer({ min: 0, max: 2 * CONFIRMATION_LIFE_MS }),
        (state, requestId, lastUnsubscribeId, age) => {
          fc.pre(requestId !== lastUnsubscribeId);
          const open = age < CONFIRMATION_LIFE_MS && (lastUnsubscribeId ?? 0) < requestId;
          const verdict = judgeConfirmation(
            { state, requestId, requestedAt: ago(age), lastUnsubscribeId },
            now,
          );
          expect(verdict).toBe(state === 'active' ? 'already' : open ? 'open' : 'expired');
        },
      ),
    );
  });

  test('an import adds only who is new or pending and never left', () => {
    fc.assert(
      fc.property(
        fc.option(anyState, { nil: undefined }),
        fc.option(fc.constant(now)),
        fc.boolean(),
        (state, unsubscribedAt, suppressed) => {
          const verdict = judgeImport({ state, unsubscribedAt, suppressed });
          if (verdict === 'add')
            expect([state !== 'active', unsubscribedAt, suppressed]).toEqual([true, null, false]);
          if (suppressed) expect(verdict).toBe('suppressed');
        },
      ),
    );
  });
});

/** What can happen to one address. Only the reader has the links; anybody can ask. */
type Step =
  | { do: 'ask'; hour: number }
  | { do: 'confirm'; nth: number }
  | { do: 'leave' }
  | { do: 'add' }
  | { do: 'wait'; ms: number };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('ask' as const), hour: fc.integer({ min: 0, max: 23 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('confirm' as const), nth: fc.nat({ max: 3 }) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'leave' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'add' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, HOUR_MS / 2, HOUR_MS, 3 * DAY_MS, 7 * DAY_MS),
    }),
  },
);

describe('any order of steps', () => {
  let house: Room;
  beforeAll(async () => {
    house = await room();
  });
  afterAll(() => house.close());

  test('no mail without a confirmation, no silence by a stranger, no return of who left by an old link', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 14 }), async (steps) => {
        const email = house.freshEmail();
        const mails: { id: number; at: number; hour: number }[] = [];
        let model: SubscriberState | undefined;
        let everLeft = false;
        let leftAfterMails = 0;
        let hour = 7;
        for (const step of steps) {
          const at = house.clock.now().getTime();
          if (step.do === 'wait') house.pass(step.ms);
          if (step.do === 'ask') {
            await subscribe(house, request(email, { hour: step.hour }));
            const owed = await owedMails(house, email);
            const last = mails.at(-1);
            const due = model !== 'active' && (!last || at - last.at >= HOUR_MS);
            expect(owed.length - mails.length).toBe(due ? 1 : 0);
            if (due) mails.push({ id: owed.at(-1) ?? 0, at, hour: step.hour });
            if (model !== 'active') model = 'pending';
          }
          if (step.do === 'confirm') {
            const index = mails.length - 1 - step.nth;
            const mail = mails[index];
            if (!mail) continue;
            const open = index >= leftAfterMails && at - mail.at < 7 * DAY_MS;
            const { outcome } = await confirm(house, house.links.token('confirm', mail.id), button);
            expect(outcome).toBe(model === 'active' ? 'already' : open ? 'confirmed' : 'expired');
            if (outcome === 'confirmed') {
              model = 'active';
              everLeft = false;
              hour = mail.hour;
            }
          }
          if (step.do === 'leave' && model !== undefined) {
            const id = (await showSubscriber(house.db, email))?.id ?? 0;
            const left = await unsubscribe(house, house.links.token('unsubscribe', id), button);
            expect(left).toBe(model === 'unsubscribed' ? 'already' : 'unsubscribed');
            model = 'unsubscribed';
            everLeft = true;
            leftAfterMails = mails.length;
          }
          if (step.do === 'add') {
            const { outcome } = await addSubscriber(house, { email });
            expect(outcome).toBe(model === 'active' ? 'exists' : everLeft ? 'left' : 'added');
            if (outcome === 'added') {
              model = 'active';
              hour = 7;
            }
          }
          const shown = await showSubscriber(house.db, email);
          expect(shown?.state).toBe(model);
          if (model === 'active') {
            expect(shown?.preferences.hour).toBe(hour);
            expect(shown?.consents.some(({ step: s }) => s === 'confirmed' || s === 'imported')).toBe(true);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});
