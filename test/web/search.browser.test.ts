import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { axeSource, insertEdition, insertPaper, startTestWeb, type TestWeb } from './support.ts';

let web: TestWeb;
let browser: Browser;

beforeAll(async () => {
  web = await startTestWeb();
  browser = await launchChromium();
  for (let number = 1; number <= 25; number += 1)
    await insertPaper(web, {
      id: `2606.3${String(number).padStart(4, '0')}`,
      day: '2026-06-10',
      upvotes: number * 7,
      comments: number,
      title:
        number === 25
          ? `Attention <mark> without ${'borders'.repeat(30)}`
          : `Attention for long documents, part ${number}`,
      abstract: `${'A sentence of an abstract that says what was done. '.repeat(12)}Attention is what it takes.`,
      authors: ['Ada Lovelace', 'Jürgen Schmidhuber', 'Grace Hopper', 'Alan Turing', 'Barbara Liskov'],
      organisation: number % 2 === 0 ? 'Example Laboratory' : null,
      keywords: ['attention', 'long documents', 'memory'],
      codeUrl: 'https://github.com/example/code',
      codeStars: 1200,
    });
  await web.database.db.query(
    'test: sightings',
    `insert into sightings (source, paper_id, seen_at, upvotes, comments)
     select 'huggingface', '2606.30024', timestamptz '2026-06-04' + n * interval '1 day', n * n * 4, n from generate_series(1, 6) n`,
  );
  await insertEdition(web, { cadence: 'daily', date: '2026-06-10', papers: ['2606.30024', '2606.30025'] });
});
afterAll(async () => {
  await browser?.close();
  await web.close();
});

const PAGES: Readonly<Record<string, string>> = {
  results: '/search?q=attention+documents+author%3Aschmidhubr',
  nothing: '/search?q=xyzzyplugh',
  fault: '/search?q=%22unbalanced',
  paper: '/papers/2606.30024',
  keyword: '/keywords/long-documents',
  trending: '/papers/trending',
};

/** Between them they have every colour. */
const DARK = new Set(['results', 'paper', 'fault']);

test('light and dark, phone and desktop: axe finds nothing, nothing scrolls sideways', async () => {
  const context = await browser.newContext({ baseURL: web.url });
  try {
    const page = await context.newPage();
    for (const [name, path] of Object.entries(PAGES)) {
      await page.goto(path);
      await page.evaluate(axeSource());
      for (const colorScheme of ['light', 'dark'] as const)
        for (const width of [375, 1200]) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 800 });
          if (process.env.SHOTS !== undefined)
            await page.screenshot({
              path: `${process.env.SHOTS}/${name}-${colorScheme}-${width}.png`,
              fullPage: name !== 'results',
            });
          expect(await page.evaluate('document.documentElement.scrollWidth'), `${name} ${width}`).toBe(width);
          // Colours do not depend on the width, nor the outline on the colours.
          const looked = colorScheme === 'light' ? width === 375 : width === 1200 && DARK.has(name);
          if (!looked) continue;
          const found = await page.evaluate<string[]>(
            'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))',
          );
          expect(found, `${name} ${colorScheme} ${width}`).toEqual([]);
        }
    }
  } finally {
    await context.close();
  }
}, 60_000);

test('by keyboard and without JavaScript: from the head of any page to a result', async () => {
  const context = await browser.newContext({
    baseURL: web.url,
    javaScriptEnabled: false,
    viewport: { width: 375, height: 700 },
  });
  try {
    const page = await context.newPage();
    await page.goto('/editions');
    const box = page.getByRole('searchbox', { name: 'Search papers' });
    await box.focus();
    await page.keyboard.type('attention "part 7"');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/search\?q=/);
    expect(await page.locator('.results').textContent()).toContain('1 paper');
    expect(await page.locator('.card h2').textContent()).toBe('Attention for long documents, part 7');
    await page.getByRole('link', { name: 'Subscribe to this search' }).click();
    await page.getByLabel('Email address').fill('seeker@example.org');
    await page.getByRole('button', { name: 'Subscribe' }).click();
    expect(await page.locator('h1').textContent()).toBe('Look into your inbox');
  } finally {
    await context.close();
  }
});
