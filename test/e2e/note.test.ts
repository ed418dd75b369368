import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWeb } from '../../src/web/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, closeAll, drain, papersOf, tickAll } from '../support/day.ts';

let app: TestApp;
let web: Awaited<ReturnType<typeof startWeb>>;

beforeEach(async () => {
  app = await startTestApp({
    now: new Date('2026-06-10T09:00Z'),
    days: papersOf('2026-06-10'),
    // Nobody listens on the discard port.
    settings: { SOURCES: 'huggingface,arxiv', ARXIV_URL: 'http://127.0.0.1:9' },
  });
  web = await startWeb(app);
});
afterEach(async () => {
  await closeAll(web);
  await app.end();
});

test('an edition that could not wait for arXiv any longer says so in both parts of the mail and on its page', async () => {
  await addReader(app, 'ada@example.org', { hour: 3 });
  app.clock.set(new Date('2026-06-11T03:00Z'));
  await tickAll(app);
  await drain(app);
  const note =
    'arXiv had not answered for all of 10 June 2026 when this edition was closed; what is missing comes in the next one.';
  const digest = app.sink.received.find(({ parsed }) => parsed.subject?.startsWith('Daily papers'));
  expect(digest?.parsed.html).toContain(note);
  expect(digest?.parsed.text?.replace(/\s+/g, ' ')).toContain(note);
  expect(await (await fetch(new URL('/editions/2026-06-10', web.url))).text()).toContain(note);
});
