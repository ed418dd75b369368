import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWeb } from '../../src/web/index.ts';
import type { Running } from '../../workers/clock.ts';
import { runSender } from '../../workers/sender.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { closeAll, papersOf, tally, tickAll } from '../support/day.ts';

let app: TestApp;
let sender: Running;
let web: Awaited<ReturnType<typeof startWeb>>;

beforeEach(async () => {
  app = await startTestApp({ now: new Date('2026-06-10T09:00Z'), days: papersOf('2026-06-10') });
  sender = await runSender(app);
  web = await startWeb(app);
});
afterEach(async () => {
  await closeAll(sender, web);
  await app.end();
});

const at = (path: string) => new URL(path, web.url);
const pathOf = (link: string) => new URL(link).pathname;
const linkIn = (text: string | undefined, purpose: string) =>
  new RegExp(`https://papers\\.example\\.org/${purpose}/[\\w-]+`).exec(text ?? '')?.[0] ?? '';

test('a reader subscribes, confirms, gets the digest at the chosen hour, leaves by link, and gets nothing more', async () => {
  const { sink, clock } = app;
  const asked = await fetch(at('/api/v1/subscriptions'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.org', hour: 8, timezone: 'Europe/Berlin' }),
  });
  expect(asked.status).toBe(202);
  expect(await asked.json()).toEqual({ status: 'pending' });

  const [confirmation] = await sink.waitFor(1);
  expect(confirmation?.to).toEqual(['ada@example.org']);
  const confirmLink = linkIn(confirmation?.parsed.text, 'confirm');
  expect((await fetch(at(pathOf(confirmLink)))).status).toBe(200);
  expect((await fetch(at(pathOf(confirmLink)), { method: 'POST' })).status).toBe(200);

  // The day closes at 02:00 on the 11th; 8 o'clock in Berlin is 06:00 UTC in summer.
  clock.set(new Date('2026-06-11T02:05Z'));
  await tickAll(app);
  expect(await tally(app)).toEqual({ planned: 1 });
  clock.set(new Date('2026-06-11T05:59Z'));
  await tickAll(app);
  expect(sink.received).toHaveLength(1);
  clock.set(new Date('2026-06-11T06:00Z'));
  await tickAll(app);
  const digest = (await sink.waitFor(2))[1];
  expect(digest?.to).toEqual(['ada@example.org']);
  expect(digest?.parsed.subject).toMatch(/10 June 2026/);

  const unsubscribe = /<(https:[^>]+)>/.exec(
    String(digest?.parsed.headers.get('list-unsubscribe') ?? digest?.raw.toString()),
  )?.[1];
  const link = linkIn(digest?.parsed.text, 'unsubscribe');
  expect(unsubscribe ?? link).toBe(link);
  const left = await fetch(at(pathOf(link)), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
    redirect: 'manual',
  });
  expect(left.status).toBe(200);

  app.upstream.setDay('2026-06-11', papersOf('2026-06-11')['2026-06-11'] ?? []);
  clock.set(new Date('2026-06-12T07:00Z'));
  await tickAll(app);
  expect(await tally(app)).toEqual({ sent: 1 });
  expect(sink.received).toHaveLength(2);
});
