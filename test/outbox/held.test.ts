import { afterEach, beforeEach, expect, test } from 'vitest';
import { listDeliveries, listHad, sendAgain } from '../../src/deliveries/index.ts';
import { refuseAuthor } from '../../src/interests/index.ts';
import { createTransport, readDigest } from '../../src/outbox/index.ts';
import {
  changePreferences,
  defaultPreferences,
  type Preferences,
  unsubscribe,
} from '../../src/subscribers/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain, tally, tickAll } from '../support/day.ts';
import { makeItem } from '../support/upstream.ts';

// Mails that may have come and are sent again, as they come out of a socket.

const DAY = '2026-06-10';
const MORNING = new Date('2026-06-11T07:00Z');
const LATER = new Date('2026-06-11T09:00Z');
const long = 'Long sentences are what abstracts are made of. '.repeat(30);

const items = Array.from({ length: 40 }, (_, n) =>
  makeItem({
    id: `2606.${10_000 + n}`,
    day: DAY,
    upvotes: 100 - n,
    title: n % 10 === 5 ? `Songs of <Whales> ${n}` : `Plain paper ${n}`,
    paper: { summary: long, ai_summary: undefined, authors: [{ name: `Given Name${n}`, hidden: false }] },
  }),
);

let app: TestApp;
/** Message by address, as servers read them that did not say whether they took them. */
const dropped = new Map<string, string>();
const dropAll = () =>
  app.sink.behave({
    data(address, raw) {
      dropped.set(address, raw.toString('latin1'));
      return 'drop';
    },
  });
/** Sends what is due over connections of their own: a server that dropped one is left alone for a while. */
async function send(): Promise<void> {
  const transport = createTransport({
    servers: [{ host: '127.0.0.1', port: app.sink.port, secure: false, weight: 1, pool: 4 }],
    name: 'papers.example.org',
    production: false,
    log: app.log,
  });
  const context = { ...(await app.sending()), transport };
  await drain({ ...app, sending: async () => context }).finally(() => transport.close());
}
/** All after the headers; where a reader's own words hold our mark, lines may be broken elsewhere, which nobody sees. */
const bodyOf = (mail: string) => mail.slice(mail.indexOf('\r\n\r\n')).replaceAll('=\r\n', '');
const messageIdOf = (mail: string) => /^Message-ID: (.*)\r$/m.exec(mail)?.[1];
const receivedBy = (address: string) => {
  const [mail, ...others] = app.sink.received.filter((one) => one.to[0] === address);
  if (!mail || others.length > 0) throw new Error(`${address} got ${others.length + (mail ? 1 : 0)} mails`);
  return mail.raw.toString('latin1');
};
const change = (reader: number, preferences: Partial<Preferences>) =>
  changePreferences(app, app.links.token('preferences', reader), {
    preferences: { ...defaultPreferences, ...preferences },
    pausedUntil: null,
  });

async function start(uncertain: 'hold' | 'resend'): Promise<void> {
  app = await startTestApp({
    now: new Date('2026-06-10T12:00Z'),
    days: { [DAY]: items },
    settings: { UNCERTAIN: uncertain },
  });
  await tickAll(app);
}
async function openEdition(): Promise<void> {
  app.clock.set(new Date('2026-06-11T02:05Z'));
  await tickAll(app);
  app.clock.set(MORNING);
}

beforeEach(() => dropped.clear());
afterEach(() => app.end());

