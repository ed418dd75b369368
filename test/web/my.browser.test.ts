import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plan } from '../../src/deliveries/index.ts';
import { inspect, inspectEveryLook, lookAt, WELL } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import { addReader, insertEdition, insertPaper, startTestWeb, type TestWeb } from './support.ts';

let web: TestWeb;
let browser: Browser;
let reader: Awaited<ReturnType<typeof addReader>>;

beforeAll(async () => {
  web = await startTestWeb();
  browser = await launchChromium();
  reader = await addReader(web);
  await insertPaper(web, { id: '2606.10001', day: '2026-06-10' });
  await insertEdition(web, { cadence: 'daily', date: '2026-06-10', papers: ['2606.10001'] });
  await plan({ ...web.context, mailDomain: 'papers.test' });
});
afterAll(async () => {
  await browser?.close();
  await web?.close();
});

/** The page of the link that the mail would hold. */
async function proofPath(): Promise<string> {
  const [row] = await web.database.db.query<{ id: number }>(
    'test: last proof',
    'select max(id) as id from proofs where subscriber_id = $1',
    [reader.id],
  );
  return `/proof/${web.links.token('proof', row?.id ?? 0)}`;
}

async function press(page: Page, name: string): Promise<void> {
  const button = page.getByRole('button', { name, exact: true });
  await button.focus();
  await page.keyboard.press('Enter');
}

test('with a keyboard, without a script: change, undo, prove, look, make a feed, erase; axe finds nothing on the way', async () => {
  const context = await browser.newContext({ baseURL: web.url, javaScriptEnabled: false });
  const looks = await browser.newContext({ baseURL: web.url });
  try {
    const page = await context.newPage();
    const eye = await looks.newPage();
    // A page that answers a POST is looked at as it stands, by its own source.
    const look = async () => {
      await eye.goto('/nowhere');
      await eye.setContent(await page.content());
      await lookAt(eye, { scheme: 'light', width: 375 });
      expect(await inspect(eye), page.url()).toEqual([]);
    };
    const says = (words: string) => page.getByText(words).first().waitFor();

    await page.goto(`/preferences/${reader.preferences}`);
    await page.getByLabel('Weekly').check();
    await page.getByLabel('Papers in a digest').fill('4');
    await press(page, 'Save');
    await says(
      'Your digest comes once a week, on the first of your days from Monday on (all days), at 07:00 UTC time, with at most 4 papers.',
    );
    await look();
    expect(await inspectEveryLook(eye)).toEqual(WELL);
    await press(page, 'Undo');
    await says('Undone.');
    expect(await page.getByLabel('Daily').isChecked()).toBe(true);
    expect(await page.getByLabel('Papers in a digest').inputValue()).toBe('');

    await page.getByRole('link', { name: 'The digests you got' }).click();
    await look();
    await press(page, 'Send me the link');
    await says('Look into your inbox.');
    await page.goto(await proofPath());
    await press(page, 'Make a private feed');
    await says('Your private feed is made.');
    await look();
    await page.getByRole('link', { name: 'The digests you got' }).click();
    await says('Not sent yet: it is due on Friday, 12 June at 07:00.');
    await look();
    await page.getByRole('link', { name: 'Back to your data' }).click();
    await page.getByRole('link', { name: 'Erase everything about me' }).click();
    await look();
    await press(page, 'Erase everything about me');
    await page.getByRole('heading', { name: 'You are erased' }).waitFor();
  } finally {
    await context.close();
    await looks.close();
  }
}, 30_000);
