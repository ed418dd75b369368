import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Db } from '../../src/platform/index.ts';
import {
  addressHash,
  addSubscriber,
  changePreferences,
  confirm,
  defaultPreferences,
  listSubscribers,
  lookAtConfirmation,
  nextDigestAt,
  readPreferences,
  showSubscriber,
  subscribe,
  unsubscribe,
  unsubscribeByEmail,
} from '../../src/subscribers/index.ts';
import { button, DAY_MS, HOUR_MS, owedMails, type Room, request, room, START } from './fixtures.ts';

let house: Room;
beforeAll(async () => {
  house = await room();
});
afterAll(() => house.close());

/** The token in the newest confirmation mail to this address. */
async function mailedToken(email: string): Promise<string> {
  return house.links.token('confirm', (await owedMails(house, email)).at(-1) ?? 0);
}
async function activeReader(preferences = {}) {
  const email = house.freshEmail();
  await subscribe(house, request(email, preferences));
  const { subscriberId = 0 } = await confirm(house, await mailedToken(email), button);
  return { email, subscriberId };
}
const suppress = (email: string) =>
  house.db.query('test.suppress', 'insert into suppressions (email_hash, reason, at) values ($1, $2, $3)', [
    addressHash(house.keys, email),
    'hard bounce',
    START,
  ]);

