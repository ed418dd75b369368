import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectEveryLook, WELL } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import {
  addReader,
  dumpTables,
  insertEdition,
  insertPaper,
  lastRequest,
  startTestWeb,
  stateOf,
  type TestWeb,
} from './support.ts';

let web: TestWeb;
let browser: Browser;
let reader: Awaited<ReturnType<typeof addReader>>;

beforeAll(async () => {
  web = await startTestWeb();
  browser = await launchChromium();
  for (let number = 1; number <= 5; number += 1)
    await insertPaper(web, {
      id: `2606.1000${number}`,
      day: '2026-06-10',
      upvotes: number * 7,
      comments: number,
      title: `A title of ordinary length for paper number ${number}`,
      abstract: 'A sentence of an abstract that says what was done. '.repeat(20),
      authors: Array.from({ length: number * 10 }, (_, index) => `Author Number ${index}`),
      codeUrl: 'https://github.com/example/code',
      codeStars: 1200,
      projectUrl: 'https://example.org/',
      keywords: ['attention', 'memory'],
    });
  await insertPaper(web, {
    id: 'cs/0112017',
    day: '2026-06-09',
    title: `<script>alert(1)</script> ${'unbroken'.repeat(100)}`,
    abstract: `$X^{2}$ ${'\u202egnp.exe'.repeat(50)}`,
  });
  await insertEdition(web, {
    cadence: 'daily',
    date: '2026-06-10',
    papers: ['2606.10005', '2606.10004', '2606.10003'],
    more: 1,
  });
  reader = await addReader(web);
});
afterAll(async () => {
  await browser?.close();
  await web.close();
});

/** Opens pages and gives back what a reader would see go wrong: script errors, breaches of the policy, dialogs. */
async function withPage(
  options: Parameters<Browser['newContext']>[0],
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ baseURL: web.url, ...options });
  const troubles: string[] = [];
  try {
    context.on('weberror', (fault) => troubles.push(fault.error().message));
    context.on('dialog', (dialog) => troubles.push(dialog.message()));
    context.on('console', (message) => {
      // A 404 page that was asked for is written to the console as an error as well.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
        troubles.push(message.text());
    });
    await work(await context.newPage());
    expect(troubles).toEqual([]);
  } finally {
    await context.close();
  }
}

test('every page, light and dark, phone and desktop: axe finds nothing, and nothing scrolls sideways', async () => {
  const paths = [
    '/',
    '/papers?week=2026-W24',
    '/papers/2606.10005',
    '/papers/cs/0112017',
    '/editions',
    '/editions/2026-06-10',
    '/subscribe',
    '/nowhere',
    `/confirm/${reader.confirm}`,
    `/unsubscribe/${reader.unsubscribe}`,
    `/preferences/${reader.preferences}`,
    '/unsubscribe/x',
  ];
  await withPage({}, async (page) => {
    for (const path of paths) {
      await page.goto(path);
      await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = true');
      expect(await inspectEveryLook(page), path).toEqual(WELL);
    }
  });
}, 60_000);

describe('with a keyboard, without a script', () => {
  test('the first Tab offers to skip to the content', async () => {
    await withPage({}, async (page) => {
      await page.goto('/');
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
      expect(await page.locator('.skip').boundingBox()).toMatchObject({ y: 8 });
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.closest("main") !== null')).toBe(true);
    });
  });

  test('choosing a day and subscribing work without JavaScript; the hour is in UTC', async () => {
    await withPage({ javaScriptEnabled: false, timezoneId: 'Asia/Tokyo' }, async (page) => {
      await page.goto('/');
      await page.getByLabel('Go to a day').fill('2026-06-09');
      await page.getByRole('button', { name: 'Go' }).click();
      expect(new URL(page.url()).search).toBe('?date=2026-06-09');
      expect(await page.locator('h1').textContent()).toBe('Tuesday, 9 June 2026');
      await page.getByLabel('Email address').fill('no-script@example.org');
      await page.getByRole('button', { name: 'Subscribe' }).click();
      expect(await page.locator('h1').textContent()).toBe('Look into your inbox');
    });
    const { id } = await lastRequest(web, 'no-script@example.org');
    const rows = await web.database.db.query(
      'test: request',
      'select page, preferences from consents where id = $1',
      [id],
    );
    expect(rows).toMatchObject([
      { page: '/papers', preferences: { timezone: 'UTC', days: [1, 2, 3, 4, 5, 6, 7] } },
    ]);
  });

  test('with JavaScript the form knows the time zone; the choices count', async () => {
    await withPage({ timezoneId: 'Asia/Tokyo' }, async (page) => {
      await page.goto('/');
      await page.getByText('Choose days and hour').click();
      expect(await page.locator('[data-timezone-name]').textContent()).toBe('Asia/Tokyo');
      await page.getByLabel('Sunday').uncheck();
      await page.getByLabel('Hour', { exact: true }).selectOption('21');
      await page.getByLabel('Email address').fill('tokyo@example.org');
      await page.getByRole('button', { name: 'Subscribe' }).click();
      await page.getByRole('heading', { name: 'Look into your inbox' }).waitFor();
    });
    const { id, subscriberId } = await lastRequest(web, 'tokyo@example.org');
    await withPage({ timezoneId: 'Asia/Tokyo' }, async (page) => {
      await page.goto(`/confirm/${web.links.token('confirm', id)}`);
      expect(await stateOf(web, subscriberId)).toBe('pending');
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.getByRole('heading', { name: 'You are subscribed' }).waitFor();
      expect(await page.locator('main').textContent()).toContain('Friday, 12 June at 21:00');
      await page.getByRole('link', { name: 'Change days, hour or time zone' }).click();
      expect(await page.getByLabel('Time zone').inputValue()).toBe('Asia/Tokyo');
      expect(await page.getByLabel('Sunday').isChecked()).toBe(false);
      await page.getByRole('link', { name: 'Unsubscribe' }).click();
      await page.getByRole('button', { name: 'Unsubscribe' }).click();
      await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
    });
    expect(await stateOf(web, subscriberId)).toBe('unsubscribed');
  });
});

describe('a scanner with a browser', () => {
  test('runs the script, moves the mouse, follows every link, goes back: nothing changes', async () => {
    const before = await dumpTables(web);
    const followed = new Set<string>();
    await withPage({}, async (first) => {
      const scan = async (path: string) => {
        const page = await first.context().newPage();
        await page.goto(path, { waitUntil: 'networkidle' });
        await page.mouse.move(200, 300, { steps: 5 });
        const links = await page.evaluate<string[]>('[...document.links].map((link) => link.href)');
        for (const link of links.filter((href) => href.startsWith(web.url))) {
          // Most of them are on every page.
          if (followed.has(link)) continue;
          followed.add(link);
          await page.goto(link);
          await page.goBack();
        }
        await page.close({ runBeforeUnload: true });
      };
      await Promise.all(
        [
          `/confirm/${reader.confirm}`,
          `/unsubscribe/${reader.unsubscribe}`,
          `/preferences/${reader.preferences}`,
          `/preferences/${reader.preferences}/profile`,
        ].map(scan),
      );
    });
    expect(followed.size).toBeGreaterThan(5);
    expect(await dumpTables(web)).toBe(before);
  });
});
