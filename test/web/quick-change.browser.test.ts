import { expect, test } from 'vitest';
import { inspect, inspectEveryLook, lookAt, WELL } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import { addReader, startTestWeb } from './support.ts';

test('the links of the foot, by keyboard and without a script: press, undo; axe finds nothing; all fit 320 px', async () => {
  const web = await startTestWeb();
  const browser = await launchChromium();
  try {
    const { preferences } = await addReader(web);
    const context = await browser.newContext({ baseURL: web.url, javaScriptEnabled: false });
    const page = await context.newPage();
    const eye = await (await browser.newContext({ baseURL: web.url })).newPage();
    const enter = async (name: string) => {
      await page.getByRole('button', { name, exact: true }).focus();
      await page.keyboard.press('Enter');
    };
    await page.goto(`/preferences/${preferences}/pause`);
    await enter('Pause for two weeks');
    await page.getByText('Your digest is paused until').waitFor();
    // The answer to a POST is looked at as it stands, by its own source.
    await eye.goto('/nowhere');
    await eye.setContent(await page.content());
    expect(await inspectEveryLook(eye)).toEqual(WELL);
    await enter('Undo');
    await page.getByText('Your digest is not paused.').waitFor();

    await page.goto(`/preferences/${preferences}/papers`);
    await enter('At most 5');
    await page.getByText('Your digest holds at most 5 papers.').waitFor();
    await page.goto(`/preferences/${preferences}/hour`);
    await page.getByLabel('Hour').selectOption('20');
    await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
    await enter('Save');
    await page.getByText('Your digest comes at 20:00 Asia/Tokyo time.').waitFor();
    await page.goto(`/preferences/${preferences}/days`);
    await page.getByLabel('Sunday').focus();
    await page.keyboard.press('Space');
    await enter('Only on these days');
    await page.getByText('and Saturdays.').waitFor();

    for (const [at, name] of ['pause', 'days', 'hour', 'papers'].entries()) {
      await eye.goto(`/preferences/${preferences}/${name}`);
      await lookAt(eye, { scheme: at % 2 === 0 ? 'dark' : 'light', width: 320 });
      expect(await inspect(eye), name).toEqual([]);
      expect(await eye.evaluate('document.documentElement.scrollWidth'), name).toBe(320);
    }
  } finally {
    await browser.close();
    await web.close();
  }
});