test('a copy of a mail that may have come holds what the first did, whatever the reader changed meanwhile', async () => {
  await start('resend');
  const own = await addReader(app, 'own@example.org', {
    searches: ['whales OR "plain paper 3"', 'songs · whales'],
    authors: ['Given Name7'],
    abstracts: 'full',
    maxPapers: 9,
  });
  const plain = await addReader(app, 'plain@example.org');
  const refusing = await addReader(app, 'refusing@example.org');
  await refuseAuthor(app, refusing, 'Given Name0');
  await openEdition();
  dropAll();
  await send();
  expect(await tally(app)).toEqual({ planned: 3 });
  expect([...dropped.keys()].sort()).toEqual([
    'own@example.org',
    'plain@example.org',
    'refusing@example.org',
  ]);
  const rows = await listDeliveries(app.db, { limit: 3 });
  // Who has the first copy can read it in the browser; for a later edition its papers count as had.
  for (const { id, subscriberId, papers } of rows) {
    expect(papers?.length).toBeGreaterThan(8);
    expect(await readDigest(app, id)).toContain('Plain paper 1');
    const other = await app.db.query<{ id: number }>(
      'test: later edition',
      `insert into editions (cadence, issue_date, state, opened_at, assembled_at, subject, skeleton)
       values ('weekly', '2026-06-08', 'withdrawn', $1, $1, '', '{}')
       on conflict (cadence, issue_date) do update set subject = '' returning id`,
      [MORNING],
    );
    expect((await listHad(app.db, subscriberId, other[0]?.id ?? 0)).sort()).toEqual(papers?.toSorted());
  }

  await change(own, { searches: ['"plain paper 20"'], maxPapers: 3, minMatches: 20 });
  await change(plain, { topics: ['robotics'], searches: ['whales'], abstracts: 'full', maxPapers: 2 });
  await refuseAuthor(app, refusing, 'Given Name1');
  // Refused for now in between: the first copy may have come all the same.
  app.sink.behave({ rcpt: () => '451 4.3.0 later' });
  app.clock.set(LATER);
  await send();
  expect(await tally(app)).toEqual({ planned: 3 });
  app.sink.behave({});
  app.clock.set(new Date('2026-06-11T13:00Z'));
  await send();
  expect(await tally(app)).toEqual({ sent: 3 });
  for (const [address, first] of dropped) {
    const copy = receivedBy(address);
    expect(bodyOf(copy), address).toBe(bodyOf(first));
    expect(messageIdOf(copy)).toBe(messageIdOf(first));
  }
  const sent = await listDeliveries(app.db, { limit: 3 });
  const contents = ({ papers, reasons, fullAbstracts }: (typeof sent)[number]) => ({
    papers,
    reasons,
    fullAbstracts,
  });
  expect(sent.map(contents)).toEqual(rows.map(contents));
});

test('so does a copy that the operator sends', async () => {
  await start('hold');
  const own = await addReader(app, 'own@example.org', { searches: ['whales'] });
  await openEdition();
  dropAll();
  await send();
  expect(await tally(app)).toEqual({ uncertain: 1 });
  await change(own, { searches: ['"plain paper 20"'] });
  app.sink.behave({});
  app.clock.set(LATER);
  expect(await sendAgain(app, 'resend', {}, 'test')).toEqual({ rows: 1, tooLate: 0 });
  await send();
  expect(bodyOf(receivedBy('own@example.org'))).toBe(bodyOf(dropped.get('own@example.org') ?? ''));
});

test('a mail that nobody has is chosen anew; who left gets no copy, and of a withdrawn edition nobody does', async () => {
  await start('resend');
  const anew = await addReader(app, 'anew@example.org', { searches: ['whales'] });
  const leaver = await addReader(app, 'leaver@example.org', { searches: ['whales'] });
  await addReader(app, 'stays@example.org', { searches: ['whales'] });
  await openEdition();
  app.sink.behave({ data: (address) => (address.startsWith('anew') ? '451 4.3.0 later' : 'drop') });
  await send();
  expect(await tally(app)).toEqual({ planned: 3 });
  await change(anew, { searches: ['"plain paper 20"'], maxPapers: 1 });
  await unsubscribe(app, app.links.token('unsubscribe', leaver), { page: 'one-click' });
  app.sink.behave({ data: (address) => (address.startsWith('stays') ? 'drop' : undefined) });
  app.clock.set(LATER);
  await send();
  expect(await tally(app)).toEqual({ sent: 1, skipped: 1, planned: 1 });
  expect(receivedBy('anew@example.org')).toContain('Subject: Daily papers, 10 June 2026: Plain paper 20');
  await app.db.query('test: withdraw', "update editions set state = 'withdrawn'");
  app.sink.behave({});
  app.clock.set(new Date('2026-06-11T13:00Z'));
  await send();
  expect(await tally(app)).toEqual({ sent: 1, skipped: 1, cancelled: 1 });
});
