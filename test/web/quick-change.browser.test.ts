import { expect, test } from 'vitest';
import { inspectEveryLook, WELL } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import { addReader, startTestWeb } from './support.ts';

test('a link of the foot, by keyboard and without a script: press, undo; axe finds nothing in either look or width', async () => {
  const web = await startTestWeb();
  const browser = await launchChromium();
  try {
    const { preferences } = await addReader(web);
    const context = await browser.newContext({ baseURL: web.url, javaScriptEnabled: false });
    const page = await context.newPage();
    const eye = await (await browser.newContext({ baseURL: web.url })).newPage();
    await page.goto(`/preferences/${preferences}/pause`);
    await page.getByRole('button', { name: 'Pause for two weeks' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Your digest is paused until').waitFor();
    // The answer to a POST is looked at as it stands, by its own source.
    await eye.goto('/nowhere');
    await eye.setContent(await page.content());
    expect(await inspectEveryLook(eye)).toEqual(WELL);
    await page.getByRole('button', { name: 'Undo' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Your digest is not paused any more.').waitFor();
    await eye.goto(`/preferences/${preferences}/weekly`);
    expect(await inspectEveryLook(eye)).toEqual(WELL);
  } finally {
    await browser.close();
    await web.close();
  }
});
