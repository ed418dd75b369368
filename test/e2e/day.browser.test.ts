import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWeb } from '../../src/web/index.ts';
import type { Running } from '../../workers/clock.ts';
import { runSender } from '../../workers/sender.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { launchChromium } from '../support/chromium.ts';
import { closeAll, papersOf, tally, tickAll } from '../support/day.ts';
import { freePorts } from '../support/ports.ts';

let app: TestApp;
let browser: Browser;
let sender: Running;
let web: Running;
let inbox: string;

beforeAll(async () => {
  const [port = 0, inboxPort = 0, smtpPort = 0] = await freePorts(3);
  inbox = `http://localhost:${inboxPort}`;
  browser = await launchChromium();
  app = await startTestApp({
    now: new Date('2026-06-10T09:00Z'),
    days: papersOf('2026-06-10'),
    settings: {
      SMTP_URL: '', // the local inbox
      PORT: String(port),
      PUBLIC_URL: `http://localhost:${port}`,
      INBOX_PORT: String(inboxPort),
      INBOX_SMTP_PORT: String(smtpPort),
    },
  });
  sender = await runSender(app);
  web = await startWeb(app);
});
afterAll(async () => {
  await closeAll(sender, web);
  await browser?.close();
  await app?.end();
});

interface InboxMail {
  id: string;
  subject: string;
}

const mails = async (): Promise<InboxMail[]> => {
  const answer = await fetch(`${inbox}/api/email`);
  const body = (await answer.json()) as InboxMail[] | { emails: InboxMail[] };
  return Array.isArray(body) ? body : body.emails;
};

/** Opens a mail of the inbox, once it is there, as the inbox shows it. */
async function openMail(page: Page, subject: RegExp): Promise<void> {
  await expect
    .poll(async () => (await mails()).map((mail) => mail.subject), { timeout: 10_000 })
    .toContainEqual(expect.stringMatching(subject));
  const mail = (await mails()).find((one) => subject.test(one.subject));
  await page.goto(`${inbox}/api/email/${mail?.id}/html`);
}

/** Presses a link of a mail; mail programs open it in a page of its own. */
async function follow(page: Page, name: RegExp): Promise<void> {
  const href = await page.getByRole('link', { name }).first().getAttribute('href');
  await page.goto(href ?? 'about:blank');
}

test('a whole day in the browser: subscribe, confirm, read, leave, and nothing more', async () => {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', locale: 'en-GB' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));

  await page.goto(`http://localhost:${app.config.port}/`);
  await page.getByLabel('Email address').first().fill('ada@example.org');
  await page.getByRole('button', { name: 'Subscribe' }).first().click();
  await expect.poll(() => page.textContent('h1')).toMatch(/mail|inbox/i);

  // First there, then shown: what comes while the inbox's page loads, the page may not notice.
  await expect
    .poll(async () => (await mails()).map((mail) => mail.subject), { timeout: 20_000 })
    .toContainEqual(expect.stringMatching(/^Confirm your subscription/));
  await page.goto(inbox);
  await page
    .getByText(/Confirm your subscription/)
    .first()
    .waitFor();
  await openMail(page, /^Confirm your subscription/);
  await follow(page, /Confirm subscription/);
  await page.getByRole('button', { name: /confirm/i }).click();
  await expect.poll(() => page.textContent('h1')).toMatch(/subscribed/i);
  // The browser's zone came with the form: 7 in Berlin, the default hour.
  expect(await page.textContent('main')).toMatch(/07:00.*Berlin/s);

  app.clock.set(new Date('2026-06-11T05:00Z'));
  await tickAll(app);
  await openMail(page, /10 June 2026/);
  expect(await page.locator('h2').count()).toBe(12);
  expect(await page.textContent('body')).toContain('3 more');
  expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);

  await follow(page, /View in browser/);
  expect(await page.locator('h2').count()).toBe(12);
  await openMail(page, /10 June 2026/);
  await follow(page, /Unsubscribe/);
  await page.getByRole('button', { name: /unsubscribe/i }).click();
  await expect.poll(() => page.textContent('h1')).toMatch(/unsubscribed|no more/i);

  app.upstream.setDay('2026-06-11', papersOf('2026-06-11')['2026-06-11'] ?? []);
  app.clock.set(new Date('2026-06-12T05:00Z'));
  await tickAll(app);
  expect(await tally(app)).toEqual({ sent: 1 });
  expect(await mails()).toHaveLength(2);
  expect(complaints).toEqual([]);
}, 60_000);
