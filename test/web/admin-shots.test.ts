import { chromium } from 'playwright-core';
import { test } from 'vitest';
import { liveADay, TOKEN } from './admin-fixtures.ts';
test('shots', async () => {
  const day = await liveADay();
  await day.app.db.query('x', `insert into editions (cadence, issue_date, opened_at, assembled_at, subject, skeleton, planned_total)
    select case when n % 6 = 5 then 'weekly' else 'daily' end, date '2026-06-01' - n, timestamptz '2026-06-02' - n * interval '1 day', now(), 'A subject', '{}', case when n=3 then 12 else 0 end from generate_series(1, 10) n`, []);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  for (const width of [375, 1200]) for (const colorScheme of ['light', 'dark'] as const) {
    const c = await browser.newContext({ baseURL: day.web.url, httpCredentials: { username: 'x', password: TOKEN }, viewport: { width, height: 800 }, colorScheme });
    const page = await c.newPage();
    for (const [n, path] of [['a', '/admin'], ['e', '/admin/editions/1']] as const) {
      await page.goto(path);
      console.log(width, path, await page.evaluate(`[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + '.' + e.className + ' ' + e.getBoundingClientRect().right + ' ' + e.textContent.slice(0,40)).join('\\n')`));
      await page.screenshot({ path: `/tmp/shots-${n}-${width}-${colorScheme}.png`, fullPage: true });
    }
    await c.close();
  }
  const c = await browser.newContext({ baseURL: day.web.url, httpCredentials: {username:'x',password:'y'}, viewport: { width: 375, height: 800 } });
  const page = await c.newPage();
  await page.goto('/admin');
  await page.screenshot({ path: '/tmp/shots-401.png' });
  await browser.close();
  await day.end();
}, 60000);
