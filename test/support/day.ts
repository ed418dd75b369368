import { sendBatch } from '../../src/outbox/index.ts';
import { confirm, defaultPreferences, type Preferences, subscribe } from '../../src/subscribers/index.ts';
import type { Running } from '../../workers/clock.ts';
import { tickAssemble, tickIngest, tickLedger } from '../../workers/clock.ts';
import type { TestApp } from './app.ts';
import { makeItems } from './upstream.ts';

/** Subscribes and confirms by the stories, as the pages do; the confirmation mail itself is planned but not sent. */
export async function addReader(
  app: TestApp,
  email: string,
  preferences: Partial<Preferences> = {},
): Promise<number> {
  await subscribe(app, {
    email,
    preferences: { ...defaultPreferences, ...preferences },
    wording: 'test',
    page: 'test',
  });
  const [request] = await app.db.query<{ id: number }>(
    'test-request',
    'select max(c.id) as id from consents c where c.email = $1 and c.step = $2',
    [email, 'requested'],
  );
  const { outcome, subscriberId } = await confirm(app, app.links.token('confirm', request?.id ?? 0), {
    page: 'test',
  });
  if (outcome !== 'confirmed' || subscriberId === undefined) throw new Error(`${email} is ${outcome}`);
  return subscriberId;
}

/** `count` papers on a day, ready as an upstream's answer. */
export const papersOf = (day: string, count = 15) => ({
  [day]: makeItems(count, day, day.slice(2, 4) + day.slice(5, 7)),
});

/** Everything that the clock does at a quarter past, in order. */
export async function tickAll(app: TestApp): Promise<void> {
  await tickIngest(app, false);
  await tickAssemble(app);
  await tickLedger(app);
}

/** Sends what the queue was given until the ledger has nothing queued or due; for tests without a sender. */
export async function drain(app: TestApp): Promise<void> {
  const sending = await app.sending();
  for (let round = 0; round < 50; round += 1) {
    await tickLedger({ ...app, dispatching: { ...app.dispatching, enqueue: async () => {} } });
    const rows = await app.db.query<{ id: number }>(
      'test-queued',
      "select id from deliveries where state = 'queued'",
    );
    if (rows.length === 0) return;
    await sendBatch(
      sending,
      rows.map((row) => row.id),
    );
  }
  throw new Error('The ledger did not come to rest in 50 rounds.');
}

/** States of all deliveries of a kind, counted. */
export async function tally(app: TestApp, kind = 'digest'): Promise<Record<string, number>> {
  const rows = await app.db.query<{ state: string; n: number }>(
    'test-tally',
    'select state, count(*) as n from deliveries where kind = $1 group by state',
    [kind],
  );
  return Object.fromEntries(rows.map((row) => [row.state, row.n]));
}

/** Closes what is running even when a test fails. */
export async function closeAll(...running: (Running | undefined)[]): Promise<void> {
  for (const part of running) await part?.close();
}
