import { stoppedClock } from '../../src/platform/index.ts';
import {
  createLinks,
  defaultPreferences,
  type Preferences,
  type SubscriptionRequest,
} from '../../src/subscribers/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

export const HOUR_MS = 60 * 60 * 1000;
export const DAY_MS = 24 * HOUR_MS;
export const START = new Date('2026-03-02T10:00:00Z');
const KEYS = ['a-test-key-of-more-than-thirty-two-characters'];

/** A room on a database of its own, with a clock that stands still. */
export async function room() {
  const database: TestDatabase = await testDatabase();
  const clock = stoppedClock(START);
  let made = 0;
  return {
    db: database.db,
    clock,
    links: createLinks({ publicUrl: 'https://paperboy.example.org', keys: KEYS }),
    keys: KEYS,
    close: () => database.close(),
    /** An address that nobody has yet. */
    freshEmail() {
      made += 1;
      return `reader-${made}@example.org`;
    },
    pass(ms: number) {
      clock.set(new Date(clock.now().getTime() + ms));
    },
  };
}
export type Room = Awaited<ReturnType<typeof room>>;

/** What the page sends for this address. */
export const request = (email: string, preferences: Partial<Preferences> = {}): SubscriptionRequest => ({
  email,
  preferences: { ...defaultPreferences, ...preferences },
  page: '/',
  wording: 'We will send you a mail to confirm.',
  ip: '192.0.2.7',
  userAgent: 'Test/1.0',
});

export const button = { page: '/confirm', ip: '2001:db8::1', userAgent: 'Test/1.0' };

/** The ids of the requests that a confirmation mail is owed for, oldest first: what the deliveries room plans from. */
export async function owedMails({ db }: Room, email: string): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    'test.owed',
    `select c.id from consents c join subscribers s on s.id = c.subscriber_id
     where s.email_key = $1 and c.step = 'requested' and c.mail_wanted order by c.id`,
    [email.toLowerCase()],
  );
  return rows.map((row) => row.id);
}