describe('subscribe and confirm', () => {
  test('make a reader active, with the preferences asked for and the whole story on record', async () => {
    const email = house.freshEmail();
    const typed = email.replace('example.org', 'EXAMPLE.org');
    const asked = { hour: 21, timezone: 'Europe/Berlin', days: [1, 3], topics: ['robots'], maxPapers: 5 };
    expect(await subscribe(house, request(typed, asked))).toBe('accepted');
    expect(await showSubscriber(house.db, email)).toMatchObject({
      email,
      state: 'pending',
      confirmedAt: null,
      preferences: defaultPreferences,
    });

    house.pass(HOUR_MS);
    const token = await mailedToken(email);
    expect(await lookAtConfirmation(house, token)).toBe('open');
    const { outcome, subscriberId } = await confirm(house, token, button);
    expect(outcome).toBe('confirmed');
    expect(await lookAtConfirmation(house, token)).toBe('confirmed');

    const shown = await showSubscriber(house.db, email.toUpperCase());
    expect(shown).toMatchObject({
      id: subscriberId,
      state: 'active',
      confirmedAt: house.clock.now(),
      preferences: { ...defaultPreferences, ...asked },
    });
    const [requestId] = await owedMails(house, email);
    expect(shown?.consents).toEqual([
      expect.objectContaining({
        id: requestId,
        step: 'requested',
        emailTyped: typed,
        email,
        page: '/',
        wording: 'We will send you a mail to confirm.',
        ip: '192.0.2.7',
        userAgent: 'Test/1.0',
        mailWanted: true,
      }),
      expect.objectContaining({ step: 'confirmed', requestId, ip: '2001:db8::1', at: house.clock.now() }),
    ]);
  });

  test('a malformed address leaves no trace', async () => {
    const before = await house.db.query('test.count', 'select count(*) from consents');
    expect(await subscribe(house, request('reader@evil.example@example.org'))).toEqual({
      malformed: expect.stringMatching(/@/),
    });
    expect(await house.db.query('test.count', 'select count(*) from consents')).toEqual(before);
  });

  test('one mail an hour, whoever asks and however the address is written', async () => {
    const email = house.freshEmail();
    await subscribe(house, request(email));
    await subscribe(house, request(email.toUpperCase()));
    house.pass(HOUR_MS - 1);
    await subscribe(house, request(email));
    expect(await owedMails(house, email)).toHaveLength(1);
    house.pass(1);
    await subscribe(house, request(email));
    expect(await owedMails(house, email)).toHaveLength(2);
  });

  test('an active reader is left as is, and gets no mail', async () => {
    const { email } = await activeReader({ hour: 9 });
    const before = await showSubscriber(house.db, email);
    house.pass(DAY_MS);
    await subscribe(house, request(email, { hour: 3, topics: ['spam'] }));
    const { consents, ...after } = (await showSubscriber(house.db, email)) ?? { consents: [] };
    expect(before).toMatchObject(after);
    expect(consents.at(-1)).toMatchObject({ step: 'requested', mailWanted: false });
    expect(await owedMails(house, email)).toHaveLength(1);
  });

  test('a suppressed address gets no mail', async () => {
    const email = house.freshEmail();
    await suppress(email);
    expect(await subscribe(house, request(email))).toBe('accepted');
    expect(await owedMails(house, email)).toEqual([]);
  });

  test('a link works for 7 days and any number of times, and confirms once', async () => {
    const email = house.freshEmail();
    await subscribe(house, request(email));
    const token = await mailedToken(email);
    house.pass(7 * DAY_MS - 1);
    expect((await confirm(house, token, button)).outcome).toBe('confirmed');
    const again = await confirm(house, token, button);
    expect(again).toEqual({ outcome: 'already', subscriberId: expect.any(Number) });

    const late = house.freshEmail();
    await subscribe(house, request(late));
    const lateToken = await mailedToken(late);
    house.pass(7 * DAY_MS);
    expect(await lookAtConfirmation(house, lateToken)).toBe('expired');
    expect(await confirm(house, lateToken, button)).toEqual({ outcome: 'expired' });
    expect(await showSubscriber(house.db, late)).toMatchObject({ state: 'pending' });
  });

  test('a link that is not ours is unknown', async () => {
    const { subscriberId } = await activeReader();
    const confirmed = (await owedMails(house, 'reader-1@example.org'))[0] ?? 0;
    for (const token of [
      '',
      'x'.repeat(28),
      house.links.token('unsubscribe', confirmed),
      house.links.token('confirm', 2 ** 40 - 1),
      // A consent of another step.
      house.links.token('confirm', confirmed + 1),
    ]) {
      expect(await confirm(house, token, button)).toEqual({ outcome: 'unknown' });
      expect(await lookAtConfirmation(house, token)).toBe('unknown');
    }
    for (const token of [
      '',
      house.links.token('confirm', subscriberId),
      house.links.token('unsubscribe', 2 ** 39),
    ])
      expect(await unsubscribe(house, token, button)).toBe('unknown');
  });

  test('an unreadable origin is kept as far as it can be', async () => {
    const email = house.freshEmail();
    await subscribe(house, { ...request(email), ip: 'not an ip', userAgent: `nul\0 ${'x'.repeat(5000)}` });
    house.pass(2 * HOUR_MS);
    await subscribe(house, { ...request(email), ip: 'fe80::1%eth0', userAgent: undefined });
    const shown = await showSubscriber(house.db, email);
    expect(shown?.consents.map(({ ip, userAgent }) => [ip, userAgent?.length])).toEqual([
      [null, 500],
      ['fe80::1', undefined],
    ]);
  });

  test('a time zone that only Node knows becomes UTC, and the request is accepted', async () => {
    const email = house.freshEmail();
    await subscribe(house, request(email, { timezone: 'Mars/Olympus_Mons', hour: 5 }));
    await confirm(house, await mailedToken(email), button);
    expect(await showSubscriber(house.db, email)).toMatchObject({
      preferences: { timezone: 'UTC', hour: 5 },
    });
  });
});

