import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  dropMonth,
  judgeDrop,
  listOldMonths,
  plan,
  settleByEvidence,
  verify,
} from '../../src/deliveries/index.ts';
import { addSubscriber, defaultPreferences, subscribe } from '../../src/subscribers/index.ts';
import { startWeb, type WebServer } from '../../src/web/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { drain } from '../support/day.ts';
import { issue, ledger } from './support.ts';

let app: TestApp;
let web: WebServer;
let march: Awaited<ReturnType<typeof verify>>;

const months = () => listOldMonths(app.db, '2026-12-01');
const NOW = new Date('2026-06-11T12:00Z');

// One service over a spring: editions in March, April and June; in March one mail is refused, one is uncertain.
beforeAll(async () => {
  app = await startTestApp({ now: new Date('2026-03-09T12:00Z') });
  web = await startWeb(app);
  for (const name of ['ada', 'bob', 'gone', 'lost'])
    await addSubscriber(app, { email: `${name}@example.org` });
  await subscribe(app, {
    email: 'new@example.org',
    preferences: defaultPreferences,
    wording: 't',
    page: 't',
  });
  app.sink.behave({
    rcpt: (to) => (to.startsWith('gone') ? '550 5.1.1 no such user' : undefined),
    data: (to) => (to.startsWith('lost') ? 'drop' : undefined),
  });
  for (const day of ['2026-03-10', '2026-04-10', '2026-06-10']) {
    await issue(app, day);
    for (const minutes of [0, 10, 20]) {
      app.clock.set(new Date(Date.parse(`${day}T07:00Z`) + 86_400_000 + minutes * 60_000));
      await drain(app);
    }
    app.sink.behave({});
  }
  app.clock.set(NOW);
  march = await verify(app.db, { issueDate: '2026-03-10' });
});
afterAll(async () => {
  await web.close();
  await app.end();
});

test('months younger than two are kept; which may go is said', () => {
  expect(judgeDrop('2026-06', NOW)).toEqual({
    fault: 'Deliveries are kept for two months at least: name 2026-05 or an earlier month.',
  });
  expect(judgeDrop('2026-05', NOW)).toEqual({ before: '2026-05-01' });
  expect(judgeDrop('2026-02', new Date('2026-01-31T23:59Z'))).toHaveProperty('fault');
  expect(judgeDrop('2025-12', new Date('2026-01-31T23:59Z'))).toEqual({ before: '2025-12-01' });
});

test('a month with uncertain rows is not dropped unless that is said, and nothing is changed', async () => {
  expect(march).toMatchObject([
    { planned: 4, sent: 2, failed: 1, uncertain: 1, state: 'ready', holds: true },
  ]);
  const before = await months();
  expect(before).toMatchObject([
    { month: '2026-03-01', rows: 5, waiting: 0, uncertain: 1 },
    { month: '2026-04-01', rows: 4, waiting: 0, uncertain: 0 },
    { month: '2026-06-01', rows: 4 },
  ]);
  expect(await dropMonth(app, '2026-03-01', { evenOpen: false }, 'ann')).toBe('open');
  expect(await months()).toEqual(before);
  expect(await dropMonth(app, '2025-03-01', { evenOpen: true }, 'ann')).toBe('none');
});

test('dropped: the partition is gone, the counts stay, and verify still proves them', async () => {
  const rows = (await ledger(app)).filter((row) => row.month === '2026-03-01');
  const sent = rows.find((row) => row.state === 'sent');
  const read = `${web.url}/read/${app.links.token('read', sent?.id ?? 0)}`;
  expect((await fetch(read)).status).toBe(200);
  await settleByEvidence(app, sent?.messageId ?? '', {
    kind: 'complained',
    at: NOW,
    providerEventId: 'e1',
  });
  expect(await dropMonth(app, '2026-03-01', { evenOpen: true }, 'ann')).toBe('dropped');
  expect(await dropMonth(app, '2026-03-01', { evenOpen: true }, 'ann')).toBe('none');
  expect((await months()).map((month) => month.month)).toEqual(['2026-04-01', '2026-06-01']);
  expect(await verify(app.db, { issueDate: '2026-03-10' })).toEqual(
    march.map((proof) => ({ ...proof, state: 'closed' })),
  );
  expect(await verify(app.db, { latest: 10 })).toMatchObject([
    { issueDate: '2026-06-10', state: 'ready', holds: true },
    { issueDate: '2026-04-10', state: 'ready', holds: true },
    { issueDate: '2026-03-10', state: 'closed', holds: true },
  ]);
  expect(
    await app.db.query(
      'test-left',
      "select to_regclass('deliveries_2026_03') as relation, (select count(*) from delivery_events) as events",
    ),
  ).toEqual([{ relation: null, events: 0 }]);
  // The reader who follows an old link hears that there is nothing, as for any other.
  const answer = await fetch(read, { headers: { accept: 'text/html' } });
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('<h1');
  expect(
    await app.db.query('test-audit', "select detail from audit where action = 'deliveries.drop'"),
  ).toEqual([{ detail: { month: '2026-03-01', rows: 5, open: 1 } }]);
});

test('a day of that month that is replayed plans nothing and mails nobody', async () => {
  const before = app.sink.received.length;
  app.clock.set(new Date('2026-03-11T07:00Z'));
  await addSubscriber(app, { email: 'later@example.org' });
  expect(await plan(app.planning)).toEqual({ confirmations: 0, digests: 0 });
  await drain(app);
  expect(app.sink.received).toHaveLength(before);
  expect((await months()).map((month) => month.month)).not.toContain('2026-03-01');
  app.clock.set(NOW);
  await issue(app, '2026-06-11');
  expect(await verify(app.db, { issueDate: '2026-06-11' })).toMatchObject([
    { planned: 5, waiting: 5, holds: true },
  ]);
});
