import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AfterADay, liveADay, TOKEN } from './admin-fixtures.ts';
import { axeSource } from './support.ts';

let day: AfterADay;
let browser: Browser;

beforeAll(async () => {
  day = await liveADay();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
});
afterAll(async () => {
  await browser?.close();
  await day?.end();
});

/** Opens pages as the operator; a script error, a breach of the policy or a dialog fails the test. */
async function withPage(
  options: Parameters<Browser['newContext']>[0],
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({
    baseURL: day.web.url,
    httpCredentials: { username: 'operator', password: TOKEN },
    ...options,
  });
  const troubles: string[] = [];
  try {
    const page = await context.newPage();
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('dialog', (dialog) => troubles.push(dialog.message()));
    page.on('console', (message) => {
      // The first answer to a browser is 401, and the console says so.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
        troubles.push(message.text());
    });
    await work(page);
    expect(troubles).toEqual([]);
  } finally {
    await context.close();
  }
}

describe("the operator's pages, light and dark, phone and desktop", () => {
  test.each([
    [375, 'light'],
    [375, 'dark'],
    [1200, 'light'],
    [1200, 'dark'],
  ] as const)(
    '%i px, %s: axe finds nothing, nothing scrolls sideways, and a reply with markup runs nothing',
    async (width, colorScheme) => {
      await withPage({ viewport: { width, height: 800 }, colorScheme }, async (page) => {
        for (const path of ['/admin', `/admin/editions/${day.editionId}`]) {
          await page.goto(path);
          await page.evaluate(axeSource());
          const { violations } = await page.evaluate<{
            violations: { id: string; nodes: { html: string }[] }[];
          }>('axe.run()');
          expect(
            violations.map(({ id, nodes }) => [path, id, nodes[0]?.html]),
            path,
          ).toEqual([]);
          const over = await page.evaluate<number>(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          expect(over, path).toBe(0);
        }
      });
    },
    60_000,
  );

  test('a table stays a table on a phone, and counts of nothing are left out there', async () => {
    await withPage({ viewport: { width: 375, height: 800 } }, async (page) => {
      await page.goto('/admin');
      const table = page.getByRole('table', { name: 'Editions' });
      expect(await table.getByRole('columnheader').count()).toBe(10);
      expect(await table.getByRole('rowheader').textContent()).toContain('10 June 2026');
      expect(await table.locator('.zero:visible').count()).toBe(0);
    });
  });
});

test('from the overview to the reader who was refused, by links alone', async () => {
  await withPage({}, async (page) => {
    await page.goto('/admin');
    await page.getByRole('link', { name: 'Wednesday, 10 June 2026' }).click();
    await page.getByRole('link', { name: 'failed', exact: true }).click();
    expect(await page.locator('.deliveries tbody').textContent()).toContain('bob@example.org');
    expect(await page.locator('.deliveries .sub').first().textContent()).toContain(
      '<script>alert(1)</script>',
    );
    await page.getByRole('link', { name: 'Operator' }).click();
    expect(new URL(page.url()).pathname).toBe('/admin');
  });
});

test('one without the token sees where it is', async () => {
  await withPage({ httpCredentials: { username: 'operator', password: 'wrong' } }, async (page) => {
    const response = await page.goto('/admin');
    expect(response?.status()).toBe(401);
    expect(await page.locator('main').textContent()).toContain('secrets.json');
  });
});