describe('at once', () => {
  test('eight requests make one subscriber and one mail', async () => {
    const email = house.freshEmail();
    const answers = await Promise.all(Array.from({ length: 8 }, () => subscribe(house, request(email))));
    expect(new Set(answers)).toEqual(new Set(['accepted']));
    expect(await owedMails(house, email)).toHaveLength(1);
    expect((await showSubscriber(house.db, email))?.consents).toHaveLength(8);
  });

  test('eight presses of the button confirm once', async () => {
    const email = house.freshEmail();
    await subscribe(house, request(email));
    const token = await mailedToken(email);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => confirm(house, token, button)));
    expect(outcomes.filter(({ outcome }) => outcome === 'confirmed')).toHaveLength(1);
    expect(outcomes.filter(({ outcome }) => outcome === 'already')).toHaveLength(7);
    const steps = (await showSubscriber(house.db, email))?.consents.map(({ step }) => step);
    expect(steps).toEqual(['requested', 'confirmed']);
  });

  test('leaving and confirming end in one of the two orders, never between', async () => {
    for (let n = 0; n < 10; n += 1) {
      const email = house.freshEmail();
      await subscribe(house, request(email));
      const token = await mailedToken(email);
      const id = (await showSubscriber(house.db, email))?.id ?? 0;
      const [{ outcome }, left] = await Promise.all([
        confirm(house, token, button),
        unsubscribe(house, house.links.token('unsubscribe', id), button),
      ]);
      expect(left).toBe('unsubscribed');
      const shown = await showSubscriber(house.db, email);
      expect(shown?.state).toBe('unsubscribed');
      expect(shown?.consents.map(({ step }) => step)).toEqual(
        outcome === 'confirmed' ? ['requested', 'confirmed', 'unsubscribed'] : ['requested', 'unsubscribed'],
      );
    }
  });

  test('many readers at once do not wait in a circle', async () => {
    const emails = Array.from({ length: 10 }, () => house.freshEmail());
    await Promise.all([...emails, ...emails.toReversed()].map((email) => subscribe(house, request(email))));
    for (const email of emails) expect(await owedMails(house, email)).toHaveLength(1);
  });
});

test('every address costs the same statements in the same order', async () => {
  const { email: active } = await activeReader();
  const { email: left, subscriberId } = await activeReader();
  await unsubscribe(house, house.links.token('unsubscribe', subscriberId), button);
  const pending = house.freshEmail();
  await subscribe(house, request(pending));
  const suppressed = house.freshEmail();
  await suppress(suppressed);

  const traces: string[][] = [];
  for (const email of [house.freshEmail(), pending, active, left, suppressed]) {
    const trace: string[] = [];
    const traced = (db: Db): Db => ({
      query(label, ...rest) {
        trace.push(label);
        return db.query(label, ...rest);
      },
      transaction: (work) => {
        trace.push('transaction');
        return db.transaction((tx) => work(traced(tx)));
      },
    });
    expect(await subscribe({ ...house, db: traced(house.db) }, request(email))).toBe('accepted');
    traces.push(trace);
  }
  expect(traces[0]?.length).toBeGreaterThan(3);
  for (const trace of traces) expect(trace).toEqual(traces[0]);
});

describe('unsubscribe', () => {
  test('ends it for good, any number of times, and keeps a record', async () => {
    const { email, subscriberId } = await activeReader();
    const token = house.links.token('unsubscribe', subscriberId);
    house.pass(400 * DAY_MS);
    expect(await unsubscribe(house, token, { page: 'one-click', reason: 'Too many\0 papers.' })).toBe(
      'unsubscribed',
    );
    expect(await unsubscribe(house, token, button)).toBe('already');
    const shown = await showSubscriber(house.db, email);
    expect(shown).toMatchObject({ state: 'unsubscribed', unsubscribedAt: house.clock.now() });
    expect(shown?.consents.map(({ step, page }) => [step, page])).toEqual([
      ['requested', '/'],
      ['confirmed', '/confirm'],
      ['unsubscribed', 'one-click'],
    ]);
    const reasons = await house.db.query(
      'test.reasons',
      `select detail from audit where action = 'unsubscribe-reason' and detail ->> 'subscriberId' = $1`,
      [String(subscriberId)],
    );
    expect(reasons).toEqual([{ detail: { subscriberId, reason: 'Too many  papers.' } }]);
  });

  test('makes older confirmation links useless, even at the same instant; a new request brings the reader back', async () => {
    const { email, subscriberId } = await activeReader({ hour: 9 });
    const oldToken = await mailedToken(email);
    await unsubscribe(house, house.links.token('unsubscribe', subscriberId), button);
    expect(await confirm(house, oldToken, button)).toEqual({ outcome: 'expired' });
    expect(await lookAtConfirmation(house, oldToken)).toBe('expired');

    house.pass(HOUR_MS);
    await subscribe(house, request(email, { hour: 20 }));
    expect((await showSubscriber(house.db, email))?.state).toBe('pending');
    expect((await confirm(house, oldToken, button)).outcome).toBe('expired');
    expect((await confirm(house, await mailedToken(email), button)).outcome).toBe('confirmed');
    expect(await showSubscriber(house.db, email)).toMatchObject({
      state: 'active',
      unsubscribedAt: null,
      preferences: { hour: 20 },
    });
    // The digest's old link still works.
    expect(await unsubscribe(house, house.links.token('unsubscribe', subscriberId), button)).toBe(
      'unsubscribed',
    );
  });

  test('by address works for a pending reader, whose link then confirms nothing', async () => {
    const email = house.freshEmail();
    await subscribe(house, request(email));
    const token = await mailedToken(email);
    expect(await unsubscribeByEmail(house, email.toUpperCase(), { page: 'cli' })).toBe('unsubscribed');
    expect((await confirm(house, token, button)).outcome).toBe('expired');
    expect(await unsubscribeByEmail(house, email, { page: 'cli' })).toBe('already');
    expect(await unsubscribeByEmail(house, 'nobody@example.org', { page: 'cli' })).toBe('unknown');
    expect(await unsubscribeByEmail(house, 'no address', { page: 'cli' })).toBe('unknown');
  });
});

