import { afterAll, beforeAll, expect, test } from 'vitest';
import { findDelivery, listDeliveries, verify } from '../../src/deliveries/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain } from '../support/day.ts';
import { issue } from './support.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ now: new Date('2026-06-09T12:00Z') });
  for (const name of ['Ada', 'bob', 'gone']) await addReader(app, `${name}@example.org`);
  app.sink.behave({ rcpt: (to) => (to.startsWith('gone') ? '550 5.1.1 no such user' : undefined) });
  await issue(app, '2026-06-10');
  app.clock.set(new Date('2026-06-11T07:00Z'));
  await drain(app);
  await issue(app, '2026-06-11');
});
afterAll(() => app.end());

const list = (filter: Parameters<typeof listDeliveries>[1]) => listDeliveries(app.db, filter);
const sights = async (filter: Parameters<typeof listDeliveries>[1]) =>
  (await list(filter)).map(({ email, issueDate, state }) => `${email} ${issueDate} ${state}`).sort();

test('without a filter: all rows, newest first', async () => {
  const rows = await list({});
  expect(rows).toHaveLength(9);
  expect(rows.map((row) => row.id)).toEqual(rows.map((row) => row.id).sort((a, b) => b - a));
});

test('by date, by edition, by state, by reader, and all of them together', async () => {
  expect(await sights({ issueDate: '2026-06-10' })).toEqual([
    'Ada@example.org 2026-06-10 sent',
    'bob@example.org 2026-06-10 sent',
    'gone@example.org 2026-06-10 failed',
  ]);
  const [edition] = await verify(app.db, { issueDate: '2026-06-11' });
  expect(await sights({ editionId: edition?.editionId ?? 0 })).toEqual([
    'Ada@example.org 2026-06-11 planned',
    'bob@example.org 2026-06-11 planned',
    'gone@example.org 2026-06-11 planned',
  ]);
  expect(await sights({ state: 'failed' })).toEqual(['gone@example.org 2026-06-10 failed']);
  expect(await sights({ emailKey: 'ada@example.org' })).toHaveLength(3);
  expect(await sights({ emailKey: 'ada@example.org', issueDate: '2026-06-10', state: 'sent' })).toEqual([
    'Ada@example.org 2026-06-10 sent',
  ]);
  expect(await list({ emailKey: 'nobody@example.org' })).toEqual([]);
  expect(await list({ issueDate: '2026-06-10', state: 'planned' })).toEqual([]);
});

test('in pages: each begins where the last one ended', async () => {
  const all = (await list({})).map((row) => row.id);
  const paged: number[] = [];
  for (;;) {
    const before = paged.at(-1);
    const page = await list({ limit: 2, ...(before !== undefined && { before }) });
    if (page.length === 0) break;
    expect(page.length).toBeLessThanOrEqual(2);
    paged.push(...page.map((row) => row.id));
  }
  expect(paged).toEqual(all);
});

test('a row tells what was said, and what the reader got', async () => {
  const [failed] = await list({ state: 'failed' });
  expect(await findDelivery(app.db, failed?.id ?? 0)).toMatchObject({
    kind: 'digest',
    state: 'failed',
    reason: 'the address was refused',
    attempts: 1,
    smtpCode: 550,
    smtpReply: '550 5.1.1 no such user',
    server: `127.0.0.1:${app.sink.port}`,
    settledAt: new Date('2026-06-11T07:00Z'),
    papers: null,
  });
  const [sent] = await list({ emailKey: 'ada@example.org', state: 'sent' });
  expect(sent).toMatchObject({ smtpCode: 250, papers: ['2606.10000', '2606.10001', '2606.10002'] });
  expect(app.sink.received.map((mail) => mail.messageId)).toContain(`<${sent?.messageId}>`);
});

test('no row has an id that nobody gave', async () => {
  expect(await findDelivery(app.db, 999_999)).toBeUndefined();
});

test('a row outlives its reader, without the address', async () => {
  const [row] = await list({ emailKey: 'bob@example.org', state: 'sent' });
  await app.db.transaction(async (tx) => {
    await tx.query('test-erasing', "set local paperboy.erasing = 'on'");
    await tx.query('test-erase-consents', 'delete from consents where subscriber_id = $1', [
      row?.subscriberId,
    ]);
    await tx.query('test-erase', 'delete from subscribers where id = $1', [row?.subscriberId]);
  });
  expect(await findDelivery(app.db, row?.id ?? 0)).toMatchObject({ email: null, state: 'sent' });
  expect(await verify(app.db, { issueDate: '2026-06-10' })).toMatchObject([{ planned: 3, holds: true }]);
});
