import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectEveryLook, WELL } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import { type AfterADay, liveADay, TOKEN } from './admin-fixtures.ts';

let day: AfterADay;
let browser: Browser;

beforeAll(async () => {
  day = await liveADay();
  browser = await launchChromium();
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
  test('axe finds nothing, nothing scrolls sideways, and a reply with markup runs nothing', async () => {
    await withPage({}, async (page) => {
      for (const path of ['/admin', `/admin/editions/${day.editionId}`]) {
        await page.goto(path);
        expect(await inspectEveryLook(page), path).toEqual(WELL);
      }
    });
  });

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