test('the record of consent cannot be rewritten', async () => {
  await activeReader();
  await expect(house.db.query('test.rewrite', `update consents set wording = 'x'`)).rejects.toThrow(
    /append-only/,
  );
  await expect(house.db.query('test.forget', 'delete from consents')).rejects.toThrow(/append-only/);
});

describe('preferences', () => {
  test('are read and replaced by the link', async () => {
    const { email, subscriberId } = await activeReader({ topics: ['robots', 'maps'] });
    const token = house.links.token('preferences', subscriberId);
    expect(await readPreferences(house, token)).toMatchObject({
      email,
      preferences: { topics: ['maps', 'robots'] },
    });

    house.pass(HOUR_MS);
    const preferences = {
      ...defaultPreferences,
      cadence: 'weekly' as const,
      timezone: 'Asia/Tokyo',
      topics: ['robots'],
      authors: ['Ada'],
      maxPapers: 3,
    };
    expect(await changePreferences(house, token, { preferences, pausedUntil: '2026-12-24' })).toBe('changed');
    expect(await readPreferences(house, token)).toMatchObject({
      preferences,
      pausedUntil: '2026-12-24',
      state: 'active',
    });
    const [row] = await house.db.query<{ at: Date }>(
      'test.changed',
      'select changed_at as at from subscribers where id = $1',
      [subscriberId],
    );
    expect(row?.at).toEqual(house.clock.now());
  });

  test('a foreign link changes nothing; a zone that Postgres lacks is named', async () => {
    const { subscriberId } = await activeReader();
    const change = { preferences: defaultPreferences, pausedUntil: null };
    const foreign = house.links.token('unsubscribe', subscriberId);
    expect(await readPreferences(house, foreign)).toBeNull();
    expect(await changePreferences(house, foreign, change)).toBe('unknown');
    expect(await changePreferences(house, house.links.token('preferences', 2 ** 39), change)).toBe('unknown');
    expect(
      await changePreferences(house, house.links.token('preferences', subscriberId), {
        ...change,
        preferences: { ...defaultPreferences, timezone: 'Mars/Olympus_Mons' },
      }),
    ).toEqual({ malformed: expect.stringContaining('time zone') });
  });
});

