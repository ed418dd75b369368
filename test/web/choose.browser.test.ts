import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectEveryLook, WELL } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import {
  addReader,
  dumpTables,
  insertEdition,
  insertPaper,
  lastRequest,
  startTestWeb,
  type TestWeb,
} from './support.ts';

let web: TestWeb;
let browser: Browser;
const TITLES = [
  'Robots that fold the washing',
  'Proteins that bind',
  'Speech in noise',
  'Gaussian splatting of streets',
];

beforeAll(async () => {
  [web, browser] = await Promise.all([startTestWeb(), launchChromium()]);
  for (let at = 0; at < 24; at += 1)
    await insertPaper(web, {
      id: `2606.1${String(at).padStart(4, '0')}`,
      day: '2026-06-10',
      title: `${TITLES[at % 4]}, part ${at}`,
      upvotes: 50 - at,
    });
  await insertEdition(web, {
    cadence: 'daily',
    date: '2026-06-10',
    papers: Array.from({ length: 24 }, (_, at) => `2606.1${String(at).padStart(4, '0')}`),
    more: 12,
  });
});
afterAll(async () => {
  await browser?.close();
  await web?.close();
});

const LINE = '[data-preview-line]';
const says = (page: Page, words: string) => page.locator(LINE).getByText(words).waitFor();

/** Moves by Tab until the field with this name is reached: what a keyboard cannot reach is never found. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press('Tab');
    const reached = await page.evaluate<string>(
      '(document.activeElement?.labels?.[0] ?? document.activeElement)?.textContent.trim()',
    );
    if (reached === name) return;
  }
  throw new Error(`The keyboard does not reach “${name}”.`);
}

test('sign-up fits one screen; by keyboard alone: choose, see the preview change, subscribe', async () => {
  const context = await browser.newContext({ baseURL: web.url, viewport: { width: 1200, height: 900 } });
  const troubles: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error') troubles.push(message.text());
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(8000);
    await page.goto('/subscribe');
    const form = await page.locator('form.full').boundingBox();
    expect((form?.y ?? 0) + (form?.height ?? 9999)).toBeLessThanOrEqual(900);
    await says(page, 'these 12 papers, those with most votes.');

    const before = await dumpTables(web);
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.postData() ?? ''));
    await tabTo(page, 'Email address');
    await page.keyboard.type('chooser@example.org');
    await tabTo(page, 'Robotics and embodied AI');
    await page.keyboard.press('Space');
    await says(page, '6 of them by your choices.');
    await tabTo(page, 'Authors, searches, organisations, arXiv categories');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Searches');
    await page.keyboard.type('speech');
    await page
      .locator('.preview li', { hasText: 'Speech in noise' })
      .getByText('Matches speech')
      .first()
      .waitFor();
    await page.keyboard.type('\n"open');
    await says(page, 'A quotation mark is missing');
    expect(await dumpTables(web)).toBe(before);
    // An address that is being typed is nobody's yet.
    expect(sent.length).toBeGreaterThanOrEqual(3);
    expect(sent.join()).not.toContain('chooser');
    await page.keyboard.type('"');
    await page.locator(LINE).getByText('A quotation mark is missing').waitFor({ state: 'detached' });

    expect(await inspectEveryLook(page)).toEqual(WELL);
    await page.getByRole('button', { name: 'Subscribe' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Look into your inbox' }).waitFor();
    const { id } = await lastRequest(web, 'chooser@example.org');
    const rows = await web.database.db.query(
      'test: request',
      'select preferences from consents where id = $1',
      [id],
    );
    expect(rows).toMatchObject([{ preferences: { topics: ['robotics'], searches: ['speech', '"open"'] } }]);
    expect(troubles).toEqual([]);
  } finally {
    await context.close();
  }
}, 30_000);

test('preferences on a phone: tried without saving, saved, undone; without a script by the button', async () => {
  const reader = await addReader(web);
  const path = `/preferences/${reader.preferences}`;
  const viewport = { width: 375, height: 800 };
  const context = await browser.newContext({ baseURL: web.url, viewport });
  const plain = await browser.newContext({ baseURL: web.url, viewport, javaScriptEnabled: false });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(8000);
    await page.goto(path);
    const before = await dumpTables(web);
    await page.getByLabel('Speech, audio and music').check();
    await page.getByLabel('Only when at least this many match').fill('20');
    await says(page, 'no mail, since only 6 of at least 20 matched.');
    await page.getByLabel('Only when at least this many match').fill('2');
    await says(page, 'these 12 papers');
    await page.getByLabel('Papers in a digest').fill('0');
    await page.getByLabel('Pause until').fill('2199-01-01');
    await says(page, 'Pause until: Give a day from');
    await says(page, 'Papers: Give a whole number from 1 to 100.');
    await page.getByLabel('Papers in a digest').fill('');
    await page.getByLabel('Pause until').fill('');
    await page.locator(LINE).getByText('Give a').first().waitFor({ state: 'detached' });
    expect(await dumpTables(web)).toBe(before);

    const still = await plain.newPage();
    await still.goto(path);
    await still.getByLabel('Speech, audio and music').check();
    await still.getByRole('button', { name: 'Preview' }).click();
    await says(still, 'Not saved yet.');
    expect(await still.getByLabel('Speech, audio and music').isChecked()).toBe(true);
    expect(await still.locator('.preview li').count()).toBe(12);
    expect(await dumpTables(web)).toBe(before);

    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('It comes only when at least 2 of the papers match. You follow the topic').waitFor();
    await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = true');
    expect(await inspectEveryLook(page)).toEqual(WELL);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('You follow nothing in particular').waitFor();
    expect(await page.getByLabel('Speech, audio and music').isChecked()).toBe(false);
  } finally {
    await context.close();
    await plain.close();
  }
}, 30_000);