describe('nextDigestAt', () => {
  const now = new Date('2026-03-04T10:00:00Z'); // a Wednesday

  test.each([
    ['daily', { hour: 7 }, '2026-03-05T07:00:00Z'],
    ['on chosen days', { hour: 7, days: [1] }, '2026-03-09T07:00:00Z'],
    ['in the reader’s zone', { hour: 20, timezone: 'Asia/Tokyo' }, '2026-03-05T11:00:00Z'],
    // That evening has its edition already: the one that opened while it was the evening before in New York.
    ['in an evening across the sea', { hour: 20, timezone: 'America/New_York' }, '2026-03-06T01:00:00Z'],
    ['weekly, after the edition opens', { hour: 1, cadence: 'weekly' as const }, '2026-03-10T01:00:00Z'],
    ['weekly, the same Monday', { hour: 2, cadence: 'weekly' as const }, '2026-03-09T02:00:00Z'],
  ])('%s', async (_name, preferences, expected) => {
    const { subscriberId } = await activeReader(preferences);
    expect(await nextDigestAt(house.db, subscriberId, now, { editionAtMinutes: 120 })).toEqual(
      new Date(expected),
    );
  });

  test('waits for the end of a pause, and for nobody who is not there', async () => {
    const { subscriberId } = await activeReader({ timezone: 'Pacific/Auckland' });
    await changePreferences(house, house.links.token('preferences', subscriberId), {
      preferences: { ...defaultPreferences, timezone: 'Pacific/Auckland' },
      pausedUntil: '2026-03-20',
    });
    expect(await nextDigestAt(house.db, subscriberId, now)).toEqual(new Date('2026-03-19T18:00:00Z'));
    await expect(nextDigestAt(house.db, 999_999, now)).rejects.toThrow(/no subscriber/);
  });
});

describe('operators', () => {
  test('add a reader at once, but not one who left or bounced', async () => {
    const email = house.freshEmail();
    const preferences = { ...defaultPreferences, hour: 6, organisations: ['Mila'] };
    const added = await addSubscriber(house, { email, preferences, wording: 'Asked at the fair.' });
    expect(added).toEqual({ outcome: 'added', subscriberId: expect.any(Number) });
    const shown = await showSubscriber(house.db, email);
    expect(shown).toMatchObject({
      state: 'active',
      sample: false,
      preferences,
      confirmedAt: house.clock.now(),
    });
    expect(shown?.consents).toEqual([
      expect.objectContaining({ step: 'imported', wording: 'Asked at the fair.', emailTyped: email }),
    ]);
    expect(await addSubscriber(house, { email })).toEqual({ outcome: 'exists' });

    await unsubscribeByEmail(house, email, { page: 'cli' });
    expect(await addSubscriber(house, { email })).toEqual({ outcome: 'left' });
    // A stranger's request does not open the door again.
    await subscribe(house, request(email));
    expect(await addSubscriber(house, { email })).toEqual({ outcome: 'left' });

    const bounced = house.freshEmail();
    await suppress(bounced);
    expect(await addSubscriber(house, { email: bounced })).toEqual({ outcome: 'suppressed' });
    expect(await showSubscriber(house.db, bounced)).toBeNull();

    const pending = house.freshEmail();
    await subscribe(house, request(pending));
    expect((await addSubscriber(house, { email: pending })).outcome).toBe('added');
    expect((await addSubscriber(house, { email: 'x' })).outcome).toBe('malformed');
    const zone = { ...defaultPreferences, timezone: 'Mars/Olympus_Mons' };
    expect((await addSubscriber(house, { email: house.freshEmail(), preferences: zone })).outcome).toBe(
      'malformed',
    );

    const demo = house.freshEmail();
    await addSubscriber(house, { email: demo, sample: true });
    expect(await showSubscriber(house.db, demo)).toMatchObject({ sample: true, state: 'active' });
  });

  test('list all, in order, page by page, and one state alone', async () => {
    await house.db.query(
      'test.many',
      `insert into subscribers (email, email_key, state, created_at, changed_at)
       select 'many-' || n || '@example.net', 'many-' || n || '@example.net', 'pending', now(), now()
       from generate_series(1, 2500) as n`,
    );
    const ids: number[] = [];
    for await (const subscriber of listSubscribers(house.db)) ids.push(subscriber.id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    const states = new Set<string>();
    let pending = 0;
    for await (const { state } of listSubscribers(house.db, { state: 'pending' })) {
      states.add(state);
      pending += 1;
    }
    expect(states).toEqual(new Set(['pending']));
    expect(pending).toBeGreaterThanOrEqual(2500);
    expect(ids.length).toBeGreaterThan(pending);
    expect(await showSubscriber(house.db, 'nobody@example.org')).toBeNull();
    expect(await showSubscriber(house.db, 'no address')).toBeNull();
  });
});
